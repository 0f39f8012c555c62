package io.prestage.fleet;

import static org.awaitility.Awaitility.await;

import io.prestage.lab.Lab;
import io.prestage.lab.LabRegistry;
import io.prestage.lab.LabShape;
import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.monitor.FleetView;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Rate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.commons.io.FileUtils;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The packaged program running on the hosts of a lab, each host with a folder of its own and a name like the host's.
 *
 * <p>Output is kept under {@code target/fleets}, so that a failed test can be understood; folders go when the fleet does.
 */
final class Fleet implements AutoCloseable {
    /** How long a fleet may take to fill: far more than it should, on a machine that does other things too. */
    static final Duration PATIENCE = Duration.ofSeconds(90);

    private static final Duration LOOK = Duration.ofMillis(100);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Lab lab;
    private final Path folder;
    private final Map<String, Prestage> running = new LinkedHashMap<>();
    private final List<Prestage> all = new ArrayList<>();
    private int starts;

    private Fleet(Lab lab, Path folder) {
        this.lab = lab;
        this.folder = folder;
    }

    /**
     * Makes the lab; nothing runs on it yet.
     *
     * @param test whose logs these are
     */
    static Fleet up(Class<?> test, int hosts, String link, String origin) throws IOException {
        Ran.require("curl", "curl");
        Path folder = Path.of(System.getProperty("prestage.fleets", "target/fleets"), test.getSimpleName());
        delete(folder);
        Files.createDirectories(folder);
        return new Fleet(Lab.up(new LabShape(hosts, Rate.parse(link), Rate.parse(origin))), folder.toAbsolutePath());
    }

    Lab lab() {
        return lab;
    }

    /** A place for files of the test. */
    Path scratch() {
        return folder;
    }

    /** Serves the storage on the lab's origin in plain HTTP. */
    LabRegistry registry(Path storage) throws IOException {
        return lab.registry(LabRegistry.Settings.plain(storage));
    }

    /** The data partition of a host. */
    Path folder(String host) {
        return folder.resolve("data").resolve(host);
    }

    /** Starts a node on a host. */
    Prestage node(String host, String... options) throws IOException {
        return start(host, nodeOptions(host, "node", List.of(), options));
    }

    /** Starts a seed on a host, for a registry in plain HTTP or with a certificate that is not looked at. */
    Prestage seed(String host, List<String> images, String... options) throws IOException {
        List<String> more = new ArrayList<>(List.of("--tls-verify=false"));
        more.addAll(List.of(options));
        return start(host, nodeOptions(host, "seed", images, more.toArray(String[]::new)));
    }

    /** Starts nodes with the same options on several hosts. */
    Map<String, Prestage> nodes(List<String> hosts, String... options) throws IOException {
        Map<String, Prestage> started = new LinkedHashMap<>();
        for (String host : hosts) {
            started.put(host, node(host, options));
        }
        return started;
    }

    /** Runs a command of the program on a host to its end. */
    Ran run(String host, String... arguments) throws IOException, InterruptedException {
        return Ran.of(lab.builder(host, Prestage.command(arguments)));
    }

    /** Starts the program on a host. */
    Prestage start(String host, String... arguments) throws IOException {
        ProcessBuilder builder = lab.builder(host, Prestage.command(arguments));
        Prestage started = Prestage.start(builder, folder.resolve("logs"), String.format("%02d-%s", ++starts, host));
        all.add(started);
        running.put(host, started);
        return started;
    }

    /** What a host's node says of the fleet; nothing while it does not answer. */
    Optional<FleetView> view(String host) throws IOException, InterruptedException {
        return ask(host, "/api/v1/fleet", FleetView.class);
    }

    /** What a host's node says of itself; nothing while it does not answer. */
    Optional<ServerStatus> status(String host) throws IOException, InterruptedException {
        return ask(host, "/api/v1/node", ServerStatus.class);
    }

    /** How far a host's node says that it is. */
    Progress progress(String host) throws IOException, InterruptedException {
        return status(host).map(ServerStatus::progress).orElse(Progress.NONE);
    }

    /** Waits until a host's node says this of itself. */
    Progress awaitProgress(String host, String what, Predicate<Progress> expected) {
        return await(host + ": " + what)
                .atMost(PATIENCE)
                .pollInterval(LOOK)
                .until(() -> progress(host), asLong(host, expected));
    }

    /** Waits until a host's node says this of the fleet. */
    FleetView awaitView(String host, String what, Predicate<FleetView> expected) {
        return await(host + " sees: " + what)
                .atMost(PATIENCE)
                .pollInterval(LOOK)
                .until(
                        () -> view(host),
                        asLong(host, seen -> seen.filter(expected).isPresent()))
                .orElseThrow();
    }

    /** Waits until every one of these hosts' folders is full. */
    void awaitComplete(List<String> hosts) {
        hosts.forEach(host -> awaitProgress(host, "complete", Progress::complete));
    }

    /** Fails unless each of these hosts' folders is good. */
    void assertVerified(List<String> hosts) throws IOException, InterruptedException {
        for (String host : hosts) {
            run(host, "verify", "-f", folder(host).toString()).output();
        }
    }

    /** Ends every process and empties every folder, for the next test on this lab. */
    void clear() throws IOException, InterruptedException {
        for (Prestage process : all) {
            process.kill();
        }
        all.clear();
        running.clear();
        delete(folder.resolve("data"));
    }

    @Override
    public void close() throws IOException {
        lab.close();
        delete(folder.resolve("data"));
    }

    /** Bytes as people write them, for comparisons. */
    static long bytes(String text) {
        return Bytes.parse(text).count();
    }

    /** Removes a folder with all that is in it. */
    static void delete(Path tree) throws IOException {
        FileUtils.deleteDirectory(tree.toFile());
    }

    private String[] nodeOptions(String host, String command, List<String> images, String... options)
            throws IOException {
        Files.createDirectories(folder(host).getParent());
        List<String> arguments =
                new ArrayList<>(List.of(command, "-f", folder(host).toString(), "--name", host, "--insecure"));
        images.forEach(image -> arguments.addAll(List.of("--image", image)));
        arguments.addAll(List.of(options));
        return arguments.toArray(String[]::new);
    }

    private <T> Optional<T> ask(String host, String page, Class<T> type) throws IOException, InterruptedException {
        Ran asked = Ran.of(lab.builder(host, "curl", "-sf", "-m", "5", "http://" + lab.address(host) + ":8080" + page));
        try {
            return asked.code() == 0 ? Optional.of(JSON.readValue(asked.out(), type)) : Optional.empty();
        } catch (JacksonException e) {
            throw new AssertionError(page + " is not what it should be: " + asked.out(), e);
        }
    }

    /** Fails at once if the host's process ended badly, and not when patience does. */
    private <T> Predicate<T> asLong(String host, Predicate<T> expected) {
        return seen -> {
            Prestage process = running.get(host);
            if (!expected.test(seen) && process != null && !process.isAlive()) {
                throw new AssertionError("it has ended; last said " + seen + "\n" + this);
            }
            return expected.test(seen);
        };
    }

    @Override
    public String toString() {
        return all.stream().map(Prestage::toString).collect(Collectors.joining("\n"));
    }
}
