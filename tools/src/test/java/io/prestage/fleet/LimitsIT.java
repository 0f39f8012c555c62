package io.prestage.fleet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.lab.LabRegistry;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Rate;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A fleet that shares its LAN with other work, as the switch sees it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LimitsIT {
    private static final Rate LIMIT = Rate.parse("32Mbit/s");
    private static final String OPTION = "32Mbit/s";
    private static final Duration WINDOW = Duration.ofSeconds(10);
    private Fleet fleet;
    private Stock stock;
    private LabRegistry registry;

    @BeforeAll
    void makeTheLab() throws Exception {
        fleet = Fleet.up(LimitsIT.class, 3, "400Mbit/s", "400Mbit/s");
        stock = Stock.in(fleet.scratch(), images -> List.of(Stock.image(images, "a/limited", 8, 8 << 20)));
        registry = fleet.registry(stock.storage());
    }

    @AfterEach
    void clear() throws Exception {
        fleet.clear();
    }

    @AfterAll
    void remove() throws Exception {
        fleet.close();
    }

    @Test
    void aSeedSendsNoFasterThanItsUploadLimit() throws Exception {
        fleet.nodes(List.of("h2", "h3"));
        fleet.seed("h1", stock.references(registry.host()), "--upload-limit", OPTION);
        assertLimited(() -> fleet.lab().traffic().get("h1").sent());
        fleet.awaitComplete(List.of("h2", "h3"));
        fleet.assertVerified(List.of("h2", "h3"));
    }

    @Test
    void aNodeReceivesNoFasterThanItsDownloadLimitAndTheOthersDoNotWait() throws Exception {
        fleet.node("h2", "--download-limit", OPTION);
        fleet.node("h3");
        fleet.seed("h1", stock.references(registry.host()));
        assertLimited(() -> fleet.lab().traffic().get("h2").received());
        assertTrue(fleet.progress("h3").complete(), "h3 has no limit, and h2 is not done");
        assertTrue(!fleet.progress("h2").complete(), "a third of the time is enough for the window");
        fleet.awaitComplete(List.of("h2"));
        fleet.assertVerified(List.of("h2", "h3"));
    }

    @Test
    void aSeedFetchesNoFasterThanItsDownloadLimit() throws Exception {
        fleet.seed("h1", stock.references(registry.host()), "--download-limit", OPTION, "--origin-connections", "3");
        assertLimited(() -> fleet.lab().traffic().get("h1").received());
        fleet.awaitComplete(List.of("h1"));
        fleet.assertVerified(List.of("h1"));
    }

    @Test
    void aLimitThatIsNoRateIsWrongUsage() throws Exception {
        Ran wrong = fleet.run(
                "h2", "node", "-f", fleet.folder("h2").toString(), "--insecure", "--upload-limit", "a little");
        assertEquals(2, wrong.code());
        assertTrue(
                wrong.err().contains("'a little' is not a rate: write it like 200Mbit/s or 300MB/s"), wrong::toString);
    }

    private interface Counter {
        long bytes() throws IOException;
    }

    /** Looks at a stretch in the middle of the filling. */
    private static void assertLimited(Counter counter) throws Exception {
        long first = counter.bytes();
        await().atMost(Fleet.PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> counter.bytes() > first + (4 << 20));
        long start = System.nanoTime();
        long before = counter.bytes();
        await().atMost(WINDOW.multipliedBy(2)).until(() -> System.nanoTime() - start > WINDOW.toNanos());
        long bytes = counter.bytes() - before;
        Rate measured = Rate.of(new Bytes(bytes), Duration.ofNanos(System.nanoTime() - start));
        double ratio = measured.bitsPerSecond() / (double) LIMIT.bitsPerSecond();
        assertTrue(ratio <= 1.03, measured + " with a limit of " + LIMIT);
        assertTrue(ratio >= 0.97, measured + " with a limit of " + LIMIT + ", which leaves the limit unused");
        System.out.printf("limit %s: %s on the wire, %.3f%n", LIMIT, measured, ratio);
    }
}
