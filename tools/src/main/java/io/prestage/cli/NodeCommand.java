package io.prestage.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code prestage node}: fills this server from the fleet. */
@Command(
        name = "node",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Find the fleet, fill this server's data partition, help to fill the others. Stays until stopped.",
        footer = {
            "",
            "Example, on every server but the seed:",
            "  prestage node -f /mnt --insecure --exit-when-complete"
        })
final class NodeCommand implements Callable<Integer> {
    @Mixin
    private NodeArguments node;

    @Option(
            names = "--exit-when-complete",
            description = "Exit 0 once this server is complete and nobody depends on it alone.")
    private boolean exitWhenComplete;

    @Option(
            names = "--linger",
            paramLabel = "D",
            defaultValue = "30s",
            converter = SpanConverter.class,
            description = "With --exit-when-complete: how long to go on serving while others are still filling."
                    + " Default: ${DEFAULT-VALUE}.")
    private Duration linger;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        return new NodeRun(exitWhenComplete, OptionalInt.empty(), linger)
                .run(
                        node.options(Optional.empty(), spec.commandLine()),
                        spec.commandLine().getOut());
    }
}
