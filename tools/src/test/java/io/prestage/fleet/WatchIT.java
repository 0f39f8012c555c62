package io.prestage.fleet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.lab.Lab.Traffic;
import io.prestage.node.cluster.ServerState;
import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.monitor.FleetView;
import io.prestage.protocol.Rate;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A fleet of sixteen fills, one server is stopped in the middle, and all that watches says so: page, terminal, API, Prometheus. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class WatchIT {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Rate LINK = Rate.parse("50Mbit/s");
    private static final Duration AT_MOST = Duration.ofSeconds(15);

    /**
     * Seconds, a thirtieth of this filling: the last pieces' way through the fleet, and what is hashed in the end, all of it on
     * processors that a browser, too, keeps busy.
     */
    private static final double END = 1.5;

    /** How often Prometheus looks at each server. */
    private static final Duration SCRAPED = Duration.ofSeconds(30);

    private static final String SEED = "h1";
    private static final String STALLED = "h5";
    private static final String SEEN_FROM = "h2";
    private static final String WATCHER = "h18";
    private static final List<String> NODES =
            IntStream.rangeClosed(2, 17).mapToObj(host -> "h" + host).toList();

    private Fleet fleet;
    private Stock stock;
    private Path pictures;

    /** What was foretold when, by the system's clock, in milliseconds. */
    private record Foretold(long at, long left) {}

    @BeforeAll
    void up() throws Exception {
        Ran.require("prometheus", "prometheus");
        fleet = Fleet.up(WatchIT.class, 18, "50Mbit/s", "50Mbit/s");
        stock = Stock.in(fleet.scratch(), images -> List.of(Stock.image(images, "app", 17, 16 << 20)));
        pictures = fleet.scratch().resolve("pictures");
    }

    @AfterAll
    void down() throws IOException {
        if (fleet != null) {
            fleet.close();
        }
    }

    @Test
    void aStalledServerIsNamedEverywhereAndTheTotalsAgree() throws Exception {
        Process prometheus = prometheus();
        try (Browser browser =
                Browser.start(fleet.lab(), WATCHER, fleet.scratch().resolve("browser"), 1600, 1300)) {
            // It coordinates, being first: while a coordinator hangs, nothing new is told of the others.
            Map<String, Prestage> nodes = new HashMap<>(fleet.nodes(List.of(SEEN_FROM)));
            fleet.awaitView(SEEN_FROM, "itself", view -> view.servers().size() == 1);
            nodes.putAll(fleet.nodes(
                    NODES.stream().filter(host -> !host.equals(SEEN_FROM)).toList()));
            fleet.awaitView(SEEN_FROM, "all nodes", view -> view.servers().size() == NODES.size());
            await("the coordinator and the next in rank speak").atMost(AT_MOST).until(() -> speakers() == 2);
            browser.open(url(SEEN_FROM, "/"));
            Prestage top = fleet.start(
                    WATCHER, "top", "--node", fleet.lab().address(SEEN_FROM), "--frames", "1000", "--interval", "2s");
            fleet.seed(SEED, stock.references(fleet.registry(stock.storage()).host()));
            List<Foretold> foretold = new ArrayList<>();
            watch(foretold, view -> share(view) > 0.35);

            signal(nodes.get(STALLED), "STOP");
            namedEverywhere(browser, top, foretold);
            browser.screenshot(pictures.resolve("stalled-light.png"));
            browser.run("document.getElementById('theme').click()");
            browser.screenshot(pictures.resolve("stalled-dark.png"));
            browser.run("document.getElementById('theme').click()");

            watch(foretold, view -> view.complete() == NODES.size());
            assertForetold(foretold, completed());
            totalsAgree(browser);
            watchingCostsLittle();

            signal(nodes.get(STALLED), "CONT");
            fleet.awaitView(SEEN_FROM, "all complete", view -> view.complete() == NODES.size() + 1);
            await().atMost(AT_MOST).until(() -> browser.text("#headline").equals("All 17 servers are complete"));
            thePageSurvivesItsNode(browser, nodes.get(SEEN_FROM));
            theRackHoldsAThousand(browser);
            everyRequestStayedInTheFleet(browser);
        } finally {
            prometheus.destroy();
        }
    }

    /** How many of the fleet Prometheus is told to look at often. */
    private int speakers() throws Exception {
        Ran asked = Ran.of(fleet.lab().builder(WATCHER, "curl", "-s", "-m", "5", url("h9", "/sd")));
        int speakers = 0;
        for (JsonNode target : JSON.readTree(asked.output())) {
            speakers += target.at("/labels/__meta_prestage_speaks").asString().equals("yes") ? 1 : 0;
        }
        return speakers;
    }

    /** Looks again and again until something is so. */
    private void watch(List<Foretold> foretold, Predicate<FleetView> until) {
        await().atMost(Fleet.PATIENCE).pollInterval(Duration.ofMillis(300)).until(() -> until.test(look(foretold)));
    }

    /** When the last server but the stalled one had its receipt, as its disk tells. */
    private long completed() throws IOException {
        long last = 0;
        for (String host : NODES) {
            if (!host.equals(STALLED)) {
                Path receipt = fleet.folder(host).resolve("receipt.json");
                last = Math.max(last, Files.getLastModifiedTime(receipt).toMillis());
            }
        }
        return last;
    }

    private FleetView look(List<Foretold> foretold) throws Exception {
        FleetView view = fleet.view(SEEN_FROM).orElseThrow();
        long now = System.currentTimeMillis();
        if (share(view) > 1 / 3.0) {
            view.millisLeft().ifPresent(left -> foretold.add(new Foretold(now, left)));
        }
        return view;
    }

    private void namedEverywhere(Browser browser, Prestage top, List<Foretold> foretold) {
        Map<String, Callable<Boolean>> watchers = new LinkedHashMap<>();
        watchers.put("/api/v1/fleet", () -> stalled(fleet.view(SEEN_FROM).orElseThrow()));
        watchers.put(
                "Prometheus",
                () -> !query("prestage_fleet_stuck{name=\"" + STALLED + "\"}").isEmpty());
        watchers.put(
                "the alert",
                () -> !query("ALERTS{alertname=\"PrestageServerStuck\",name=\"" + STALLED + "\",alertstate=\"firing\"}")
                        .isEmpty());
        watchers.put("the page", () -> browser.text("#stuck-list").contains(STALLED + " stalled"));
        watchers.put("top", () -> top.output().lines().anyMatch(line -> line.matches(STALLED + " +stalled .*")));
        long begun = System.nanoTime();
        Map<String, Duration> named = new LinkedHashMap<>();
        await("a stalled server is named")
                .atMost(AT_MOST.multipliedBy(2))
                .pollInterval(Duration.ofMillis(300))
                .until(() -> {
                    look(foretold);
                    for (Map.Entry<String, Callable<Boolean>> watcher : watchers.entrySet()) {
                        if (!named.containsKey(watcher.getKey())) {
                            if (!watcher.getValue().call()) {
                                return false; // the cheapest first: each look costs the fleet its processor
                            }
                            named.put(watcher.getKey(), Duration.ofNanos(System.nanoTime() - begun));
                        }
                    }
                    return true;
                });
        assertTrue(named.values().stream().allMatch(each -> each.compareTo(AT_MOST) <= 0), named::toString);
        System.out.println("a stalled server is named after " + named);
    }

    /** From a third of the way on, within a fifth of what was left. */
    private static void assertForetold(List<Foretold> foretold, long done) {
        List<Foretold> before =
                foretold.stream().filter(each -> each.at() < done).toList();
        assertTrue(before.size() > 5, () -> before.size() + " estimates");
        List<String> wrong = new ArrayList<>();
        double worst = 0;
        double inTheEnd = 0;
        for (Foretold each : before) {
            double left = (done - each.at()) / 1e3;
            double told = each.left() / 1e3;
            double off = Math.abs(told - left);
            worst = left < 5 ? worst : Math.max(worst, off / left);
            inTheEnd = left < 5 ? Math.max(inTheEnd, off) : inTheEnd;
            if (off > Math.max(END, 0.2 * left)) {
                wrong.add(String.format("%.1f s were left and %.1f s were told", left, told));
            }
        }
        System.out.printf(
                "%d estimates, those of 5 s and more off by %.0f%% at most, the others by %.1f s%n",
                before.size(), 100 * worst, inTheEnd);
        assertEquals(List.of(), wrong);
    }

    private void totalsAgree(Browser browser) throws Exception {
        FleetView view = fleet.view(SEEN_FROM).orElseThrow();
        long expected = view.totals().verifiedBytes();
        assertTrue(expected > NODES.size() * stock.unique(), view::toString);
        assertNear(expected, fleet.view("h9").orElseThrow().totals().verifiedBytes(), "another node");
        await().atMost(AT_MOST).untilAsserted(() -> {
            assertNear(expected, figure(browser, "staged"), "the page");
            assertNear(view.totals().originBytes(), figure(browser, "origin"), "the page, of the origin");
            assertNear(
                    expected,
                    (long) Double.parseDouble(
                            query("max(prestage_fleet_verified_bytes)").get(0)),
                    "Prometheus");
        });
        String top =
                fleet.run(WATCHER, "top", "--node", fleet.lab().address("h9")).output();
        String staged = top.lines()
                .filter(line -> line.startsWith("staged "))
                .findFirst()
                .orElseThrow();
        String[] words = staged.split(" ", -1);
        assertNear(expected, Fleet.bytes(words[1] + words[2]), "top");
        assertEquals(stock.unique(), view.totals().originBytes(), "every byte came once");
    }

    /** All that is said on a full fleet is membership and watching: what the busiest link carries of it is little. */
    private void watchingCostsLittle() throws Exception {
        Map<String, Traffic> before = fleet.lab().traffic();
        long begun = System.nanoTime();
        await().pollDelay(SCRAPED).atMost(SCRAPED.multipliedBy(2)).until(() -> true);
        double seconds = (System.nanoTime() - begun) / 1e9;
        Map<String, Traffic> after = fleet.lab().traffic();
        double most = LINK.bitsPerSecond() / 8.0 / 100;
        double dearest = 0;
        for (String host : NODES) {
            double received = (after.get(host).received() - before.get(host).received()) / seconds;
            double sent = (after.get(host).sent() - before.get(host).sent()) / seconds;
            assertTrue(
                    Math.max(received, sent) < most,
                    () -> host + ": " + received + " and " + sent + " bytes/s of " + most);
            dearest = Math.max(dearest, Math.max(received, sent));
        }
        System.out.printf("watching takes %.2f%% of the busiest server's link%n", dearest / most);
    }

    private void thePageSurvivesItsNode(Browser browser, Prestage node) throws Exception {
        String before = browser.text("#link-text");
        assertTrue(before.contains(fleet.lab().address(SEEN_FROM)), before);
        node.kill();
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            String now = browser.text("#link-text");
            assertTrue(now.startsWith("live from "), now);
            assertNotEquals(before, now);
        });
        await().atMost(Duration.ofSeconds(30))
                .until(() -> browser.run("return document.querySelector('.cell.gone')?.dataset.name ?? ''")
                        .asString()
                        .equals(SEEN_FROM));
        browser.run("location.hash = '#/server/h9'");
        await().atMost(AT_MOST)
                .until(() -> browser.run("return document.querySelectorAll('#s-blobs li').length")
                                .asInt()
                        == stock.blobs().size());
        browser.screenshot(pictures.resolve("server.png"));
    }

    /** What the page draws of a thousand servers, made from the real ones. */
    private void theRackHoldsAThousand(Browser browser) throws Exception {
        browser.run("""
                location.hash = '#/';
                window.drawn = null;
                import('/assets/rack.js').then(async ({ Rack }) => {
                  const host = document.getElementById('link-text').textContent.split(' ')[2];
                  const view = await (await fetch(`http://${host}/api/v1/fleet`)).json();
                  view.servers = Array.from({ length: 1000 }, (_, number) => {
                    const server = structuredClone(view.servers[number % view.servers.length]);
                    server.member.id = String(number);
                    server.member.name = `SN-${number}`;
                    return server;
                  });
                  const box = document.getElementById('rack').cloneNode(false);
                  document.getElementById('rack').replaceWith(box);
                  const rack = new Rack(box);
                  rack.show(view);
                  const begun = performance.now();
                  rack.show(view);
                  const cells = [...box.querySelectorAll('.cell')];
                  box.scrollIntoView();
                  window.drawn = { cells: cells.length, millis: performance.now() - begun,
                    inside: cells.every((cell) => cell.getBoundingClientRect().width >= 5),
                    scrolls: box.scrollHeight > box.clientHeight + 1 };
                });
                """);
        await().atMost(AT_MOST).until(() -> !browser.run("return window.drawn").isNull());
        JsonNode drawn = browser.run("return window.drawn");
        browser.screenshot(pictures.resolve("thousand.png"));
        assertEquals(1000, drawn.get("cells").asInt(), drawn::toString);
        assertTrue(drawn.get("inside").asBoolean() && !drawn.get("scrolls").asBoolean(), drawn::toString);
        assertTrue(drawn.get("millis").asDouble() < 500, drawn::toString);
    }

    private void everyRequestStayedInTheFleet(Browser browser) throws Exception {
        Browser.Seen seen = browser.seen();
        assertTrue(seen.requests().size() > 10, seen::toString);
        assertEquals(
                List.of(),
                seen.requests().stream()
                        // Chromium's own first page comes from the browser itself.
                        .filter(url -> !url.startsWith("http://10.77.")
                                && !url.startsWith("data:")
                                && !url.startsWith("chrome:"))
                        .toList());
        assertEquals(
                List.of(),
                seen.errors().stream()
                        .filter(error -> !error.contains("ERR_CONNECTION")
                                && !error.contains("ERR_INCOMPLETE")
                                && !error.contains("ERR_EMPTY")
                                && !error.contains("ERR_ADDRESS"))
                        .toList());
    }

    private static long figure(Browser browser, String id) throws Exception {
        return Long.parseLong(browser.run("return document.getElementById(arguments[0]).dataset.value", id)
                .asString());
    }

    private static void assertNear(long expected, long seen, String who) {
        assertEquals((double) expected, (double) seen, expected / 100.0, who);
    }

    private static boolean stalled(FleetView view) {
        return view.servers().stream()
                .filter(server -> server.state() == ServerState.STALLED)
                .map(ServerStatus::member)
                .anyMatch(member -> member.name().equals(STALLED));
    }

    private static double share(FleetView view) {
        return view.totals().planBytes() == 0
                ? 0
                : (double) view.totals().verifiedBytes() / view.totals().planBytes();
    }

    private Process prometheus() throws IOException {
        Path folder = Files.createDirectories(fleet.scratch().resolve("prometheus"));
        Path rules = Path.of("..", "compose", "prometheus", "prestage-alerts.yml")
                .toAbsolutePath()
                .normalize();
        Files.writeString(
                folder.resolve("prometheus.yml"),
                String.join(
                        "\n",
                        // As docs/watching.md has it for large fleets.
                        "global: {scrape_interval: " + SCRAPED.toSeconds()
                                + "s, scrape_timeout: 5s, evaluation_interval: 1s}",
                        "rule_files: ['" + rules + "']",
                        "scrape_configs:",
                        "  - job_name: prestage",
                        "    http_sd_configs: [{url: '" + url(SEEN_FROM, "/sd") + "', refresh_interval: 5s}]",
                        "    metric_relabel_configs:",
                        "      - {source_labels: [__name__], regex: 'prestage_fleet_.+', action: drop}",
                        "  - job_name: prestage-fleet",
                        "    scrape_interval: 5s",
                        "    http_sd_configs: [{url: '" + url(SEEN_FROM, "/sd") + "', refresh_interval: 5s}]",
                        "    relabel_configs:",
                        "      - {source_labels: [__meta_prestage_speaks], regex: 'yes', action: keep}",
                        "    metric_relabel_configs:",
                        "      - {source_labels: [__name__], regex: 'prestage_fleet_.+', action: keep}",
                        ""));
        return fleet.lab()
                .builder(
                        WATCHER,
                        "prometheus",
                        "--config.file=" + folder.resolve("prometheus.yml"),
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:9090")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
    }

    /** The values of what a query finds. */
    private List<String> query(String expression) throws Exception {
        String url =
                "http://127.0.0.1:9090/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8);
        Ran asked = Ran.of(fleet.lab().builder(WATCHER, "curl", "-s", "-m", "5", url));
        List<String> values = new ArrayList<>();
        for (JsonNode result : JSON.readTree(asked.output()).at("/data/result")) {
            values.add(result.at("/value/1").asString());
        }
        return values;
    }

    private String url(String host, String page) throws IOException {
        return "http://" + fleet.lab().address(host) + ":8080" + page;
    }

    private static void signal(Prestage process, String signal) throws Exception {
        Ran.of("kill", "-" + signal, Long.toString(process.pid())).output();
    }
}
