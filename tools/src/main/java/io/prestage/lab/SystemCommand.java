package io.prestage.lab;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Runs one of the system's programs to its end. */
final class SystemCommand {
    /** To which the number of the signal is added that ended a process, in what is told as its exit code. */
    private static final int SIGNALLED = 128;

    private SystemCommand() {}

    /**
     * Fails unless the program is installed.
     *
     * @param program its name
     * @param debianPackage the package that brings it
     */
    static void require(String program, String debianPackage) throws LabException {
        String path = System.getenv().getOrDefault("PATH", "");
        boolean found = Arrays.stream((path + ":/usr/sbin:/sbin").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
        if (!found) {
            throw new LabException("a lab needs the program '" + program + "': install the package " + debianPackage);
        }
    }

    /** Fails unless this process may make network namespaces. */
    static void requireRoot() throws LabException {
        Object user;
        try {
            user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException e) {
            throw new LabException("cannot tell which user this is: " + e.getMessage(), e);
        }
        if (!Integer.valueOf(0).equals(user)) {
            throw new LabException("a lab is made of network namespaces, which only root may make: run it with sudo");
        }
    }

    /** Runs a program; its output. Fails, with what it said, if its exit code is not 0. */
    static String run(String... command) throws LabException {
        return run(List.of(command), "");
    }

    /** Runs a program that reads a text; its output. Fails, with what it said, if its exit code is not 0. */
    static String run(List<String> command, String input) throws LabException {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            try (OutputStream in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            }
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            if (code != 0) {
                boolean signalled =
                        code > SIGNALLED && code < 2 * SIGNALLED - 1; // the last is what iproute2 ends with by itself
                String how = signalled ? "was ended by signal " + (code - SIGNALLED) : "failed";
                throw new LabException(
                        "'" + String.join(" ", command) + "' " + how + (said.isBlank() ? "" : ": " + said.strip()));
            }
            return said;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while '" + String.join(" ", command) + "' ran", e);
        } catch (LabException e) {
            throw e;
        } catch (IOException e) {
            throw new LabException("cannot run '" + String.join(" ", command) + "': " + e.getMessage(), e);
        }
    }
}
