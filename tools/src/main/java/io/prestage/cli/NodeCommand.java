package io.prestage.cli;

import io.prestage.disk.MountedPartition;
import io.prestage.disk.PartitionLabel;
import io.prestage.disk.PartitionRequest;
import io.prestage.disk.Partitioning;
import io.prestage.node.NodeOptions;
import io.prestage.protocol.Bytes;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
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
            "  prestage node -f /mnt --insecure --exit-when-complete",
            "With a disk that has no data partition yet:",
            "  prestage node -f /mnt --device /dev/nvme0n1 --size 250 --insecure --exit-when-complete"
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

    @Option(
            names = "--device",
            paramLabel = "DEV",
            description =
                    "Disk whose data partition to mount on the folder, and to unmount in the end. It is made if the"
                            + " disk is empty.")
    private Optional<Path> device = Optional.empty();

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            converter = DiskSizeConverter.class,
            description = "With --device: size of the partition, GiB or with a unit.")
    private Optional<Bytes> size = Optional.empty();

    @Option(
            names = "--label",
            paramLabel = "LABEL",
            defaultValue = PartitionLabel.DEFAULT,
            description = "With --device: name of the partition. Default: ${DEFAULT-VALUE}.")
    private String label;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        NodeOptions options = node.options(Optional.empty(), spec.commandLine());
        NodeRun run = new NodeRun(exitWhenComplete, OptionalInt.empty(), linger, node.logFormat);
        PrintWriter out = spec.commandLine().getOut();
        if (device.isEmpty()) {
            if (size.isPresent()) {
                throw new ParameterException(spec.commandLine(), "--size is for --device, which names the disk");
            }
            return run.run(options, out);
        }
        if (size.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--device needs --size, how large the partition is");
        }
        PartitionRequest request = PartitionArguments.request(1, label, size.get(), spec.commandLine());
        Partitioning partitioning = Partitioning.of(device.get(), request, false);
        UntilDone.run(
                device.get() + " is being changed",
                spec.commandLine().getErr(),
                () -> partitioning.carryOut(out::println));
        return run.run(
                options,
                out,
                () -> MountedPartition.mount(partitioning.partition(), request.label(), options.folder())::close);
    }
}
