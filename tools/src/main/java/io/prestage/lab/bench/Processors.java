package io.prestage.lab.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** This machine's processors, as the kernel counts their time in {@code /proc/stat}. */
final class Processors {
    private static final Path COUNTS = Path.of("/proc/stat");

    /** Where the line of all processors has the time in which they did nothing: fields idle and iowait of proc(5). */
    private static final int IDLE = 3;

    private static final int AWAITING = 4;

    private Processors() {}

    /** Which part of their time, 0 to 1, they work while this call waits. */
    static double busy(Duration wait) throws IOException, InterruptedException {
        long[] before = times();
        TimeUnit.NANOSECONDS.sleep(wait.toNanos());
        long[] after = times();
        long all = Arrays.stream(after).sum() - Arrays.stream(before).sum();
        long idle = after[IDLE] + after[AWAITING] - before[IDLE] - before[AWAITING];
        return all <= 0 ? 0 : 1 - idle / (double) all;
    }

    private static long[] times() throws IOException {
        String line = Files.readAllLines(COUNTS).get(0);
        return Arrays.stream(line.split(" +", -1))
                .skip(1)
                .limit(8) // guests are counted among these already
                .mapToLong(Long::parseLong)
                .toArray();
    }
}
