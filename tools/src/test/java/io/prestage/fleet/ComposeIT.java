package io.prestage.fleet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The files under {@code compose/} as somebody uses them: the image is built, the fleet runs in containers, and every query of the
 * dashboard and every alert is put to the Prometheus that watched it.
 *
 * <p>No image can be pulled where the tests run, so the base comes from debootstrap, once, and the registry and Prometheus are
 * Debian's on that base. Grafana is left out. All of it happens in a network namespace of its own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ComposeIT {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
    private static final Path COMPOSE = REPOSITORY.resolve("compose");
    private static final String BASE = "localhost/prestage-test-base:bookworm";
    private static final String PROMETHEUS = "http://127.0.0.1:9090";
    private static final List<String> SERVICES =
            List.of("registry", "seed", "server-1", "server-2", "server-3", "server-4", "server-5", "prometheus");

    /** What finds nothing as long as nothing is wrong. */
    private static final Set<String> QUIET = Set.of("Servers that need a look", "Writing a piece");

    private final String namespace =
            "prestage-compose-" + ProcessHandle.current().pid();
    private Path folder;

    @BeforeAll
    void up() throws Exception {
        Ran.require("podman", "podman");
        Ran.require("podman-compose", "podman-compose");
        Ran.require("debootstrap", "debootstrap");
        Ran.require("promtool", "prometheus");
        folder = Path.of(System.getProperty("prestage.fleets", "target/fleets"), "ComposeIT")
                .toAbsolutePath();
        Fleet.delete(folder);
        Files.createDirectories(folder);
        Files.writeString(
                folder.resolve("containers.conf"),
                String.join(
                        "\n",
                        "[engine]",
                        "runtime = \"runc\"",
                        "cgroup_manager = \"cgroupfs\"",
                        "events_logger = \"file\"",
                        "[containers]",
                        "default_ulimits = [\"nofile=1024:1024\", \"nproc=1000:1000\"]",
                        "log_driver = \"k8s-file\"",
                        "[network]",
                        "network_backend = \"netavark\"",
                        "network_config_dir = \"" + folder.resolve("networks") + "\"",
                        ""));
        Ran.of("ip", "netns", "add", namespace).output();
        Ran.of("ip", "-n", namespace, "link", "set", "lo", "up").output();
        buildImages();
    }

    @AfterAll
    void down() throws Exception {
        if (folder != null) {
            compose("down", "--timeout", "3");
            for (String service : SERVICES) { // podman-compose 1.0.3 sometimes leaves one
                podman("rm", "-f", "-t", "0", "prestage-test_" + service + "_1");
            }
            podman("network", "rm", "-f", "prestage-test_default");
            Ran.of("ip", "netns", "del", namespace).output();
        }
    }

    @Test
    void aFleetInContainersFillsAndEveryQueryAndAlertCanBeAnswered() throws Exception {
        List<String> up = new ArrayList<>(List.of("up", "-d"));
        up.addAll(SERVICES);
        Ran started = compose(up.toArray(String[]::new));
        assertEquals(0, started.code(), started::toString);
        await("six servers are complete")
                .atMost(Fleet.PATIENCE)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> values("max(prestage_fleet_servers{state=\"complete\"})"), List.of("6")::equals);
        await("Prometheus finds every server")
                .atMost(Fleet.PATIENCE)
                .until(() -> values("count(up{job=\"prestage\"} == 1)"), List.of("6")::equals);

        // A rate needs two looks at every server.
        await("every query of the dashboard has an answer")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertEquals(Map.of(), unanswered()));
        checkAlerts();
    }

    /** What the dashboard asks without being answered, and what comes instead. */
    private Map<String, String> unanswered() throws Exception {
        Map<String, String> wrong = new LinkedHashMap<>();
        int queries = 0;
        for (JsonNode panel : dashboard().get("panels")) {
            for (JsonNode target : panel.get("targets")) {
                queries++;
                String expression = target.get("expr")
                        .asString()
                        .replace("$cluster", "prestage")
                        .replace("$__rate_interval", "10s");
                JsonNode answer = query(expression);
                boolean answered = answer.path("status").asString().equals("success");
                boolean quiet = QUIET.contains(panel.get("title").asString());
                if (!answered || (answer.at("/data/result").isEmpty() && !quiet)) {
                    wrong.put(expression, answer.toString());
                }
            }
        }
        assertTrue(queries >= 14, queries + " queries");
        return wrong;
    }

    private void checkAlerts() throws Exception {
        Set<String> names = new TreeSet<>();
        for (JsonNode rule : JSON.readTree(get(PROMETHEUS + "/api/v1/rules")).at("/data/groups/0/rules")) {
            names.add(rule.get("name").asString());
            assertEquals("ok", rule.get("health").asString(), rule::toString);
            assertEquals(
                    "success", query(rule.get("query").asString()).get("status").asString());
        }
        assertEquals(
                Set.of(
                        "PrestageServerStuck",
                        "PrestageServerUnreachable",
                        "PrestagePiecesRejected",
                        "PrestageNoSeed",
                        "PrestageDiskNearlyFull",
                        "PrestageOriginErrors"),
                names);
        // Paused, not killed: what is killed is started again at once.
        Ran paused = podman("pause", "prestage-test_server-3_1");
        assertEquals(0, paused.code(), paused::toString);
        await("an alert names the server that hangs")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> !values(
                                "ALERTS{alertname=\"PrestageServerUnreachable\",server=\"server-3\",alertstate=\"firing\"}")
                        .isEmpty());
        podman("unpause", "prestage-test_server-3_1");
    }

    @Test
    void theRulesPassTheirOwnTests() throws Exception {
        Path rules = COMPOSE.resolve("prometheus");
        Ran tested = Ran.of(
                new ProcessBuilder("promtool", "test", "rules", "prestage-alerts-test.yml").directory(rules.toFile()));
        assertEquals(0, tested.code(), tested::toString);
        Ran checked =
                Ran.of(new ProcessBuilder("promtool", "check", "config", "prometheus.yml").directory(rules.toFile()));
        assertEquals(0, checked.code(), checked::toString);
    }

    private void buildImages() throws Exception {
        if (podman("image", "exists", BASE).code() != 0) {
            makeBase();
        }
        build("localhost/prestage:test", REPOSITORY, COMPOSE.resolve("Containerfile"), "BASE=" + BASE);
        Path context = Files.createDirectories(folder.resolve("context"));
        Stock.in(context, images -> List.of(Stock.image(images, "demo", 4, 2 << 20)));
        Files.writeString(
                context.resolve("registry.yml"),
                "version: 0.1\nstorage: {filesystem: {rootdirectory: /var/lib/registry}}\nhttp: {addr: '0.0.0.0:5000', secret: x}\n");
        for (String program : List.of("docker-registry", "prometheus")) {
            Files.copy(Path.of("/usr/bin", program), context.resolve(program));
        }
        Files.writeString(
                context.resolve("Registry"),
                "FROM " + BASE
                        + "\nCOPY docker-registry /usr/bin/\nCOPY registry.yml /etc/\nCOPY storage /var/lib/registry\n"
                        + "ENTRYPOINT [\"docker-registry\", \"serve\", \"/etc/registry.yml\"]\n");
        Files.writeString(
                context.resolve("Prometheus"),
                "FROM " + BASE + "\nCOPY prometheus /usr/bin/\nENTRYPOINT [\"prometheus\"]\n");
        build("localhost/prestage-test-registry", context, context.resolve("Registry"), "X=0");
        build("localhost/prestage-test-prometheus", context, context.resolve("Prometheus"), "X=0");
    }

    /** Once a machine: it takes most of a minute, and podman keeps it. */
    private void makeBase() throws Exception {
        Path root = Files.createTempDirectory("prestage-base-");
        try {
            String mirror = Ran.of("apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)")
                    .output()
                    .lines()
                    .filter(line -> line.startsWith("bookworm "))
                    .findFirst()
                    .orElseThrow()
                    .split(" ", -1)[1];
            Process made = new ProcessBuilder("debootstrap", "--variant=minbase", "bookworm", root.toString(), mirror)
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("debootstrap.log").toFile())
                    .start();
            assertTrue(made.waitFor(240, TimeUnit.SECONDS), "debootstrap takes its time");
            assertEquals(0, made.exitValue(), () -> "see " + folder.resolve("debootstrap.log"));
            Path archive = folder.resolve("base.tar");
            Ran.of("tar", "-C", root.toString(), "-cf", archive.toString(), "--exclude=./dev/*", ".")
                    .output();
            assertEquals(0, podman("import", archive.toString(), BASE).code());
            Files.delete(archive);
        } finally {
            Ran.of("rm", "-rf", root.toString());
        }
    }

    private void build(String tag, Path context, Path containerfile, String argument) throws Exception {
        Ran built = podman(
                "build", "-q", "--build-arg", argument, "-t", tag, "-f", containerfile.toString(), context.toString());
        assertEquals(0, built.code(), built::toString);
    }

    private Ran compose(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("podman-compose", "-p", "prestage-test", "-f", "compose.yaml"));
        command.addAll(List.of(arguments));
        return Ran.of(inNamespace(command).directory(COMPOSE.toFile()));
    }

    private Ran podman(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("podman"));
        command.addAll(List.of(arguments));
        return Ran.of(inNamespace(command));
    }

    private ProcessBuilder inNamespace(List<String> command) {
        // Not "ip netns exec", which mounts another /sys, without the cgroups that containers need.
        List<String> words = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + namespace));
        words.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(words);
        builder.environment()
                .putAll(Map.of(
                        "CONTAINERS_CONF", folder.resolve("containers.conf").toString(),
                        "PRESTAGE_CONTAINER", "localhost/prestage:test",
                        "REGISTRY_CONTAINER", "localhost/prestage-test-registry",
                        "PROMETHEUS_CONTAINER", "localhost/prestage-test-prometheus",
                        "PRESTAGE_IMAGE", "registry:5000/demo:v1"));
        return builder;
    }

    private static JsonNode dashboard() throws IOException {
        return JSON.readTree(Files.readString(COMPOSE.resolve("grafana/dashboards/prestage.json")));
    }

    private List<String> values(String expression) throws Exception {
        List<String> values = new ArrayList<>();
        for (JsonNode result : query(expression).at("/data/result")) {
            values.add(result.at("/value/1").asString());
        }
        return values;
    }

    private JsonNode query(String expression) throws Exception {
        String body = get(PROMETHEUS + "/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
        return body.isEmpty() ? JSON.createObjectNode() : JSON.readTree(body);
    }

    private String get(String url) throws IOException, InterruptedException {
        return Ran.of(inNamespace(List.of("curl", "-s", "-m", "5", url))).out();
    }
}
