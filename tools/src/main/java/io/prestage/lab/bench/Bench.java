package io.prestage.lab.bench;

import io.prestage.lab.GeneratedImages;
import io.prestage.lab.Lab;
import io.prestage.lab.LabException;
import io.prestage.lab.LabRegistry;
import io.prestage.lab.LabShape;
import io.prestage.protocol.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures a case: makes the lab and the content, lets the program run several times and every other contender once, and
 * removes it all. Needs root, the programs that a lab needs, and skopeo.
 */
public final class Bench {
    /** What can be compared with. */
    public static final List<String> OTHERS = List.of("aria2", "skopeo");

    /** More than what a machine at rest does beside this program's own start. */
    private static final double BUSY = 0.25;

    private static final Logger LOG = LoggerFactory.getLogger(Bench.class);

    /** For the thread that measures to notice that it is to end. */
    private static final int PATIENCE_S = 5;

    private static final Path MEMORY = Path.of("/dev/shm");

    private final BenchCase what;
    private final int runs;
    private final List<String> against;
    private final Path program;
    private final Path folder;
    private final Consumer<String> progress;

    /**
     * What came of it.
     *
     * @param report figures
     * @param plot progress of every server over time, as SVG
     */
    public record Result(Report report, String plot) {}

    /**
     * Prepares; nothing is done yet.
     *
     * @param runs how often the program runs, 1 or more
     * @param against which of {@link #OTHERS} run too
     * @param program the program's launcher
     * @param folder where servers' folders are put; nothing for memory if that is large enough, else the temporary folder
     * @param progress is told in a line what happens
     */
    public Bench(
            BenchCase what,
            int runs,
            List<String> against,
            Path program,
            Optional<Path> folder,
            Consumer<String> progress) {
        this.what = what;
        this.runs = runs;
        this.against = List.copyOf(against);
        this.program = program;
        this.folder = folder.orElseGet(this::roomyFolder);
        this.progress = progress;
    }

