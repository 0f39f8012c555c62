package io.prestage.cli;

import io.prestage.protocol.Bytes;
import io.prestage.protocol.Plan;
import io.prestage.protocol.Rate;
import io.prestage.simulation.FleetModel;
import io.prestage.simulation.FleetModel.Churn;
import io.prestage.simulation.FleetModel.Late;
import io.prestage.simulation.FleetModel.Leaving;
import io.prestage.simulation.FleetModel.Slow;
import io.prestage.simulation.Outcome;
import io.prestage.simulation.Scenario;
import io.prestage.simulation.Simulation;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code prestage simulate}: a fleet of any size under a virtual clock. */
@Command(
        name = "simulate",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Foretell how long a fleet takes: every node makes the decisions of the real program, under a virtual clock and"
                    + " on modelled links.",
            "Prints how long the nodes take as ratios to the ideal, which is the content's size over the slowest link on"
                    + " a node's way. The same options and --seed give the same figures."
        },
        footer = {
            "",
            "Examples:",
            "  prestage simulate --nodes 2600 --size 3GB --rate 300MB/s",
            "  prestage simulate --nodes 40 --size 20GB --rate 1Gbit/s --spread 10%%:0.1 --loss 5%% --csv nodes.csv",
            "  prestage simulate --nodes 40 --size 20GB --rate 1Gbit/s --origin-rate 200Mbit/s --seeds 2"
        },
        sortOptions = false)
final class SimulateCommand implements Callable<Integer> {
    @Option(names = "--nodes", paramLabel = "N", required = true, description = "Empty servers, beside the seeds.")
    private int nodes;

    @Option(
            names = "--size",
            paramLabel = "S",
            required = true,
            converter = BytesConverter.class,
            description = "Bytes of the content, for instance 3GB or 96MiB.")
    private Bytes size;

    @Option(
            names = "--rate",
            paramLabel = "R",
            required = true,
            converter = RateConverter.class,
            description = "Speed of each link, either way, for instance 300MB/s or 1Gbit/s.")
    private Rate rate;

    @Option(
            names = "--seeds",
            paramLabel = "K",
            defaultValue = "1",
            description = "Servers that bring the content. Default: ${DEFAULT-VALUE}.")
    private int seeds;

    @Option(
            names = "--origin-rate",
            paramLabel = "R",
            converter = RateConverter.class,
            description = "Speed of each seed's way to the origin. Default: seeds hold everything from the start.")
    private Optional<Rate> originRate = Optional.empty();

    @Option(
            names = "--spread",
            paramLabel = "SHARE:FACTOR",
            converter = SlowConverter.class,
            description =
                    "Part of the nodes whose links have another speed, and how much of --rate: 10%%:0.1 puts every"
                            + " tenth node on a link ten times slower.")
    private Slow slow = Slow.NOBODY;

    @Option(
            names = "--loss",
            paramLabel = "SHARE",
            defaultValue = "0",
            converter = ShareConverter.class,
            description = "Part of the nodes that crash, at any time during the transfer. Default: none.")
    private double loss;

    @Option(
            names = "--late",
            paramLabel = "SHARE:D",
            converter = LateConverter.class,
            description = "Part of the nodes that join late, and how long until all have: 50%%:2m.")
    private Late late = Late.NOBODY;

    @Option(
            names = "--leave",
            paramLabel = "SHARE[:D]",
            converter = LeavingConverter.class,
            description = "Part of the nodes that leave once they hold everything, or so long after: 100%%:10s.")
    private Leaving leaving = Leaving.NOBODY;

    @Option(
            names = "--piece-size",
            paramLabel = "S",
            converter = BytesConverter.class,
            description = "Bytes of a piece. Default: what a plan of this size has.")
    private Optional<Bytes> pieceSize = Optional.empty();

    @Option(
            names = "--delay",
            paramLabel = "D",
            converter = SpanConverter.class,
            description = "From a message's sending to its being acted on. Default: 0.5 ms.")
    private Optional<Duration> delay = Optional.empty();

