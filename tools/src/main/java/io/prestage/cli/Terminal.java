package io.prestage.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether somebody sits at the other end. */
final class Terminal {
    private Terminal() {}

    /** Whether standard output is a terminal; {@code System.console()} would ask about standard input too. */
    static boolean isStdout() {
        return isTerminal("/proc/self/fd/1");
    }

    /** Whether standard error is a terminal. */
    static boolean isStderr() {
        return isTerminal("/proc/self/fd/2");
    }

    /** Whether standard input is a terminal, so that a question can be answered. */
    static boolean isStdin() {
        return isTerminal("/proc/self/fd/0");
    }

    private static boolean isTerminal(String descriptor) {
        try {
            String device = Files.readSymbolicLink(Path.of(descriptor)).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty") || device.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }
}
