package io.prestage.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file for the result of long work. */
final class OutputFile {
    private OutputFile() {}

    /**
     * Finds out before the work whether its result can be written; what is in the file stays.
     *
     * @param option that named it
     * @throws Failure if it cannot
     */
    static void require(Path file, String option) {
        boolean there = Files.exists(file);
        if (there && !Files.isRegularFile(file) && !Files.isDirectory(file)) {
            return; // a pipe, or a device: opening it may wait, or tell somebody that all is there
        }
        try {
            Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)
                    .close();
            if (!there) {
                Files.delete(file.toRealPath());
            }
        } catch (IOException e) {
            throw new Failure(file + " cannot be written: name a file in a folder that exists with " + option, e);
        }
    }
}
