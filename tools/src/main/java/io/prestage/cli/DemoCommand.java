package io.prestage.cli;

import io.prestage.lab.GeneratedImages;
import io.prestage.node.cluster.FleetBrief;
import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.http.HttpServer;
import io.prestage.node.monitor.FleetView;
import io.prestage.node.registry.DistributionApi;
import io.prestage.node.registry.LayoutContents;
import io.prestage.node.store.LayoutVerification;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Rate;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.apache.commons.io.FileUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code prestage demo}: a registry, a seed and servers on this machine, and a table that proves what happened. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Show everything on this machine: an embedded registry with generated images, a seed and several servers,"
                    + " each a process with an address of its own. Needs no root and no network.",
            "Removes everything afterwards unless --keep."
        })
final class DemoCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Duration LOOK = Duration.ofMillis(400);
    private static final int FIRST_HOST = 11;
    private static final int MOST_SERVERS = 100;

    @Option(
            names = "--servers",
            paramLabel = "N",
            defaultValue = "5",
            description = "Servers besides the seed. Default: ${DEFAULT-VALUE}.")
    private int servers;

    @Option(
            names = "--size",
            paramLabel = "S",
            defaultValue = "320MiB",
            converter = BytesConverter.class,
            description = "Bytes of all images together. Default: ${DEFAULT-VALUE}.")
    private Bytes size;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "Where to put the servers' folders. Default: the system's temporary folder.")
    private Path directory = Path.of(System.getProperty("java.io.tmpdir"));

    @Option(names = "--keep", description = "Leave the folders for a look.")
    private boolean keep;

    @Option(names = "--stay", description = "Leave the fleet running, pages and all, until Ctrl-C.")
    private boolean stay;

    @Spec
    private CommandSpec spec;

    private final Map<String, Process> processes = new LinkedHashMap<>();
    private final LongAdder served = new LongAdder();
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private PrintWriter out;
    private Path root;

    @Override
    public Integer call() throws IOException {
        if (servers < 1 || servers > MOST_SERVERS) {
            throw new ParameterException(spec.commandLine(), "--servers takes a number from 1 to " + MOST_SERVERS);
        }
        if (size.count() < 1 << 20) {
            throw new ParameterException(spec.commandLine(), "--size takes 1MiB or more");
        }
        out = spec.commandLine().getOut();
        checkSpace();
        root = Files.createTempDirectory(directory, "prestage-demo-");
        CountDownLatch cleaned = new CountDownLatch(1);
        Thread onSignal = new Thread(() -> {
            interrupted.countDown();
            if (cleaned.getCount() > 0) {
                spec.commandLine().getErr().println("prestage: stopping, and removing everything");
            }
            try {
                cleaned.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(onSignal);
        try {
            return run();
        } finally {
            try {
                stopAll();
                if (keep) {
                    out.println("kept: " + root);
                } else {
                    FileUtils.deleteDirectory(root.toFile());
                }
                out.flush();
            } finally {
                cleaned.countDown();
            }
        }
    }

    private int run() throws IOException {
        String network = network();
        out.println("making images of " + size + " in " + root);
        GeneratedImages images = GeneratedImages.make(root.resolve("registry"), size);
        InetSocketAddress address = new InetSocketAddress(network + 1, 5000);
        DistributionApi api = new DistributionApi(
                new LayoutContents(images.layout(), images.entries()), (blob, from, to, bytes) -> served.add(bytes));
        try (HttpServer registry = new HttpServer(address, List.of(api.route()))) {
            out.printf(
                    Locale.ROOT,
                    "registry: %s:5000 with %d images, %s unique, %s if each is copied alone%n",
                    network + 1,
                    images.tags().size(),
                    images.unique(),
                    images.copied());
            startAll(network, images);
            return watch(network, images);
        }
    }

    private int watch(String network, GeneratedImages images) throws IOException {
        String seed = network + FIRST_HOST;
        try (FleetClient client = new FleetClient()) {
            awaitPages(client, seed);
            out.println("fleet: http://" + seed + ":8080/  (API: http://" + seed + ":8080/api/v1/fleet)");
            out.flush();
            FleetView done = awaitComplete(client, seed);
            boolean good = prove(images, done);
            if (stay && good) {
                out.println("the fleet stays until Ctrl-C");
                out.flush();
                await(Duration.ofDays(365));
            }
            return good ? 0 : 1;
        }
    }

    private void startAll(String network, GeneratedImages images) throws IOException {
        String seed = network + FIRST_HOST;
        List<String> seeding = new ArrayList<>(List.of("seed", "--tls-verify=false"));
        for (String tag : images.tags()) {
            seeding.add("--image");
            seeding.add(network + 1 + ":5000/" + tag);
        }
        start("seed", seed, seed, seeding);
        for (int server = 1; server <= servers; server++) {
            start("server-" + server, network + (FIRST_HOST + server), seed, List.of("node"));
        }
    }

    private void start(String name, String address, String seed, List<String> command) throws IOException {
        List<String> arguments = new ArrayList<>(command);
        arguments.addAll(List.of("-f", root.resolve(name).toString(), "--name", name, "--insecure"));
        arguments.addAll(List.of("--bind", address, "--discovery", "static", "--peers", seed));
        arguments.addAll(List.of("--cluster", root.getFileName().toString()));
        ProcessBuilder builder = new ProcessBuilder(OwnProgram.command(arguments));
        builder.redirectErrorStream(true);
        builder.redirectOutput(root.resolve(name + ".log").toFile());
        processes.put(name, builder.start());
    }

    private void awaitPages(FleetClient client, String seed) throws IOException {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (true) {
            failIfDead();
            try {
                client.ask(seed);
                return;
            } catch (IOException e) {
                if (System.nanoTime() - end > 0) {
                    throw e;
                }
            }
            await(Duration.ofMillis(100));
        }
    }

    private FleetView awaitComplete(FleetClient client, String seed) throws IOException {
        ProgressLine line = new ProgressLine(out);
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() - end < 0) {
            failIfDead();
            FleetView fleet = client.ask(seed).fleet();
            if (fleet.complete() == servers + 1) {
                line.end();
                return fleet;
            }
            line.show(together(fleet.servers()), () -> FleetBrief.of(fleet.servers()), "waiting for the servers");
            await(LOOK);
        }
        throw new IOException(
                "the fleet was not complete after " + PATIENCE.toMinutes() + " minutes; see the logs with --keep");
    }

    /** The whole fleet as if it were one server. */
    private static Progress together(List<ServerStatus> servers) {
        long verified = 0;
        long plan = 0;
        long pace = 0;
        int peers = 0;
        for (ServerStatus server : servers) {
            if (!server.present()) {
                continue;
            }
            verified += server.progress().verifiedBytes();
            plan += server.progress().planBytes();
            pace += server.progress().bytesPerSecond();
            peers += server.progress().peers();
        }
        Progress.Phase phase = plan == 0 ? Progress.Phase.WAITING : Progress.Phase.FILLING;
        return new Progress(phase, plan, verified, 0, 0, 0, 0, 0, 0, pace, peers, 0, "");
    }

    private boolean prove(GeneratedImages images, FleetView fleet) throws IOException {
        boolean good = true;
        out.printf(
                Locale.ROOT,
                "%-12s %12s %12s %12s %8s %14s  %s%n",
                "SERVER",
                "FROM ORIGIN",
                "FROM PEERS",
                "WASTED",
                "TIME",
                "RATE",
                "LAYOUT");
        for (ServerStatus server : fleet.servers()) {
            Progress progress = server.progress();
            LayoutVerification.Result result = LayoutVerification.of(
                    root.resolve(server.member().name()), Runtime.getRuntime().availableProcessors(), bytes -> {});
            good &= result.isGood();
            Duration took = Duration.ofMillis(progress.elapsedMillis());
            out.printf(
                    Locale.ROOT,
                    "%-12s %12d %12d %12d %7.1fs %14s  %s%n",
                    server.member().name(),
                    progress.originBytes(),
                    progress.peerBytes(),
                    progress.wastedBytes(),
                    took.toMillis() / 1e3,
                    Rate.of(new Bytes(progress.planBytes()), took),
                    result.isGood() ? "verified" : result.problems().get(0).sentence());
        }
        out.printf(
                Locale.ROOT,
                "origin bytes %d unique bytes %d%n",
                served.sum(),
                images.unique().count());
        if (served.sum() != images.unique().count()) {
            out.println("the registry served other than every byte once");
            good = false;
        }
        out.flush();
        return good;
    }

    private void failIfDead() throws IOException {
        if (interrupted.getCount() == 0) {
            throw new IOException("interrupted; everything is removed");
        }
        for (Map.Entry<String, Process> entry : processes.entrySet()) {
            if (!entry.getValue().isAlive()) {
                List<String> log = Files.readAllLines(root.resolve(entry.getKey() + ".log"));
                throw new IOException(entry.getKey() + " ended with code "
                        + entry.getValue().exitValue()
                        + (log.isEmpty() ? "" : ": " + log.get(log.size() - 1)));
            }
        }
    }

    private void await(Duration most) throws IOException {
        try {
            if (interrupted.await(most.toMillis(), TimeUnit.MILLISECONDS) && !stay) {
                throw new IOException("interrupted; everything is removed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted; everything is removed", e);
        }
    }

    private void checkSpace() throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new Failure(directory + " is not a folder; see --dir");
        }
        long needed = size.count() * (servers + 2) * 21 / 20;
        long free = directory.toFile().getUsableSpace();
        if (free < needed) {
            throw new Failure("the demo needs " + new Bytes(needed) + " and " + directory + " has " + new Bytes(free)
                    + " free: choose less with --size, or another place with --dir");
        }
    }

    /** Loopback addresses that hardly anybody uses, others for each run, so that two demos can run at a time. */
    private static String network() {
        SecureRandom random = new SecureRandom();
        return "127." + (64 + random.nextInt(128)) + "." + random.nextInt(256) + ".";
    }

    private void stopAll() {
        processes.values().forEach(Process::destroy);
        for (Process process : processes.values()) {
            try {
                if (!process.waitFor(10, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
