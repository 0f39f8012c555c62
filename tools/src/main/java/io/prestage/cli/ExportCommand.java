package io.prestage.cli;

import io.prestage.node.store.PartitionArchive;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code prestage export}: a data partition as one file. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Write a complete data partition into one tar file, to carry it to where no registry is reached.",
        footer = {
            "",
            "Example:",
            "  prestage export -f /mnt /media/stick/release.tar",
            "  prestage seed -f /mnt --from /media/stick/release.tar --insecure"
        })
final class ExportCommand implements Callable<Integer> {
    @Option(
            names = {"-f", "--folder"},
            required = true,
            paramLabel = "DIR",
            description = "Folder of the data partition, for instance /mnt.")
    private Path folder;

    @Parameters(index = "0", paramLabel = "OUT.tar", description = "The file to write.")
    private Path target;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Plan plan = PartitionArchive.write(folder, target, bytes -> {});
        spec.commandLine()
                .getOut()
                .println(target + " holds " + plan.images().size() + " images, "
                        + plan.contents().size() + " blobs, " + plan.total());
        return 0;
    }
}
