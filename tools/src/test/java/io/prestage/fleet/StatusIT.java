package io.prestage.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.lab.LabRegistry;
import io.prestage.protocol.Rate;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What {@code status} says, to people and to scripts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StatusIT {
    private Fleet fleet;
    private Stock stock;
    private LabRegistry registry;

    @BeforeAll
    void up() throws Exception {
        fleet = Fleet.up(StatusIT.class, 8, "300Mbit/s", "300Mbit/s");
        stock = Stock.in(fleet.scratch(), images -> List.of(Stock.image(images, "app", 4, 1 << 20)));
        registry = fleet.registry(stock.storage());
    }

    @AfterEach
    void clear() throws Exception {
        fleet.clear();
        fleet.lab().setRate("h3", fleet.lab().shape().link());
    }

    @AfterAll
    void down() throws IOException {
        if (fleet != null) {
            fleet.close();
        }
    }

    @Test
    void waitsUntilSoManyServersAreCompleteAndSafe() throws Exception {
        // Started before the node that it asks: scripts start everything at once.
        Prestage waiting = fleet.start(
                "h8", "status", "--node", fleet.lab().address("h2"), "--wait", "--expect", "3", "--timeout", "90s");
        fleet.seed("h1", stock.references(registry.host()));
        fleet.nodes(List.of("h2", "h3"));
        waiting.assertSucceeds(Fleet.PATIENCE);
        assertTrue(waiting.output().contains("3 complete"), waiting::output);

        fleet.awaitView("h2", "all safe", view -> view.servers().stream().allMatch(server -> server.safeToPowerOff()));
        String status = fleet.run("h2", "status").output();
        assertTrue(status.contains("SAFE TO POWER OFF"), status);
        for (String host : List.of("h1 (seed)", "h2", "h3")) {
            assertEquals(
                    1,
                    status.lines()
                            .filter(line -> line.startsWith(host + " ") && line.endsWith(" yes"))
                            .count(),
                    status);
        }
    }

    @Test
    void givesUpInTimeAndSaysHowFarItCame() throws Exception {
        fleet.lab().setRate("h3", Rate.parse("1Mbit/s"));
        fleet.seed("h1", stock.references(registry.host()));
        fleet.nodes(List.of("h2", "h3"));
        fleet.awaitComplete(List.of("h1", "h2"));
        Ran status = fleet.run("h2", "status", "--wait", "--expect", "3", "--timeout", "2s");
        assertEquals(1, status.code(), status::toString);
        assertEquals("prestage: 2 servers are complete after 2 s, not 3\n", status.err());
        assertTrue(
                status.out().lines().anyMatch(line -> line.startsWith("h3 ") && line.endsWith("no: not complete")),
                status::toString);
    }

    @Test
    void saysWhatIsWrongWithANodesAddress() throws Exception {
        fleet.node("h2");
        fleet.awaitView("h2", "itself", view -> view.members() == 1);
        String swarm = fleet.lab().address("h2") + ":7850";
        for (String wrong : List.of("http://10.77.0.2:8080/", "10.77.0.2:99999", "10.77.0.2:x", "")) {
            Ran status = fleet.run("h3", "status", "--node", wrong);
            assertEquals(1, status.code(), status::toString);
            assertEquals("prestage: '" + wrong + "' is not HOST or HOST:PORT; see --node\n", status.err());
        }
        Ran top = fleet.run("h3", "top", "--node", swarm, "--frames", "1");
        assertEquals(1, top.code(), top::toString);
        assertEquals(
                "prestage: " + swarm + " does not answer as a node does: is that a Prestage node's --http-port?\n",
                top.err());
    }

    @Test
    void saysThatNobodyAnswers() throws Exception {
        for (String[] arguments : new String[][] {
            {"status"}, {"status", "--json"}, {"status", "--wait", "--expect", "1", "--timeout", "1s"}
        }) {
            Ran status = fleet.run("h5", arguments);
            assertEquals(1, status.code(), status::toString);
            assertTrue(status.err().startsWith("prestage: no node answers at 10.77.0.5:8080"), status::toString);
            assertEquals(1, status.err().lines().count(), status::toString);
        }
    }
}
