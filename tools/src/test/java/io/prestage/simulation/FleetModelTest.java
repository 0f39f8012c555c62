package io.prestage.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.Bytes;
import io.prestage.protocol.Pieces;
import io.prestage.protocol.Rate;
import io.prestage.simulation.FleetModel.Churn;
import io.prestage.simulation.FleetModel.Late;
import io.prestage.simulation.FleetModel.Leaving;
import io.prestage.simulation.FleetModel.Slow;
import io.prestage.simulation.ServerModel.Conduct;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

final class FleetModelTest {
    private static final Rate LINK = new Rate(100_000_000);
    private static final Duration DELAY = Duration.ofNanos(500_000);

    @Test
    void sharesAreTakenExactlyAndSeedsComeFirst() {
        FleetModel model = new FleetModel(
                200,
                2,
                new Bytes(50_000_000),
                1 << 18,
                LINK,
                Optional.of(new Rate(40_000_000)),
                new Slow(0.1, 0.1),
                new Churn(0.05, new Late(0.25, Duration.ofSeconds(3)), new Leaving(0.5, Duration.ofSeconds(1))),
                DELAY,
                7);
        List<ServerModel> servers = model.scenario().servers();
        assertEquals(202, servers.size());
        assertEquals(2, count(servers, ServerModel::isSeed));
        assertTrue(servers.get(0).isSeed() && servers.get(1).isSeed());
        assertEquals(20, count(servers, server -> server.down().bitsPerSecond() == 10_000_000));
        assertEquals(10, count(servers, server -> server.conduct() == Conduct.GONE));
        assertEquals(50, count(servers, server -> !server.joins().isZero()));
        assertTrue(servers.stream().allMatch(server -> server.joins().compareTo(Duration.ofSeconds(3)) <= 0));
        assertTrue(Simulation.run(model.scenario()).everyoneFinished());
    }

    @Test
    void theSameSeedGivesTheSameOutcomeAndAnotherGivesAnother() {
        Outcome once = Simulation.run(model(30, 20_000_000, 3).scenario());
        assertEquals(once, Simulation.run(model(30, 20_000_000, 3).scenario()));
        assertTrue(!once.equals(Simulation.run(model(30, 20_000_000, 4).scenario())));
    }

    @Test
    void largePiecesOnASlowLinkAreNotTakenForLostWhileTheyAreOnTheirWay() {
        FleetModel model = new FleetModel(
                8, 1, new Bytes(4_000_000_000L), 2 << 20, LINK, Optional.empty(), Slow.NOBODY, Churn.NONE, DELAY, 1);
        Outcome outcome = Simulation.run(model.scenario());
        assertEquals(0, outcome.duplicates());
        assertTrue(outcome.slowest() < 1.05, () -> "the last took " + outcome.slowest());
    }

    @Property(tries = 200)
    void blobsHaveTheBytesOfTheContent(@ForAll @LongRange(min = 1, max = 1L << 38) long size) {
        Pieces pieces = model(1, size, 1).pieces();
        long bytes = 0;
        for (int blob = 0; blob < pieces.blobs(); blob++) {
            bytes += pieces.size(blob);
        }
        assertEquals(size, bytes);
        long least = (size + (1 << 18) - 1) >> 18;
        assertTrue(pieces.count() >= least && pieces.count() < least + pieces.blobs(), "a blob has one short piece");
    }

    @Test
    void nodesLeaveOnceTheyHoldEverythingAndTheRestFinish() {
        Churn all = new Churn(0, new Late(0.3, Duration.ofSeconds(2)), new Leaving(1, Duration.ZERO));
        FleetModel model = new FleetModel(
                30, 1, new Bytes(50_000_000), 1 << 18, LINK, Optional.empty(), Slow.NOBODY, all, DELAY, 1);
        Outcome outcome = Simulation.run(model.scenario());
        assertTrue(outcome.everyoneFinished());
        assertTrue(outcome.slowest() < 2, () -> "the last took " + outcome.slowest());
    }

    @Test
    void aFleetThatLostWhatItNeedsIsFoundOutHoweverSlowItsLinksAre() {
        FleetModel model = model(3, 1_000_000, 1);
        Scenario lost = model.scenario().with(0, ServerModel.full(LINK).turning(Conduct.GONE, Duration.ofMillis(20)));
        Outcome outcome = Simulation.run(lost);
        assertTrue(!outcome.everyoneFinished());
        FleetModel slow = new FleetModel(
                2,
                1,
                new Bytes(3_000_000),
                2 << 20,
                new Rate(8_000),
                Optional.empty(),
                Slow.NOBODY,
                Churn.NONE,
                DELAY,
                1);
        assertTrue(Simulation.run(slow.scenario()).everyoneFinished(), "two pieces take an hour");
    }

    @Test
    void whatIsOutOfRangeIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Late(0.1, Duration.ofDays(400)));
        assertThrows(IllegalArgumentException.class, () -> new Leaving(0.1, Duration.ofDays(400)));
        assertThrows(IllegalArgumentException.class, () -> new Churn(1, Late.NOBODY, Leaving.NOBODY));
        assertThrows(IllegalArgumentException.class, () -> model(0, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> model(FleetModel.MOST_NODES + 1, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> model(1, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> new Slow(0.1, 0));
        assertThrows(IllegalArgumentException.class, () -> new Late(1.1, Duration.ZERO));
    }

    private static FleetModel model(int nodes, long size, long seed) {
        return new FleetModel(
                nodes, 1, new Bytes(size), 1 << 18, LINK, Optional.empty(), Slow.NOBODY, Churn.NONE, DELAY, seed);
    }

    private static long count(List<ServerModel> servers, Predicate<ServerModel> which) {
        return servers.stream().filter(which).count();
    }
}
