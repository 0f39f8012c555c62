package io.prestage.cli;

import java.lang.management.ManagementFactory;
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

    /** The command line that runs this program, with the options of this Java, and the given arguments. */
    static List<String> command(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> !option.startsWith("-agentlib") && !option.startsWith("-XX:ArchiveClassesAtExit"))
                .forEach(command::add);
        String path = System.getProperty("java.class.path");
        if (path.endsWith("prestage.jar")) {
            command.addAll(List.of("-jar", path)); // as the launcher does, so that its class-data archive fits
        } else {
            command.addAll(List.of("-cp", path, Main.class.getName()));
        }
        command.addAll(arguments);
        return command;
    }
}
