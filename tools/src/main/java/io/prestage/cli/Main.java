package io.prestage.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The program: finds the command and turns what it throws into a sentence and an exit code. */
@Command(
        name = "prestage",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommandsRepeatable = false,
        description = "Fills the data partitions of many servers at once, in the factory, before they ship.",
        commandListHeading = "%nCommands:%n",
        footer = {"", "'prestage COMMAND --help' explains a command. 'prestage demo' shows everything on this machine."
        })
public final class Main implements Runnable {
    private static final Map<String, Class<?>> COMMANDS = commands(
            DemoCommand.class,
            DownloadCommand.class,
            SeedCommand.class,
            NodeCommand.class,
            ExportCommand.class,
            VerifyCommand.class,
            PartitionCommand.class,
            SiteConfigCommand.class,
            StatusCommand.class,
            TopCommand.class,
            SimulateCommand.class,
            BenchCommand.class,
            LabCommand.class);

    /** What {@code factory-precaching-cli} exits with whatever is wrong. */
    private static final int FAILED = 1;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    /** Runs the command that the arguments name, and exits with its code. */
    public static void main(String[] arguments) {
        if (arguments.length == 1
                && (arguments[0].equals("--version")
                        || arguments[0].equals("-V")
                        || (isOldName() && arguments[0].equals("-v")))) {
            // The most common question is answered without building the command tree.
            System.out.println(Version.TEXT);
            return;
        }
        Class<?> command = arguments.length == 0 ? null : COMMANDS.get(arguments[0]);
        CommandLine line = command == null ? commandLine() : commandLine(List.of(command));
        int code = line.execute(arguments);
        System.out.flush();
        if (code == 0 && line.getOut().checkError()) {
            line.getErr()
                    .println(
                            "prestage: what was to be printed could not be written: is there room, or did the reader end?");
            code = FAILED;
        }
        System.exit(code);
    }

    /** The commands with the program's own rules for errors. */
    static CommandLine commandLine() {
        return commandLine(COMMANDS.values());
    }

    /** With some commands only: reading the options of all takes 0.1 s. */
    private static CommandLine commandLine(Collection<Class<?>> commands) {
        boolean oldName = isOldName();
        CommandLine line = new CommandLine(new Main());
        commands.forEach(line::addSubcommand);
        line.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
        if (oldName) {
            line.setCommandName("factory-precaching-cli");
            acceptOldVersionOption(line);
        }
        line.setExecutionStrategy(new CommandLine.RunLast());
        line.setParameterExceptionHandler((wrong, arguments) -> {
            wrong.getCommandLine()
                    .getErr()
                    .println("prestage: " + sentence(wrong.getMessage()) + "; try '"
                            + wrong.getCommandLine().getCommandSpec().qualifiedName() + " --help'");
            return oldName ? FAILED : CommandLine.ExitCode.USAGE;
        });
        line.setExecutionExceptionHandler((failure, command, arguments) -> {
            if (failure instanceof Failure || failure instanceof IOException) {
                command.getErr().println("prestage: " + failure.getMessage());
            } else {
                command.getErr().println("prestage: an unexpected error: " + failure);
                failure.printStackTrace(command.getErr());
            }
            return FAILED;
        });
        return line;
    }

    /** By name, in the order in which the help lists them. */
    private static Map<String, Class<?>> commands(Class<?>... classes) {
        Map<String, Class<?>> commands = new LinkedHashMap<>();
        for (Class<?> each : classes) {
            commands.put(each.getAnnotation(Command.class).name(), each);
        }
        return Collections.unmodifiableMap(commands);
    }

    /** Whether the program was called by the name of the one whose commands it accepts. */
    static boolean isOldName() {
        return "factory-precaching-cli".equals(System.getProperty("prestage.name"));
    }

    /** There, {@code -v} asks every command for its version. */
    private static void acceptOldVersionOption(CommandLine line) {
        line.getCommandSpec()
                .addOption(CommandLine.Model.OptionSpec.builder("-v")
                        .versionHelp(true)
                        .description("Print version information and exit.")
                        .build());
        line.getSubcommands().values().forEach(Main::acceptOldVersionOption);
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }

    private static String sentence(String message) {
        String text = message.strip()
                .replaceFirst("^Error: ", "")
                .replaceFirst(" is not an? (int|long)$", " is not a whole number")
                .replace(" are mutually exclusive (specify only one)", " cannot be given together");
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }
}
