package io.prestage.cli;

import io.prestage.disk.PartitionLabel;
import io.prestage.disk.PartitionPlan;
import io.prestage.disk.PartitionRequest;
import io.prestage.disk.Partitioning;
import io.prestage.protocol.Bytes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code prestage partition}: gives a disk its data partition. */
@Command(
        name = "partition",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Make a data partition at the end of a disk: a GPT with one partition, named LABEL, formatted as XFS.",
            "A disk that is in use, or not empty, is refused. Run again, it finds the partition and changes nothing."
        },
        footer = {
            "",
            "Examples:",
            "  prestage partition -d /dev/nvme0n1 -s 250",
            "  prestage partition -d /dev/sda -s 200GiB --dry-run",
            "  prestage partition -d /dev/sda -s 200GiB --force    wipes what is there, after asking"
        })
final class PartitionCommand implements Callable<Integer> {
    @Option(
            names = {"-d", "--device"},
            required = true,
            paramLabel = "DEV",
            description = "The whole disk, for instance /dev/nvme0n1.")
    private Path device;

    @Option(
            names = {"-s", "--size"},
            paramLabel = "SIZE",
            defaultValue = "100",
            converter = DiskSizeConverter.class,
            description = "Size of the partition: GiB, or with a unit such as 500GB. Default: ${DEFAULT-VALUE}.")
    private Bytes size;

    @Option(
            names = {"-l", "--label"},
            paramLabel = "LABEL",
            defaultValue = PartitionLabel.DEFAULT,
            description = "Name of the partition, by which the installer keeps it. Default: ${DEFAULT-VALUE}.")
    private String label;

    @Option(
            names = {"-n", "--num", "--number"},
            paramLabel = "NUM",
            defaultValue = "1",
            description = "Number of the partition. Default: ${DEFAULT-VALUE}.")
    private int number;

    @Option(
            names = "--force",
            description = "Wipe a disk that is not empty, after naming what will be lost and asking.")
    private boolean force;

    @Option(
            names = {"-y", "--yes"},
            description = "With --force: do not ask.")
    private boolean yes;

    @Option(names = "--dry-run", description = "Print what would be done, and do nothing.")
    private boolean dryRun;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PartitionRequest request = PartitionArguments.request(number, label, size, spec.commandLine());
        PrintWriter out = spec.commandLine().getOut();
        Partitioning partitioning = Partitioning.of(device, request, force);
        if (dryRun) {
            partitioning.described().forEach(step -> out.println("would " + step));
            return 0;
        }
        if (partitioning.plan() instanceof PartitionPlan.AlreadyThere) {
            out.println("Partition " + partitioning.partition() + " (" + label + ") is there: nothing to do");
        } else {
            askBeforeLoss(partitioning.plan(), out);
        }
        UntilDone.run(
                device + " is being changed", spec.commandLine().getErr(), () -> partitioning.carryOut(out::println));
        partitioning.table().forEach(out::println);
        out.flush();
        return 0;
    }

    private void askBeforeLoss(PartitionPlan plan, PrintWriter out) throws IOException {
        if (!(plan instanceof PartitionPlan.Create create) || create.lost().isEmpty()) {
            return;
        }
        out.println("On " + device + " will be lost: " + create.lost());
        if (yes) {
            return;
        }
        if (!Terminal.isStdin()) {
            throw new Failure("nobody is there to be asked whether " + device
                    + " may be wiped: nothing was changed; say --yes with --force if it may");
        }
        out.print("Type 'yes' to wipe it: ");
        out.flush();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        if (!Objects.requireNonNullElse(in.readLine(), "").strip().equals("yes")) {
            throw new Failure("nothing was changed on " + device);
        }
    }
}