    @Option(
            names = "--seed",
            paramLabel = "LONG",
            defaultValue = "1",
            description = "Of all random choices. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--csv", paramLabel = "FILE", description = "Write every server's times and bytes to a file.")
    private Optional<Path> csv = Optional.empty();

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        FleetModel fleet = fleet();
        csv.ifPresent(file -> OutputFile.require(file, "--csv"));
        Scenario scenario = fleet.scenario();
        long start = System.nanoTime();
        SimulationProgress progress = new SimulationProgress(spec.commandLine().getErr(), scenario);
        Outcome outcome;
        try {
            outcome = Simulation.run(scenario, progress);
        } catch (OutOfMemoryError e) {
            throw new Failure(
                    "this does not fit in " + new Bytes(Runtime.getRuntime().maxMemory())
                            + " of memory: take fewer nodes or a larger --piece-size");
        } finally {
            progress.end();
        }
        SimulationReport report = new SimulationReport(scenario, outcome, Duration.ofNanos(System.nanoTime() - start));
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? report.json() : report.text());
        out.flush();
        if (csv.isPresent()) {
            writeCsv(csv.get(), report.csv());
        }
        if (!outcome.everyoneFinished()) {
            throw new Failure("some nodes never hold everything: too many of those that had it crashed or left");
        }
        return 0;
    }

    private FleetModel fleet() {
        try {
            long piece = pieceSize.map(Bytes::count).orElseGet(() -> (long) Plan.pieceSizeFor(size.count()));
            if (piece < Plan.MIN_PIECE || piece > Plan.MAX_PIECE || Long.bitCount(piece) != 1) {
                throw new IllegalArgumentException("--piece-size takes a power of two from " + new Bytes(Plan.MIN_PIECE)
                        + " to " + new Bytes(Plan.MAX_PIECE));
            }
            return new FleetModel(
                    nodes,
                    seeds,
                    size,
                    (int) piece,
                    rate,
                    originRate,
                    slow,
                    new Churn(loss, late, leaving),
                    delay.orElse(Scenario.Path.LAN.delay()),
                    seed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private static void writeCsv(Path file, String table) {
        try {
            Files.writeString(file, table);
        } catch (IOException e) {
            throw new Failure(file + " cannot be written (" + e.getMessage() + "): name another file with --csv", e);
        }
    }

    /** Reads {@code 10%:0.1}. */
    static final class SlowConverter implements ITypeConverter<Slow> {
        @Override
        public Slow convert(String text) {
            String[] parts = text.split(":", -1);
            try {
                if (parts.length == 2) {
                    return new Slow(new ShareConverter().convert(parts[0]), Double.parseDouble(parts[1]));
                }
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + text + "' is no spread: write it like 10%:0.1");
            }
            throw new TypeConversionException("'" + text + "' is no spread: write it like 10%:0.1");
        }
    }

    /** Reads {@code 50%:2m}. */
    static final class LateConverter implements ITypeConverter<Late> {
        @Override
        public Late convert(String text) {
            String[] parts = text.split(":", -1);
            if (parts.length != 2) {
                throw new TypeConversionException("'" + text + "' does not say who is late: write it like 50%:2m");
            }
            return made(() -> new Late(new ShareConverter().convert(parts[0]), new SpanConverter().convert(parts[1])));
        }
    }

    /** Reads {@code 100%} and {@code 100%:10s}. */
    static final class LeavingConverter implements ITypeConverter<Leaving> {
        @Override
        public Leaving convert(String text) {
            String[] parts = text.split(":", -1);
            if (parts.length > 2) {
                throw new TypeConversionException("'" + text + "' does not say who leaves: write it like 100%:10s");
            }
            Duration lingers = parts.length == 1 ? Duration.ZERO : new SpanConverter().convert(parts[1]);
            return made(() -> new Leaving(new ShareConverter().convert(parts[0]), lingers));
        }
    }

    private static <T> T made(Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
