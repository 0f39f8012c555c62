package io.prestage.fleet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.prestage.node.cluster.ServerState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What nodes answer is what their OpenAPI file says, what their metrics are called, what their log looks like. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ApiIT {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration SOON = Duration.ofSeconds(30);

    private Fleet fleet;
    private Stock stock;
    private JsonNode description;

    @BeforeAll
    void up() throws Exception {
        fleet = Fleet.up(ApiIT.class, 4, "300Mbit/s", "300Mbit/s");
        stock = Stock.in(fleet.scratch(), images -> List.of(Stock.image(images, "app", 4, 1 << 20)));
        fleet.registry(stock.storage());
    }

    @AfterEach
    void clear() throws Exception {
        fleet.clear();
    }

    @AfterAll
    void down() throws IOException {
        if (fleet != null) {
            fleet.close();
        }
    }

    @Test
    void answersAreAsTheirDescriptionSaysFromTheStartToTheEnd() throws Exception {
        fleet.node("h2");
        fleet.awaitView("h2", "itself", view -> view.members() == 1);
        description = JSON.readTree(get("h2", "/api/v1/openapi.json"));
        assertEquals("3.1.0", description.get("openapi").asString());
        checkAnswers("h2");
        assertEquals("waiting", node("h2", "h2").get("state").asString());
        assertTrue(node("h2", "h2").get("reason").asString().contains("no seed"));

        seed();
        fleet.awaitView("h2", "both complete", view -> view.in(ServerState.COMPLETE) == 2);
        checkAnswers("h2");
        JsonNode seed = node("h2", "h1");
        assertEquals(stock.blobs().size(), seed.get("blobs").size(), "asked through another node");
        for (JsonNode blob : seed.get("blobs")) {
            assertTrue(blob.get("complete").asBoolean(), blob::toString);
            assertEquals(blob.get("bytes").asLong(), blob.get("verifiedBytes").asLong());
        }
        checkEvents();
        assertStatus(404, "h2", "/api/v1/node?server=nobody");
        assertTrue(body("h2", "/api/v1/node?server=nobody").contains("no server called 'nobody'"));
        assertEquals("ok\n", get("h2", "/healthz"));
    }

    @Test
    void everyMetricIsThereBeforeItsFirstEvent() throws Exception {
        Ran.require("promtool", "prometheus");
        fleet.node("h2");
        fleet.awaitView("h2", "itself", view -> view.members() == 1);
        String metrics = get("h2", "/metrics");
        Set<String> named = new LinkedHashSet<>();
        Set<String> helped = new LinkedHashSet<>();
        for (String line : metrics.split("\n", -1)) {
            if (line.startsWith("# HELP ")) {
                String[] words = line.split(" ", 4);
                assertTrue(!words[2].startsWith("prestage_") || words[3].length() > 8, line);
                helped.add(words[2]);
            } else if (!line.startsWith("#") && !line.isBlank()) {
                named.add(line.substring(0, line.lastIndexOf(' ')));
            }
        }
        List<String> expected = new ArrayList<>(List.of(
                "prestage_origin_received_bytes_total",
                "prestage_peer_received_bytes_total",
                "prestage_peer_sent_bytes_total",
                "prestage_wasted_bytes_total",
                "prestage_pieces_verified_total",
                "prestage_plan_bytes",
                "prestage_verified_bytes",
                "prestage_blobs",
                "prestage_blobs_complete",
                "prestage_cluster_members",
                "prestage_seeds",
                "prestage_peers",
                "prestage_disk_free_bytes",
                "prestage_store_written_bytes_total",
                "prestage_store_write_seconds_count"));
        for (String reason : List.of("length", "hash", "contradiction", "digest")) {
            expected.add("prestage_pieces_rejected_total{reason=\"" + reason + "\"}");
        }
        for (String reason :
                List.of("unauthorized", "not_found", "timeout", "unreachable", "server_error", "corrupt")) {
            expected.add("prestage_origin_errors_total{reason=\"" + reason + "\"}");
        }
        for (String state : List.of("waiting", "filling", "complete", "stalled", "failed")) {
            expected.add("prestage_node_state{state=\"" + state + "\"}");
        }
        expected.forEach(name -> assertTrue(named.contains(name), () -> name + " is missing in\n" + metrics));
        for (String prefix :
                List.of("jvm_memory_used_bytes{", "netty_allocator_memory_used{", "netty_eventexecutor_")) {
            assertTrue(named.stream().anyMatch(name -> name.startsWith(prefix)), prefix);
        }
        helped.stream()
                .filter(name -> name.startsWith("prestage_"))
                .forEach(name -> assertTrue(
                        named.stream().anyMatch(series -> series.startsWith(name))
                                || name.equals("prestage_fleet_stuck"),
                        name));
        Path file = Files.writeString(fleet.scratch().resolve("metrics.txt"), prestageOnly(metrics));
        Ran checked = Ran.of(new ProcessBuilder("promtool", "check", "metrics").redirectInput(file.toFile()));
        assertEquals(0, checked.code(), checked::toString);
    }

    @Test
    void aLogInJsonSaysWhatHappenedToWhatWhyAndWhatNext() throws Exception {
        seed();
        Prestage node = fleet.node("h2", "--log-format", "json", "--exit-when-complete");
        node.assertSucceeds(Fleet.PATIENCE);
        assertEquals("", node.output(), "what is for people is left out");
        Set<String> kinds = new LinkedHashSet<>();
        for (String line : node.errors().split("\n", -1)) {
            if (line.isEmpty()) {
                continue;
            }
            JsonNode event = JSON.readTree(line);
            for (String part : List.of("time", "level", "node", "event", "what", "why", "next", "message")) {
                assertTrue(event.has(part), () -> part + " is missing in " + event);
            }
            assertEquals("h2", event.get("node").asString());
            kinds.add(event.get("event").asString());
            if (event.get("event").asString().equals("blob.complete")) {
                assertTrue(stock.blobs().keySet().stream()
                        .anyMatch(
                                blob -> blob.toString().equals(event.get("blob").asString())));
                assertTrue(event.get("why").asString().contains("digest matches"));
                assertTrue(event.get("next").asString().contains("served"));
            }
        }
        assertTrue(
                kinds.containsAll(
                        Set.of("cluster.joined", "plan.followed", "fill.begun", "blob.complete", "fill.complete")),
                kinds::toString);
        Ran wrong = fleet.run("h3", "node", "-f", "/tmp", "--insecure", "--log-format", "xml");
        assertEquals(2, wrong.code());
        assertTrue(wrong.err().contains("'xml' is not one of text, json"), wrong::err);
    }

    @Test
    void topIsPlainTextInAPipeAndALiveScreenOnATerminal() throws Exception {
        Ran.require("script", "bsdutils");
        seed();
        fleet.node("h2");
        fleet.awaitView("h2", "both complete", view -> view.in(ServerState.COMPLETE) == 2);
        String plain =
                fleet.run("h3", "top", "--node", fleet.lab().address("h2")).output();
        assertTrue(plain.contains("complete 2  filling 0"), plain);
        assertTrue(plain.lines().allMatch(line -> line.length() <= 80), plain);
        assertTrue(plain.indexOf('\u001b') < 0, plain);

        Path typed = fleet.scratch().resolve("typescript");
        Process terminal = fleet.lab()
                .builder(
                        "h3",
                        "script",
                        "-qefc",
                        "stty cols 80 rows 24; exec "
                                + String.join(
                                        " ",
                                        Prestage.command(
                                                "top", "--node", fleet.lab().address("h2"))),
                        typed.toString())
                .redirectOutput(fleet.scratch().resolve("top.out").toFile())
                .start();
        await().atMost(SOON).until(() -> shown(typed).contains("complete 2"));
        int drawn = shown(typed).length();
        press(terminal, "n");
        await().atMost(SOON).until(() -> shown(typed).substring(drawn).contains("\u001b[1mn")); // only what changed
        int before = shown(typed).length();
        await().pollDelay(Duration.ofSeconds(3)).atMost(SOON).until(() -> true);
        assertTrue(shown(typed).length() - before < 2000, "what did not change is not drawn again");
        press(terminal, "q");
        assertEquals(0, terminal.waitFor());
        assertTrue(
                shown(typed).contains("\u001b[?1049h") && shown(typed).contains("\u001b[?1049l"),
                "puts the screen back");
    }

    private void seed() throws IOException {
        fleet.seed("h1", stock.references(fleet.lab().address("origin") + ":5000"));
    }

    private void checkAnswers(String host) throws Exception {
        check("Fleet", JSON.readTree(get(host, "/api/v1/fleet")));
        check("Node", JSON.readTree(get(host, "/api/v1/node")));
        check("Targets", JSON.readTree(get(host, "/sd")));
    }

    private void checkEvents() throws Exception {
        Ran streamed = Ran.of(fleet.lab()
                .builder(
                        "h3", "curl", "-sN", "-m", "3", "http://" + fleet.lab().address("h2") + ":8080/api/v1/events"));
        List<String> lines = streamed.out().lines().toList();
        assertEquals("event: history", lines.get(0));
        check("History", JSON.readTree(lines.get(1).substring("data: ".length())));
        int fleets = 0;
        for (int line = 0; line < lines.size() - 1; line++) {
            if (lines.get(line).equals("event: fleet")) {
                check("Fleet", JSON.readTree(lines.get(line + 1).substring("data: ".length())));
                fleets++;
            }
        }
        assertTrue(fleets >= 3, () -> "one a second\n" + streamed.out());
    }

    private void check(String component, JsonNode answer) {
        ObjectNode schema = JSON.createObjectNode();
        schema.put("$ref", "#/components/schemas/" + component);
        schema.set("components", description.get("components"));
        Schema compiled = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(schema);
        assertEquals(List.of(), compiled.validate(answer), () -> component + ": " + answer);
    }

    private JsonNode node(String host, String named) throws Exception {
        JsonNode node = JSON.readTree(get(host, "/api/v1/node?server=" + named));
        check("Node", node);
        return node;
    }

    private String get(String host, String page) throws Exception {
        return Ran.of(fleet.lab().builder("h4", "curl", "-sf", "-m", "5", url(host, page)))
                .output();
    }

    private String body(String host, String page) throws Exception {
        return Ran.of(fleet.lab().builder("h4", "curl", "-s", "-m", "5", url(host, page)))
                .output();
    }

    private void assertStatus(int status, String host, String page) throws Exception {
        String[] command = {"curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url(host, page)};
        assertEquals(
                Integer.toString(status),
                Ran.of(fleet.lab().builder("h4", command)).output());
    }

    private String url(String host, String page) throws IOException {
        return "http://" + fleet.lab().address(host) + ":8080" + page;
    }

    private static String prestageOnly(String metrics) {
        StringBuilder ours = new StringBuilder();
        metrics.lines()
                .filter(line -> line.startsWith("prestage_") || line.matches("# (HELP|TYPE) prestage_.*"))
                .forEach(line -> ours.append(line).append('\n'));
        return ours.toString();
    }

    private static void press(Process terminal, String keys) throws IOException {
        terminal.getOutputStream().write(keys.getBytes(StandardCharsets.US_ASCII));
        terminal.getOutputStream().flush();
    }

    private static String shown(Path typed) throws IOException {
        return Files.exists(typed) ? Files.readString(typed, StandardCharsets.UTF_8) : "";
    }
}
