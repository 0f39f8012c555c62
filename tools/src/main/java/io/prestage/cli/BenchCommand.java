package io.prestage.cli;

import io.prestage.lab.bench.Bench;
import io.prestage.lab.bench.BenchCase;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Rate;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code prestage bench}: the fleet on shaped links, and others that do its job. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Measure how long a fleet takes on shaped links, and what else there is for the job, on the same links.",
            "Whole processes run in network namespaces of this machine ('prestage lab'), so it needs root, iproute2,"
                    + " docker-registry, skopeo and curl, and for the comparison aria2, opentracker and mktorrent."
                    + " Have nothing else running. Everything is removed afterwards."
        },
        footer = {
            "",
            "Cases:",
            "  lan9     a seed that holds everything and 8 empty nodes, 100 Mbit/s, 96 MiB",
            "  lan17    a seed that holds everything and 16 empty nodes, 50 Mbit/s, 64 MiB",
            "  origin8  a seed that fetches over 50 Mbit/s and 8 empty nodes, 200 Mbit/s, 128 MiB",
            "The options below --case change one of these."
        },
        sortOptions = false)
final class BenchCommand implements Callable<Integer> {
    private static final String NONE = "none";

    @Option(
            names = "--case",
            paramLabel = "CASE",
            defaultValue = "lan9",
            description = "What to measure: lan9, lan17 or origin8. Default: ${DEFAULT-VALUE}.")
    private String name;

    @Option(names = "--servers", paramLabel = "N", description = "Empty servers.")
    private Integer servers;

    @Option(
            names = "--rate",
            paramLabel = "R",
            converter = RateConverter.class,
            description = "Speed of each server's link.")
    private Rate rate;

    @Option(
            names = "--origin-rate",
            paramLabel = "R",
            converter = RateConverter.class,
            description = "Speed of the registry's link. Default: that of the case, in lan9 and lan17 as --rate.")
    private Rate originRate;

    @Option(names = "--size", paramLabel = "S", converter = BytesConverter.class, description = "Bytes of all images.")
    private Bytes size;

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "5",
            description = "How often Prestage runs; the median counts. Default: ${DEFAULT-VALUE}.")
    private int runs;

    @Option(
            names = "--against",
            paramLabel = "WHOM",
            split = ",",
            defaultValue = "aria2,skopeo",
            description =
                    "What to compare with, a run each: aria2 (with a tracker), skopeo (every server pulls), or none."
                            + " Default: ${DEFAULT-VALUE}.")
    private List<String> against;

    @Option(names = "--json", description = "Print one JSON object; what happens meanwhile goes to standard error.")
    private boolean json;

    @Option(names = "--plot", paramLabel = "F", description = "Write progress of every server over time as SVG.")
    private Path plot;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "Where to put the servers' folders. Default: memory (/dev/shm) if it has room, else the"
                    + " temporary folder.")
    private Path directory;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        BenchCase what = what();
        if (runs < 1) {
            throw wrong("--runs takes a number from 1");
        }
        for (String whom : against) {
            if (!Bench.OTHERS.contains(whom) && !(whom.equals(NONE) && against.size() == 1)) {
                throw wrong("--against takes " + String.join(", ", Bench.OTHERS) + ", or " + NONE + " alone, not '"
                        + String.join(",", against) + "'");
            }
        }
        if (directory != null && !Files.isDirectory(directory)) {
            throw new Failure(directory + " is not a folder; see --dir");
        }
        if (plot != null) {
            OutputFile.require(plot, "--plot");
        }
        PrintWriter err = spec.commandLine().getErr();
        PrintWriter out = spec.commandLine().getOut();
        Bench bench = new Bench(
                what, runs, against, OwnProgram.launcher(), Optional.ofNullable(directory), line -> err.println(line));
        Bench.Result result = measured(bench);
        if (json) {
            out.println(result.report().json());
        } else {
            result.report().table().forEach(out::println);
        }
        out.flush();
        if (plot != null) { // last, since it may fail
            Files.writeString(plot, result.plot());
        }
        return 0;
    }

    private static Bench.Result measured(Bench bench) throws IOException {
        try {
            return bench.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure("interrupted: nothing was measured, and nothing is left of it", e);
        }
    }

    private BenchCase what() {
        BenchCase known = BenchCase.named(name)
                .orElseThrow(() -> wrong("--case takes "
                        + BenchCase.KNOWN.stream().map(BenchCase::name).collect(Collectors.joining(", ")) + ", not '"
                        + name + "'"));
        try {
            return known.with(
                    Optional.ofNullable(servers),
                    Optional.ofNullable(rate),
                    Optional.ofNullable(originRate),
                    Optional.ofNullable(size));
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
    }

    private ParameterException wrong(String sentence) {
        return new ParameterException(spec.commandLine(), sentence);
    }
}
