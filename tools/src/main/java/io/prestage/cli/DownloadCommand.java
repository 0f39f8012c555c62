package io.prestage.cli;

import io.prestage.imageset.Resolution;
import io.prestage.imageset.StagingPlanner;
import io.prestage.imageset.StagingRequest;
import io.prestage.node.origin.OriginOptions;
import io.prestage.node.origin.RegistryClient;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.LongAdder;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code prestage download}: stages content for this machine alone. */
@Command(
        name = "download",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Fetch a release, operators, images and files into a folder of this machine alone.",
        footer = {
            "",
            "Examples:",
            "  prestage download -f /mnt -r 4.14.1 --mce-version 2.4.1 --acm-version 2.9.1 --du-profile",
            "  prestage download -f /mnt --image quay.io/org/app:1.2 --dry-run",
            "",
            "Interrupted, the same command goes on where it was."
        })
final class DownloadCommand implements Callable<Integer> {
    @Option(
            names = {"-f", "--folder"},
            required = true,
            paramLabel = "DIR",
            description = "Folder of the data partition, for instance /mnt.")
    private Path folder;

    @Mixin
    private WhatArguments what;

    @Mixin
    private OriginArguments origin;

    @Option(
            names = {"-p", "--parallel"},
            paramLabel = "N",
            description = "How much to do at a time. Default: --origin-connections; with --format tgz 80%% of the"
                    + " processors.")
    private Optional<Integer> parallel = Optional.empty();

    @Option(
            names = {"-s", "--rm-stale"},
            arity = "0..1",
            paramLabel = "BOOL",
            defaultValue = "false",
            fallbackValue = "true",
            description = "Remove images of former runs that this one does not name.")
    private boolean removeStale;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            converter = FormatConverter.class,
            description =
                    "native (an OCI layout, each layer once) or tgz (one archive an image, for scripts of sites in"
                            + " the field). Default: native; under the name factory-precaching-cli tgz.")
    private Optional<Format> format = Optional.empty();

    @Option(
            names = "--dry-run",
            description = "Print what would be fetched and how much space it needs; fetch nothing but metadata.")
    private boolean dryRun;

    @Spec
    private CommandSpec spec;

    /** How images lie in the folder. */
    enum Format {
        NATIVE,
        TGZ
    }

    /** How to write a format. */
    static final class FormatConverter implements ITypeConverter<Format> {
        @Override
        public Format convert(String text) {
            return switch (text) {
                case "native" -> Format.NATIVE;
                case "tgz" -> Format.TGZ;
                default -> throw new TypeConversionException("'" + text + "' is not one of native, tgz");
            };
        }
    }

    @Override
    public Integer call() throws IOException {
        if (parallel.isPresent() && (parallel.get() < 1 || parallel.get() > 1024)) {
            throw new ParameterException(
                    spec.commandLine(), "--parallel takes a number from 1 to 1024, not " + parallel.get());
        }
        if (folder.toString().isEmpty()) {
            throw new ParameterException(spec.commandLine(), "-f takes a folder, not an empty name");
        }
        PrintWriter out = spec.commandLine().getOut();
        OriginOptions options = origin.options(spec.commandLine());
        StagingRequest request = what.request(folder, spec.commandLine());
        if (what.generatesOnly()) {
            return 0;
        }
        Format chosen = format.orElse(Main.isOldName() ? Format.TGZ : Format.NATIVE);
        try (Closeable claim = chosen == Format.TGZ && !dryRun ? ArchiveRun.claim(folder) : () -> {}) {
            return stage(request, options, chosen, out);
        }
    }

    private int stage(StagingRequest request, OriginOptions options, Format chosen, PrintWriter out)
            throws IOException {
        out.println("Generating list of pre-cached artifacts...");
        StagingPlanner planner = new StagingPlanner(request);
        LongAdder received = new LongAdder();
        try (RegistryClient registry = new RegistryClient(options, received::add)) {
            Resolution resolution = planner.resolve(registry);
            resolution.warnings().forEach(warning -> spec.commandLine().getErr().println("warning: " + warning));
            if (chosen == Format.TGZ) {
                resolution.requireDistinctNames();
            }
            report(resolution, out);
            if (dryRun) {
                new DryRun(folder, chosen == Format.TGZ).print(resolution, out);
                requireAll(resolution);
                return 0;
            }
            if (!what.usesEdited()) { // only now: a request that comes to nothing leaves the folder as it is
                out.println("Generated " + StagingRequest.write(folder, request.imageSet()));
            }
            DownloadRun.Origin from = new DownloadRun.Origin(registry, received, received.sum());
            Path layout = chosen == Format.TGZ ? ArchiveRun.layout(folder) : folder;
            resolution = planner.fetchFiles(resolution, registry, layout);
            int workers = workers(chosen, options);
            DownloadRun run = new DownloadRun(folder, resolution, from, workers, removeStale, out);
            return summarize(chosen == Format.TGZ ? run.archives(options.connections()) : run.layout(), workers, out);
        }
    }

    private static void requireAll(Resolution resolution) {
        int lost = resolution.failures().size();
        if (lost > 0) {
            throw new Failure(lost + " of " + resolution.artifacts().size()
                    + " images cannot be had: mend what is named above, or leave them out");
        }
    }

    private int workers(Format chosen, OriginOptions options) {
        int processors = Runtime.getRuntime().availableProcessors();
        int usual = chosen == Format.TGZ ? Math.max(1, processors * 4 / 5) : options.connections();
        return parallel.orElse(usual);
    }

    private static void report(Resolution resolution, PrintWriter out) {
        resolution.ignoredReport().forEach(out::println);
        if (!resolution.ignored().isEmpty()) {
            out.println("The filter leaves out " + resolution.ignored().size() + " images, which saves "
                    + resolution.saved() + " (" + resolution.saved().count() + " bytes).");
        }
        resolution.blocked().forEach(image -> out.println("Blocked by imageset.yaml: " + image));
    }

    private int summarize(DownloadRun.Result result, int workers, PrintWriter out) {
        if (result.nothingToDo()) {
            out.println("All " + result.total() + " images previously downloaded.");
            out.flush();
            return 0;
        }
        new DownloadSummary(what.release(), what.acm(), what.mce(), what.duProfile(), workers, result).print(out);
        if (result.failures().isEmpty()) {
            return 0;
        }
        result.failures()
                .forEach((image, reason) -> spec.commandLine().getErr().println("failed: " + image + ": " + reason));
        throw new Failure(result.failures().size() + " of " + result.asked() + " could not be downloaded"
                + (result.mayPass()
                        ? ": run the same command again, it goes on where it was"
                        : ": mend what is named above and run the same command again"));
    }
}
