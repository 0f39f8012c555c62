package io.prestage.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How to start this very program once more, as a process of its own. */
final class OwnProgram {
    private OwnProgram() {}

    /** The file that starts this program. */
    static Path launcher() {
        String home = System.getProperty("prestage.home");
        if (home == null) {
            throw new Failure("this needs the packaged program: start it as bin/prestage");
        }
        return Path.of(home, "bin", "prestage");
    }

    /** The command line that runs this program with the given arguments: by its launcher, or as this Java runs it. */
    static List<String> command(List<String> arguments) {
        List<String> command = new ArrayList<>();
        if (System.getProperty("prestage.home") != null) {
            command.add(launcher().toString());
        } else {
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        }
        command.addAll(arguments);
        return command;
    }
}
