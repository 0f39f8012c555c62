package io.prestage.fleet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.lab.LabRegistry;
import io.prestage.node.monitor.FleetView;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The ways in which nodes find each other. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DiscoveryIT {
    /** From the last node's connect; the design's number for a machine of two cores. */
    private static final Duration ONE_VIEW = Duration.ofSeconds(8);

    private Fleet fleet;
    private Stock stock;
    private LabRegistry registry;

    @BeforeAll
    void up() throws Exception {
        fleet = Fleet.up(DiscoveryIT.class, 10, "300Mbit/s", "300Mbit/s");
        stock = Stock.in(fleet.scratch(), images -> List.of(Stock.image(images, "app", 2, 1 << 20)));
        registry = fleet.registry(stock.storage());
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
    void tenNodesStartedTogetherFormOneViewInSeconds() throws Exception {
        List<String> hosts = fleet.lab().servers();
        Map<String, Prestage> nodes = fleet.nodes(hosts);
        await("all connected")
                .atMost(Fleet.PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(() ->
                        nodes.values().stream().allMatch(node -> node.errors().contains("is a member of")));
        long connected = System.nanoTime();
        for (String host : hosts) {
            fleet.awaitView(host, "ten members", view -> view.members() == hosts.size());
        }
        Duration took = Duration.ofNanos(System.nanoTime() - connected);
        assertTrue(took.compareTo(ONE_VIEW) <= 0, () -> "one view took " + took + "\n" + fleet);
    }

    @Test
    void findsByMulticastAndTalksOverTcp() throws Exception {
        List<String> hosts = List.of("h1", "h2", "h3", "h4");
        fleet.seed("h1", stock.references(registry.host()), "--discovery", "mping");
        fleet.nodes(hosts.subList(1, 4), "--discovery", "mping");
        assertOneFleet(hosts);
    }

    @Test
    void oneReachableAddressOfAListIsEnough() throws Exception {
        List<String> hosts = List.of("h1", "h2", "h3", "h4");
        String known = fleet.lab().address("h1");
        fleet.seed("h1", stock.references(registry.host()), "--discovery", "static", "--peers", known);
        // One that nobody has, one that refuses, one that is there.
        String list = "10.77.9.9," + fleet.lab().address("h10") + "," + known;
        fleet.nodes(hosts.subList(1, 4), "--discovery", "static", "--peers", list);
        assertOneFleet(hosts);
    }

    @Test
    void aLoneNodeSaysThatItWaitsForASeed() throws Exception {
        Prestage node = fleet.node("h1");
        await().atMost(Fleet.PATIENCE).until(() -> node.output().contains("waiting for a seed"));
        assertTrue(node.isAlive());
    }

    @Test
    void aSeedThatComesLateFindsWhoWaits() throws Exception {
        fleet.nodes(List.of("h2", "h3"));
        fleet.awaitView("h2", "two members", view -> view.members() == 2);
        fleet.seed("h1", stock.references(registry.host()));
        assertOneFleet(List.of("h1", "h2", "h3"));
    }

    private void assertOneFleet(List<String> hosts) throws Exception {
        fleet.awaitComplete(hosts);
        for (String host : hosts) {
            fleet.awaitView(host, "all members", view -> names(view).equals(hosts));
        }
        fleet.assertVerified(List.of(hosts.get(hosts.size() - 1)));
    }

    private static List<String> names(FleetView view) {
        return view.servers().stream().map(server -> server.member().name()).toList();
    }
}
