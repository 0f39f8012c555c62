package io.prestage.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.lab.Lab;
import io.prestage.lab.LabRegistry;
import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.monitor.FleetView;
import io.prestage.protocol.Plan;
import io.prestage.protocol.Rate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Servers and seeds are lost while the fleet fills; those that are left finish, and nothing is fetched that was there. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LossIT {
    private static final Rate LINK = Rate.parse("300Mbit/s");
    private static final Rate SLOW = Rate.parse("30Mbit/s");
    private static final Rate TRICKLE = Rate.parse("16Mbit/s");
    private static final String HEAVY = "heavy";

    /** What may be under way at the moment of a loss: requests that were sent, and what the system's buffers hold. */
    private static final long UNDER_WAY = Fleet.bytes("2MiB");

    private Fleet fleet;
    private Stock stock;
    private LabRegistry registry;

    @BeforeAll
    void up() throws Exception {
        fleet = Fleet.up(LossIT.class, 8, LINK.bitsPerSecond() / 1_000_000 + "Mbit/s", "300Mbit/s");
        stock = Stock.in(fleet.scratch(), images -> List.of(Stock.image(images, HEAVY, 8, 3 << 20)));
    }

    @BeforeEach
    void serve() throws IOException {
        registry = fleet.registry(stock.storage());
    }

    @AfterEach
    void clear() throws Exception {
        fleet.clear();
        registry.close();
        for (String host : fleet.lab().servers()) {
            fleet.lab().setRate(host, LINK);
        }
        fleet.lab().setRate(Lab.ORIGIN, LINK);
    }

    @AfterAll
    void down() throws IOException {
        if (fleet != null) {
            fleet.close();
        }
    }

    @Test
    void aKilledNodeGoesOnFromWhatItHad() throws Exception {
        fleet.lab().setRate("h3", SLOW);
        fleet.seed("h1", stock.references(registry.host()));
        fleet.node("h2");
        Prestage killed = fleet.node("h3");
        Progress had = fleet.awaitProgress("h3", "a third", atLeast(stock.unique() / 3));
        killed.kill();
        assertFalse(had.complete());

        fleet.node("h3");
        Progress done = fleet.awaitProgress("h3", "complete", Progress::complete);
        fleet.assertVerified(List.of("h3"));
        long again = done.peerBytes() - (stock.unique() - had.verifiedBytes());
        assertTrue(again <= stock.unique() / 50, () -> again + " bytes were fetched again\n" + fleet);
    }

    @Test
    void theRestFinishesOnceAFullCopyIsThere() throws Exception {
        List<String> slow = List.of("h3", "h4", "h5", "h6");
        for (String host : slow) {
            fleet.lab().setRate(host, SLOW);
        }
        Prestage seed = fleet.seed("h1", stock.references(registry.host()));
        fleet.node("h2");
        fleet.nodes(slow);
        fleet.awaitProgress("h2", "complete", Progress::complete);
        seed.kill();
        registry.close();
        for (String host : slow) {
            assertFalse(fleet.progress(host).complete(), host + " was to be filling still");
        }
        fleet.awaitComplete(slow);
        fleet.assertVerified(slow);
        assertEquals(stock.unique(), served(), "bytes that the registry served");
    }

    @Test
    void aSecondSeedTakesNothingOverUntilItTakesOverFromAKilledOne() throws Exception {
        fleet.lab().setRate(Lab.ORIGIN, TRICKLE);
        Prestage first = fleet.seed("h1", stock.references(registry.host()));
        List<String> nodes = List.of("h3", "h4", "h5", "h6");
        fleet.nodes(nodes);
        fleet.awaitProgress("h1", "has begun", atLeast(1));
        fleet.seed("h2", stock.references(registry.host()));
        fleet.awaitProgress("h2", "a third", atLeast(stock.unique() / 3));

        assertEquals(0, fleet.progress("h2").originBytes(), "it joined in the middle");
        FleetView before = fleet.view("h3").orElseThrow();
        long fetched = fleet.progress("h1").originBytes();
        first.kill();
        assertTrue(fetched < stock.unique(), "the first was to be fetching still");
        long alone = server(before, "h1").soleHolderOf() * (long) Plan.MIN_PIECE;

        fleet.awaitComplete(nodes);
        fleet.awaitComplete(List.of("h2"));
        fleet.assertVerified(List.of("h2", "h3", "h6"));
        long more = fetched + fleet.progress("h2").originBytes() - stock.unique();
        assertTrue(
                more <= alone + UNDER_WAY,
                () -> "fetched again: " + more + " bytes, held by the first alone: " + alone + "\n" + fleet);
    }

    @Test
    void aSeedThatIsRefusedWithdrawsAndAnotherTakesItsBlobs() throws Exception {
        Ran.require("htpasswd", "apache2-utils");
        registry.close();
        registry =
                fleet.lab().registry(LabRegistry.Settings.plain(stock.storage()).withLogin("first", "one"));
        Path passwords = passwords();
        String both = Files.readString(passwords)
                + Ran.of("htpasswd", "-nbB", "second", "two").output();
        Files.writeString(passwords, both);
        fleet.lab().setRate(Lab.ORIGIN, TRICKLE);

        List<String> images = stock.references(registry.host());
        fleet.seed("h1", images, "--authfile", authFile("first", "one").toString());
        fleet.nodes(List.of("h3", "h4"));
        fleet.awaitProgress("h1", "has begun", atLeast(1));
        fleet.seed("h2", images, "--authfile", authFile("second", "two").toString());
        fleet.awaitView("h1", "two seeds", view -> view.seeds() == 2);
        Files.writeString(passwords, both.substring(both.indexOf("second")));

        List<String> all = List.of("h1", "h2", "h3", "h4");
        fleet.awaitComplete(all);
        fleet.assertVerified(all);
        FleetView view = fleet.awaitView("h3", "one seed", seen -> seen.seeds() == 1);
        assertTrue(server(view, "h1").member().withdrawn().contains("credentials"), view::toString);
        assertTrue(fleet.progress("h2").originBytes() > 0);
        long more = fleet.progress("h1").originBytes() + fleet.progress("h2").originBytes() - stock.unique();
        assertTrue(more <= UNDER_WAY, () -> more + " bytes were fetched again\n" + fleet);
    }

    private long served() throws IOException {
        return registry.blobBytes().values().stream().mapToLong(Long::longValue).sum();
    }

    private Path passwords() throws IOException {
        try (Stream<Path> files = Files.walk(fleet.lab().folder())) {
            return files.filter(file -> file.endsWith("htpasswd"))
                    .max((one, other) -> Long.compare(
                            one.toFile().lastModified(), other.toFile().lastModified()))
                    .orElseThrow();
        }
    }

    private Path authFile(String user, String password) throws IOException {
        String auth = Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
        return Files.writeString(
                fleet.scratch().resolve(user + ".json"),
                "{\"auths\":{\"" + registry.host() + "\":{\"auth\":\"" + auth + "\"}}}");
    }

    private static ServerStatus server(FleetView view, String name) {
        return view.servers().stream()
                .filter(server -> server.member().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Predicate<Progress> atLeast(long bytes) {
        return progress -> progress.verifiedBytes() >= bytes;
    }
}
