package io.prestage.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.lab.LabRegistry;
import io.prestage.node.cluster.PlanOffer;
import io.prestage.node.monitor.FleetView;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** One plan a cluster, and nothing between clusters. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ClustersIT {
    private Fleet fleet;
    private LabRegistry registry;
    private List<String> red;
    private List<String> blue;
    private Stock stock;

    @BeforeAll
    void up() throws Exception {
        fleet = Fleet.up(ClustersIT.class, 8, "300Mbit/s", "300Mbit/s");
        stock = Stock.in(
                fleet.scratch(),
                images -> List.of(Stock.image(images, "red", 2, 1 << 20), Stock.image(images, "blue", 2, 3 << 19)));
        registry = fleet.registry(stock.storage());
        red = stock.only("red").references(registry.host());
        blue = stock.only("blue").references(registry.host());
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
    void clustersOfDifferentNamesDoNotMix() throws Exception {
        List<String> reds = List.of("h1", "h3");
        List<String> blues = List.of("h2", "h4");
        fleet.seed("h1", red, "--cluster", "red");
        fleet.seed("h2", blue, "--cluster", "blue");
        fleet.node("h3", "--cluster", "red");
        fleet.node("h4", "--cluster", "blue");
        fleet.awaitComplete(reds);
        fleet.awaitComplete(blues);
        for (String host : reds) {
            assertHolds(host, "red");
            fleet.awaitView(host, "its own", view -> isOf(view, "red", reds));
        }
        for (String host : blues) {
            assertHolds(host, "blue");
            fleet.awaitView(host, "its own", view -> isOf(view, "blue", blues));
        }
    }

    @Test
    void aSeedOfAnotherPlanIsRefused() throws Exception {
        fleet.seed("h1", red);
        fleet.node("h3");
        fleet.awaitComplete(List.of("h1"));
        Prestage second = fleet.seed("h2", blue);
        assertEquals(1, second.exitCode(Fleet.PATIENCE), second::toString);
        assertTrue(second.errors().contains("already stages another plan"), second::errors);
        assertTrue(second.errors().contains("--replace"), second::errors);
        assertTrue(second.errors().contains("prestage: "), second::errors);
        fleet.awaitComplete(List.of("h3"));
        assertHolds("h3", "red");
    }

    @Test
    void aSeedOfTheSamePlanAdoptsIt() throws Exception {
        fleet.seed("h1", red);
        fleet.node("h3");
        fleet.awaitComplete(List.of("h1"));
        Digest plan = plan("h1");
        fleet.seed("h2", red);
        fleet.awaitComplete(List.of("h2", "h3"));
        assertEquals(plan, plan("h2"));
        assertEquals(0, fleet.progress("h2").originBytes());
    }

    @Test
    void aPlanIsReplacedOnRequest() throws Exception {
        List<String> hosts = List.of("h1", "h2", "h3", "h4");
        Prestage first = fleet.seed("h1", red);
        fleet.nodes(List.of("h3", "h4"));
        fleet.awaitComplete(List.of("h1", "h3", "h4"));
        Digest old = plan("h3");
        first.stop();

        fleet.seed("h2", blue, "--replace");
        fleet.awaitView(
                "h3",
                "another plan",
                view -> view.plan().isPresent() && !view.plan().get().plan().equals(old));
        List<String> left = hosts.subList(1, hosts.size());
        for (String host : left) {
            fleet.awaitView(host, "all complete", view -> complete(view) == left.size());
        }
        fleet.assertVerified(left);
        for (String host : left) {
            assertHolds(host, "blue");
        }
    }

    private Digest plan(String host) throws Exception {
        return fleet.view(host).flatMap(FleetView::plan).map(PlanOffer::plan).orElseThrow();
    }

    private static long complete(FleetView view) {
        return view.servers().stream()
                .filter(server -> server.present()
                        && server.progress().complete()
                        && view.plan().isPresent())
                .count();
    }

    private static boolean isOf(FleetView view, String name, List<String> hosts) {
        return view.cluster().equals(name)
                && view.members() == hosts.size()
                && view.servers().stream()
                        .map(server -> server.member().name())
                        .toList()
                        .equals(hosts);
    }

    private void assertHolds(String host, String image) throws IOException {
        try (var images = Files.list(fleet.folder(host).resolve("images"))) {
            assertEquals(
                    List.of(image + "_v1"),
                    images.map(view -> view.getFileName().toString()).toList(),
                    host);
        }
    }
}
