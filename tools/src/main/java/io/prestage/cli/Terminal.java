package io.prestage.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether somebody watches what is printed. */
final class Terminal {
    private static final Path STDOUT = Path.of("/proc/self/fd/1");

    private Terminal() {}

    /** Whether standard output is a terminal; {@code System.console()} would ask about standard input too. */
    static boolean isStdout() {
        try {
            String device = Files.readSymbolicLink(STDOUT).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty") || device.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }
}
