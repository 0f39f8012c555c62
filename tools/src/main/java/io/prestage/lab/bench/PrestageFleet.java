package io.prestage.lab.bench;

import io.prestage.lab.LabException;
import io.prestage.node.monitor.FleetView;
import io.prestage.node.store.Receipt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The program itself: empty nodes that have joined and wait, and a seed that is started last.
 *
 * <p>The clock starts when the first node hears of the plan, and stops with each node's last verified byte; both stand in the
 * receipts. What the seed does before, such as checking what it holds, is not counted.
 */
final class PrestageFleet implements Contender {
    private static final Duration LOOK = Duration.ofMillis(250);
    /** A rack waits minutes for its seed, on as many processors as it has servers: so here until the nodes are idle. */
    private static final Duration LEAST_REST = Duration.ofSeconds(8);

    private static final Duration MOST_REST = Duration.ofSeconds(60);
    /** Of a processor, of all nodes together. */
    private static final double IDLE = 0.15;

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path program;

    /**
     * A fleet of nodes.
     *
     * @param program the launcher
     */
    PrestageFleet(Path program) {
        this.program = program;
    }

    @Override
    public String name() {
        return "prestage";
    }

    @Override
    public Optional<String> lacks() {
        return Programs.lacking("curl");
    }

    @Override
    public Run run(Race race) throws IOException, InterruptedException {
        try (HostProcesses processes =
                        new HostProcesses(race.lab(), race.scratch().resolve("logs"));
                LinkMeter meter = LinkMeter.start(race.lab())) {
            long before = fromOrigin(race);
            if (race.what().seedIsFull()) {
                fillSeed(race, processes);
            }
            for (String server : race.servers()) {
                processes.start(server, command(race, server, "node", List.of()));
            }
            awaitJoined(race, processes);
            awaitRest(processes);
            double used = ProcessUse.cpu(processes.all());
            processes.start(Race.SEED, seeding(race, List.of()));
            Map<String, Path> receipts = new LinkedHashMap<>();
            for (String server : race.servers()) {
                receipts.put(server, race.folder(server).resolve("receipt.json"));
            }
            processes.await(receipts, race.patience());
            return result(
                    race,
                    receipts.values(),
                    meter,
                    fromOrigin(race) - before,
                    ProcessUse.cpu(processes.all()) - used,
                    ProcessUse.peakMemory(processes.all()));
        }
    }

    private static Run result(
            Race race, Collection<Path> files, LinkMeter meter, long fromOrigin, double cpu, long peakMemory)
            throws IOException {
        List<Receipt> receipts = new ArrayList<>();
        for (Path file : files) {
            receipts.add(Receipt.decode(Files.readAllBytes(file)));
        }
        Instant start =
                receipts.stream().map(Receipt::started).min(Instant::compareTo).orElseThrow();
        Map<String, Double> finished = new HashMap<>();
        long wasted = 0;
        for (Receipt receipt : receipts) {
            finished.put(
                    receipt.server().name(),
                    Duration.between(start, receipt.finished()).toNanos() / 1e9);
            wasted += receipt.bytes().wasted();
        }
        long bytes = receipts.get(0).bytes().total();
        return new Run(
                "prestage",
                race.what().ideal(bytes),
                bytes,
                finished,
                Optional.of(wasted),
                Optional.of(fromOrigin),
                Optional.of(cpu),
                Optional.of(peakMemory),
                meter.received(race.servers(), start));
    }

    private void fillSeed(Race race, HostProcesses processes) throws IOException, InterruptedException {
        Process filling = processes.start(Race.SEED, seeding(race, List.of("--expect", "1", "--exit-when-complete")));
        processes.awaitSuccess(filling, race.patience());
    }

    private void awaitJoined(Race race, HostProcesses processes) throws IOException, InterruptedException {
        String first = race.servers().get(0);
        String page = "http://" + race.lab().address(first) + ":8080/api/v1/fleet";
        long end = System.nanoTime() + race.patience().toNanos();
        while (members(race.lab().exec(first, "curl", "-sf", "-m", "5", page))
                < race.what().servers()) {
            processes.requireAlive();
            if (System.nanoTime() - end > 0) {
                throw new LabException("the nodes did not find each other within "
                        + race.patience().toSeconds() + " s");
            }
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        }
    }

    private static void awaitRest(HostProcesses processes) throws IOException, InterruptedException {
        TimeUnit.NANOSECONDS.sleep(LEAST_REST.toNanos());
        long end = System.nanoTime() + MOST_REST.toNanos();
        double before = ProcessUse.cpu(processes.all());
        for (double use = 1; use > IDLE && System.nanoTime() - end < 0; ) {
            TimeUnit.SECONDS.sleep(1);
            double now = ProcessUse.cpu(processes.all());
            use = now - before;
            before = now;
        }
    }

    private static int members(Process asking) throws IOException, InterruptedException {
        byte[] answer = asking.getInputStream().readAllBytes();
        if (asking.waitFor() != 0) {
            return 0; // not listening yet
        }
        try {
            return JSON.readValue(answer, FleetView.class).members();
        } catch (JacksonException e) {
            throw new LabException("a node's answer is not a fleet: " + e.getOriginalMessage(), e);
        }
    }

    private List<String> seeding(Race race, List<String> more) throws LabException {
        List<String> options = new ArrayList<>(List.of("--tls-verify=false"));
        for (String image : race.content().tags()) {
            options.addAll(List.of("--image", race.registry().host() + "/" + image));
        }
        options.addAll(more);
        return command(race, Race.SEED, "seed", options);
    }

    private List<String> command(Race race, String host, String command, List<String> options) throws LabException {
        List<String> words = new ArrayList<>(List.of(program.toString(), command));
        words.addAll(List.of("-f", race.folder(host).toString(), "--name", host, "--insecure"));
        words.addAll(List.of("--bind", race.lab().address(host), "--cluster", "bench"));
        words.addAll(options);
        return words;
    }

    private static long fromOrigin(Race race) throws LabException {
        return race.registry().blobBytes().values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }
}
