package io.prestage.cli;

import io.prestage.disk.PartitionLabel;
import io.prestage.siteconfig.LoadingScript;
import io.prestage.siteconfig.ManifestFile;
import io.prestage.siteconfig.SiteManifest;
import io.prestage.siteconfig.SiteManifest.Updated;
import io.prestage.siteconfig.UnifiedDiff;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code prestage siteconfig}: makes a site's manifest install from the data partition. */
@Command(
        name = "siteconfig",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Update a site's SiteConfig or ClusterInstance so that its servers load what was prestaged and keep it.",
            "Prints the updated manifest; nothing but ignitionConfigOverride and installerArgs changes in it."
        },
        footer = {
            "",
            "Examples:",
            "  prestage siteconfig -c site.yaml > new-site.yaml",
            "  prestage siteconfig -c site.yaml --diff",
            "  prestage siteconfig -c site.yaml --in-place",
            "  prestage siteconfig -c site.yaml --check     exit code 1 if an update is due"
        })
final class SiteConfigCommand implements Callable<Integer> {
    private static final String STDIN = "-";
    private static final int MOST_INDENT = 9;

    @Option(
            names = {"-c", "--cfg", "--config"},
            paramLabel = "FILE",
            defaultValue = STDIN,
            description = "Manifest to read, one document or several; - is standard input. Default: ${DEFAULT-VALUE}.")
    private String file;

    @Option(
            names = {"-l", "--label"},
            paramLabel = "LABEL",
            defaultValue = PartitionLabel.DEFAULT,
            description = "Label of the data partition. Default: ${DEFAULT-VALUE}.")
    private String label;

    @Option(
            names = {"-i", "--indent"},
            paramLabel = "INDENT",
            defaultValue = "2",
            description = "Spaces to indent the lines that are added. Default: ${DEFAULT-VALUE}.")
    private int indent;

    @Option(names = "--diff", description = "Print the differences instead, as diff -u does.")
    private boolean diff;

    @Option(names = "--in-place", description = "Write the file instead of printing.")
    private boolean inPlace;

    @Option(names = "--check", description = "Print nothing but whether an update is due; exit with 1 if so.")
    private boolean check;

    @Option(
            names = "--print-script",
            paramLabel = "STAGE",
            description = "Print the script that loads images, of the stage ai or ocp, and read nothing.")
    private Optional<String> script = Optional.empty();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (script.isPresent()) {
            if (LoadingScript.named(script.get()).isEmpty()) {
                throw wrong("--print-script takes one of " + String.join(", ", LoadingScript.names()) + ", not '"
                        + script.get() + "'");
            }
            print(LoadingScript.text(), out);
            return 0;
        }
        PartitionLabel partition = checkUsage();
        boolean stdin = file.equals(STDIN);
        String name = stdin ? "standard input" : file;
        String before = stdin ? readStdin(name) : new ManifestFile(Path.of(file)).read();
        Updated updated = SiteManifest.update(name, before, partition, indent);
        if (diff) {
            print(UnifiedDiff.of(stdin ? "manifest.yaml" : file, before, updated.text()), out);
        }
        if (check) {
            return report(name, updated);
        }
        if (inPlace) {
            if (!updated.changed().isEmpty()) {
                new ManifestFile(Path.of(file)).replace(updated.text());
            }
        } else if (!diff) {
            print(updated.text(), out);
        }
        return 0;
    }

    private PartitionLabel checkUsage() {
        if (indent < 1 || indent > MOST_INDENT) {
            throw wrong("--indent takes a number from 1 to " + MOST_INDENT + ", not " + indent);
        }
        if (inPlace && check) {
            throw wrong("--in-place writes and --check does not: choose one");
        }
        if (inPlace && file.equals(STDIN)) {
            throw wrong("--in-place needs a file to write: name it with -c");
        }
        try {
            return new PartitionLabel(label);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private ParameterException wrong(String sentence) {
        return new ParameterException(spec.commandLine(), sentence);
    }

    private String readStdin(String name) throws IOException {
        if (Terminal.isStdin()) {
            spec.commandLine().getErr().println("reading a manifest from standard input; -c FILE reads a file");
        }
        return ManifestFile.decode(name, System.in.readAllBytes());
    }

    private int report(String name, Updated updated) {
        if (updated.changed().isEmpty()) {
            return 0;
        }
        spec.commandLine()
                .getErr()
                .println("prestage: " + name + " is due for an update of " + String.join(", ", updated.changed())
                        + ": run 'prestage siteconfig' on it");
        return 1;
    }

    private static void print(String text, PrintWriter out) {
        out.print(text);
        out.flush();
    }
}
