package io.prestage.fleet;

import io.prestage.lab.LabException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program that was run to its end.
 *
 * @param command what was run
 * @param code its exit code
 * @param out what it printed
 * @param err what it complained about
 * @param took how long it ran
 */
record Ran(List<String> command, int code, String out, String err, Duration took) {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Runs one of the system's programs. */
    static Ran of(String... command) throws IOException, InterruptedException {
        return of(new ProcessBuilder(command));
    }

    /** Runs what the builder describes, for a minute at most. */
    static Ran of(ProcessBuilder builder) throws IOException, InterruptedException {
        Path out = Files.createTempFile("ran-", ".out");
        Path err = Files.createTempFile("ran-", ".err");
        try {
            long start = System.nanoTime();
            Process process = builder.redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError(builder.command() + " did not end:\n" + text(out) + text(err));
            }
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            return new Ran(List.copyOf(builder.command()), process.exitValue(), text(out), text(err), took);
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** Fails unless the program is installed. */
    static void require(String program, String debianPackage) throws LabException {
        boolean found = Arrays.stream((System.getenv("PATH") + ":/usr/sbin:/sbin").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
        if (!found) {
            throw new LabException("these tests need the program '" + program + "': install the Debian package "
                    + debianPackage + " (tools/src/test/install-test-tools.sh installs all)");
        }
    }

    /** What it printed, if it succeeded. */
    String output() {
        if (code != 0) {
            throw new AssertionError(this);
        }
        return out;
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return String.join(" ", command) + " ended with " + code + " after " + took.toMillis() + " ms\n" + out + err;
    }
}