    /**
     * Measures.
     *
     * @throws IOException if a part is missing or does not work, with the sentence that says which
     */
    public Result run() throws IOException, InterruptedException {
        for (Contender needed : List.of(new DirectPulls(), new PrestageFleet(program))) {
            if (needed.lacks().isPresent()) {
                throw new LabException("a benchmark needs the program '"
                        + needed.lacks().get() + "': install the package of that name");
            }
        }
        requireSpace();
        double busy = Processors.busy(Duration.ofSeconds(1));
        if (busy > BUSY) {
            progress.accept(String.format(
                    Locale.ROOT,
                    "this machine is %.0f%% busy with something else: end that, or the figures tell of it",
                    100 * busy));
        }
        for (Contender other : others()) {
            obstacle(other).ifPresent(why -> progress.accept(other.name() + " is not compared: " + why));
        }
        Path root = Files.createTempDirectory(folder, "prestage-bench-");
        AtomicReference<Lab> made = new AtomicReference<>();
        CountDownLatch ended = new CountDownLatch(1);
        Thread runner = Thread.currentThread();
        Thread onSignal = new Thread(() -> {
            progress.accept("interrupted: what runs is ended, and all of it removed");
            runner.interrupt();
            try {
                if (!ended.await(PATIENCE_S, TimeUnit.SECONDS)) {
                    remove(made.get(), root, ended);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(onSignal);
        try (Lab lab = Lab.up(new LabShape(what.servers() + 1, what.link(), what.origin()))) {
            made.set(lab);
            return measured(lab, root);
        } finally {
            try {
                FileUtils.deleteDirectory(root.toFile());
            } finally {
                ended.countDown();
                forget(onSignal);
            }
        }
    }

    private Result measured(Lab lab, Path root) throws IOException, InterruptedException {
        try {
            progress.accept("making images of " + what.size() + " in " + root);
            GeneratedImages content = GeneratedImages.make(root.resolve("content"), what.size());
            LabRegistry registry = lab.registry(LabRegistry.Settings.plain(root.resolve("registry")));
            push(lab, registry, content, root);
            return race(new Race(what, lab, registry, content, root.resolve("scratch")));
        } catch (IOException e) {
            if (Thread.interrupted()) { // who closes the lab may have to wait for it
                InterruptedException interrupted = new InterruptedException(e.getMessage());
                interrupted.initCause(e);
                throw interrupted;
            }
            throw e;
        }
    }

    /** Does in place of the thread that measures what that does not come to: ends its processes, which it may wait for, and removes all. */
    private static void remove(Lab lab, Path root, CountDownLatch ended) throws InterruptedException {
        try (lab) {
            LOG.debug("removing {} and {}", lab, root);
        } catch (LabException e) {
            System.err.println("prestage: " + e.getMessage());
        }
        if (ended.await(PATIENCE_S, TimeUnit.SECONDS)) {
            return;
        }
        try {
            FileUtils.deleteDirectory(root.toFile());
        } catch (IOException e) {
            System.err.println("prestage: " + root + " could not be removed: " + e.getMessage());
        }
    }

    private static void forget(Thread onSignal) {
        try {
            Runtime.getRuntime().removeShutdownHook(onSignal);
        } catch (IllegalStateException e) {
            LOG.debug("ended by a signal, so the hook runs", e);
        }
    }

    private Result race(Race race) throws IOException, InterruptedException {
        List<Run> own = new ArrayList<>();
        for (int run = 1; run <= runs; run++) {
            own.add(once(new PrestageFleet(program), race));
        }
        List<Run> shown = new ArrayList<>(List.of(Report.median(own)));
        List<Report.Other> compared = new ArrayList<>();
        for (Contender other : others()) {
            Optional<String> obstacle = obstacle(other);
            if (obstacle.isPresent()) {
                compared.add(Report.Other.absent(other.name(), "not compared: " + obstacle.get()));
                continue;
            }
            Run run = once(other, race);
            shown.add(run);
            compared.add(Report.Other.of(run));
        }
        return new Result(Report.of(what, own, compared), new ProgressPlot(what, shown).svg());
    }

    private List<Contender> others() {
        return Stream.of(new AriaSwarm(), new DirectPulls())
                .filter(contender -> against.contains(contender.name()))
                .toList();
    }

    /** Why a contender is not compared with; nothing if it is. */
    private Optional<String> obstacle(Contender contender) {
        return contender.unfit(what).or(() -> contender.lacks().map(program -> program + " is not installed"));
    }

    private Run once(Contender contender, Race race) throws IOException, InterruptedException {
        Files.createDirectories(race.scratch());
        try {
            Run run = contender.run(race);
            progress.accept(String.format(
                    Locale.ROOT,
                    "%s %s: %.2f s, %.3f of ideal",
                    what.name(),
                    run.contender(),
                    run.time(),
                    run.ratio()));
            return run;
        } finally {
            FileUtils.deleteDirectory(race.scratch().toFile());
        }
    }

    private static void push(Lab lab, LabRegistry registry, GeneratedImages content, Path root)
            throws IOException, InterruptedException {
        try (HostProcesses processes = new HostProcesses(lab, root.resolve("push"))) {
            for (String image : content.tags()) {
                Process copying = processes.start(
                        Lab.ORIGIN,
                        List.of(
                                "skopeo",
                                "--insecure-policy",
                                "copy",
                                "-q",
                                "--dest-tls-verify=false",
                                "oci:" + content.layout() + ":" + image,
                                "docker://" + registry.host() + "/" + image));
                processes.awaitSuccess(copying, Duration.ofMinutes(5));
            }
        }
    }

    /** The content twice, and once for each server; some more for what programs write beside it. */
    private long needed() {
        return what.size().count() * (what.servers() + 4);
    }

    private Path roomyFolder() {
        boolean roomy = Files.isWritable(MEMORY) && MEMORY.toFile().getUsableSpace() > 2 * needed();
        return roomy ? MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
    }

    private void requireSpace() throws LabException {
        long free = folder.toFile().getUsableSpace();
        if (free < needed()) {
            throw new LabException("the case needs " + new Bytes(needed()) + " and " + folder + " has "
                    + new Bytes(free) + " free: choose less with --size, or another place with --dir");
        }
    }
}
