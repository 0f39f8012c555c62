package io.prestage.lab.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;

/** What running processes have used so far, as the kernel counts it in {@code /proc}. */
final class ProcessUse {
    /** Of a second; what {@code sysconf(_SC_CLK_TCK)} says on every Linux in use. */
    private static final double TICKS = 100;

    private ProcessUse() {}

    /** Seconds of processor time, of the processes and those of their children that have ended. */
    static double cpu(Collection<Process> processes) throws IOException {
        long ticks = 0;
        for (Process process : processes) {
            String stat = Files.readString(file(process, "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            for (int time = 11; time <= 14; time++) {
                ticks += Long.parseLong(fields[time]); // fields 14 to 17 of proc(5)
            }
        }
        return ticks / TICKS;
    }

    /** The most bytes that one of the processes has been resident with. */
    static long peakMemory(Collection<Process> processes) throws IOException {
        long most = 0;
        for (Process process : processes) {
            for (String line : Files.readAllLines(file(process, "status"))) {
                if (line.startsWith("VmHWM:")) {
                    most = Math.max(most, 1024 * Long.parseLong(line.replaceAll("\\D", "")));
                }
            }
        }
        return most;
    }

    private static Path file(Process process, String name) {
        return Path.of("/proc", Long.toString(process.pid()), name);
    }
}
