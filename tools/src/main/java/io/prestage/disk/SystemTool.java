package io.prestage.disk;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One run of a program that knows about disks.
 *
 * @param command what was run
 * @param code its exit code
 * @param out what it printed
 * @param err what it complained about
 */
record SystemTool(List<String> command, int code, String out, String err) {
    /**
     * Runs it to its end.
     *
     * @throws DiskException if it is not installed
     */
    static SystemTool run(String... command) throws DiskException {
        try {
            Path complaints = Files.createTempFile("prestage-", ".err");
            try {
                ProcessBuilder builder = new ProcessBuilder(withPath(command))
                        .redirectInput(ProcessBuilder.Redirect.from(
                                Path.of("/dev/null").toFile()))
                        .redirectError(complaints.toFile());
                builder.environment().put("LC_ALL", "C.UTF-8"); // what it prints is read
                Process process = builder.start();
                String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                int code = exitCode(process);
                return new SystemTool(List.of(command), code, out, Files.readString(complaints));
            } finally {
                Files.delete(complaints);
            }
        } catch (IOException e) {
            throw new DiskException("cannot run '" + command[0] + "' (" + e.getMessage() + "): install it", e);
        }
    }

    /** Waits for the end, interrupted or not: else nobody would know what state the disk is in. */
    private static int exitCode(Process process) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return process.waitFor();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Whether the system has such a program. */
    static boolean isInstalled(String program) {
        return found(program).isPresent();
    }

    /** Where a program is; the folders of administrators are looked into whether the user's path names them or not. */
    private static Optional<Path> found(String program) {
        return Arrays.stream((System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin").split(":", -1))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static List<String> withPath(String... command) {
        List<String> whole = new ArrayList<>(List.of(command));
        found(command[0]).ifPresent(path -> whole.set(0, path.toString()));
        return whole;
    }

    boolean succeeded() {
        return code == 0;
    }

    /** What it said, in one line. */
    String complaint() {
        String said = err.isBlank() ? out : err;
        return said.strip().replaceAll("\\s*\\R\\s*", "; ");
    }

    /** What it printed. */
    String output() throws DiskException {
        if (!succeeded()) {
            throw new DiskException("'" + String.join(" ", command) + "' failed: " + complaint());
        }
        return out;
    }
}
