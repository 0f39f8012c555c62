package io.prestage.lab.bench;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** Which programs this machine has. */
final class Programs {
    private Programs() {}

    /** The first of these programs that is not installed. */
    static Optional<String> lacking(String... programs) {
        return Arrays.stream(programs).filter(program -> !isInstalled(program)).findFirst();
    }

    private static boolean isInstalled(String program) {
        String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin";
        return Arrays.stream(path.split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
