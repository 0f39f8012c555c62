package io.prestage.fleet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code prestage demo} as somebody sees it who has just built it. */
final class DemoIT {
    private static final Pattern PROOF =
            Pattern.compile("^origin bytes (\\d+) unique bytes (\\d+)$", Pattern.MULTILINE);

    @TempDir
    private Path folder;

    @Test
    void provesThatEveryByteCameOnceAndLeavesNothing() throws Exception {
        Path dir = Files.createDirectory(folder.resolve("dir"));
        Prestage demo = demo(dir);
        demo.assertSucceeds(Fleet.PATIENCE);
        Matcher proof = PROOF.matcher(demo.output());
        assertTrue(proof.find(), demo::toString);
        assertEquals(proof.group(2), proof.group(1), demo::toString);
        assertEquals(
                3,
                demo.output()
                        .lines()
                        .filter(line -> line.endsWith("  verified"))
                        .count(),
                demo::toString);
        assertTrue(demo.output().contains("fleet: http://127."), demo::toString);
        assertEquals(List.of(), list(dir));
        assertEquals(0, processesIn(dir));
    }

    @Test
    void leavesNothingAfterCtrlC() throws Exception {
        Path dir = Files.createDirectory(folder.resolve("dir"));
        Prestage demo = demo(dir);
        await().atMost(Fleet.PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> demo.output().contains("fleet: http://"));
        assertTrue(processesIn(dir) > 0, "its servers are looked for in the right way");
        demo.interrupt();
        assertNotEquals(0, demo.exitCode(Duration.ofSeconds(40)));
        assertEquals(List.of(), list(dir));
        assertEquals(0, processesIn(dir));
    }

    private Prestage demo(Path dir) throws IOException {
        return Prestage.start(
                new ProcessBuilder(
                        Prestage.command("demo", "--servers", "2", "--size", "16MiB", "--dir", dir.toString())),
                folder,
                "demo");
    }

    private static List<Path> list(Path dir) throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.toList();
        }
    }

    /** Servers of the demo: their folders are in their command lines. */
    private static long processesIn(Path dir) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains(dir + "/prestage-demo-"))
                        .isPresent())
                .count();
    }
}
