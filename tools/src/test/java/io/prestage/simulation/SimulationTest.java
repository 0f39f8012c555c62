package io.prestage.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.Bytes;
import io.prestage.protocol.Pieces;
import io.prestage.protocol.Rate;
import io.prestage.simulation.ServerModel.Conduct;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the swarm's decisions come to, in whole fleets under a virtual clock. */
final class SimulationTest {
    private static final int PIECE = 128 << 10;
    private static final Rate LINK = new Rate(100_000_000);

    /** Where a piece counts as sent when it is through, which lets the decisions do better than a kernel that takes half of it before. */
    private static final Scenario.Path UNBUFFERED = Scenario.Path.LAN.withBuffered(new Bytes(0));

    private static final List<Conduct> BAD = List.of(Conduct.MUTE, Conduct.BOASTER, Conduct.FORGER, Conduct.GONE);

    @Test
    void eightNodesFinishCloseToTheIdeal() {
        Scenario scenario = Scenario.equal(8, 400, PIECE / 2, LINK, 1);
        Outcome outcome = Simulation.run(scenario);
        assertTrue(outcome.slowest() < 1.06, outcome.toString());
        assertTrue(Simulation.run(scenario.with(UNBUFFERED)).slowest() < 1.05);
        assertTrue(outcome.waste() < 0.01, outcome.toString());
    }

    @Test
    void sixteenNodesFinishCloseToTheIdeal() {
        Outcome outcome = Simulation.run(Scenario.equal(16, 1024, PIECE / 2, new Rate(50_000_000), 1));
        assertTrue(outcome.slowest() < 1.05, outcome.toString());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aHundredNodesFinishCloseToTheIdeal(long seed) {
        Scenario scenario = Scenario.equal(100, 1000, PIECE, LINK, seed);
        Outcome outcome = Simulation.run(scenario);
        assertTrue(outcome.slowest() < 1.12, outcome.toString());
        assertTrue(Simulation.run(scenario.with(UNBUFFERED)).slowest() < 1.10);
        assertTrue(outcome.ratio(0.5) < 1.06, outcome.toString());
        assertTrue(outcome.waste() < 0.01, outcome.toString());
        assertTrue(outcome.messagesPerPiece() < 20, outcome.toString());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 48 << 10, 64 << 10, 256 << 10, 1 << 20})
    void whateverTheSendersKernelTakesEverybodyFinishes(int buffered) {
        Pieces ofAllLengths = new Pieces(PIECE, List.of(40L * PIECE + 1, 700L, 90L * PIECE - 1, 33_333L, 50_000_000L));
        Scenario equal = Scenario.equal(20, 1, PIECE, LINK, 1);
        Scenario.Path path = Scenario.Path.LAN.withBuffered(new Bytes(buffered));
        Scenario scenario = new Scenario(ofAllLengths, equal.servers(), equal.rules(), path, 1);
        Outcome outcome = Simulation.run(scenario);
        assertTrue(outcome.everyoneFinished(), outcome.toString());
        assertTrue(outcome.slowest() < 1.25, outcome.toString());
    }

    /** A piece takes 105 ms here, and 39 nodes ask for it: too many that are under way at once lose their deadlines. */
    @Test
    void smallPiecesOnSlowLinksAreSentOnce() {
        Outcome outcome = Simulation.run(Scenario.equal(39, 1000, 256 << 10, new Rate(20_000_000), 1));
        assertTrue(outcome.slowest() < 1.10, outcome.toString());
        assertTrue(outcome.duplicates() < 50, outcome.toString());
    }

    @Test
    void theSameSeedRunsTheSame() {
        Scenario scenario = Scenario.equal(20, 200, PIECE, LINK, 7);
        assertEquals(Simulation.run(scenario), Simulation.run(scenario));
    }

    @Test
    void aSeedSendsNoPieceTwiceWhileOneIsUnsent() {
        FromSeed log = new FromSeed(1000);
        Simulation.run(Scenario.equal(100, 1000, PIECE, LINK, 1), log);
        assertTrue(log.sentOnce.cardinality() == 1000, "the seed sent " + log.sentOnce.cardinality() + " pieces");
        assertEquals(0, log.early);
    }

    @Test
    void aSlowNodeDelaysNobodyElse() {
        double without = Simulation.run(Scenario.equal(30, 600, PIECE, LINK, 1)).slowest();
        Rate slow = new Rate(10_000_000);
        Times times = new Times(32);
        Scenario scenario = Scenario.equal(30, 600, PIECE, LINK, 1).plus(ServerModel.empty(slow));
        Simulation.run(scenario, times);
        double last = times.lastBut(31) / scenario.ideal(1);
        assertTrue(last < without * 1.05, last + " with a slow node, " + without + " without");
        assertTrue(times.at(31) / scenario.ideal(31) < 1.10, "the slow node took " + times.at(31));
    }

    /** So that all that the quick one has spread no further than to it waits for the slow one. */
    @Test
    void theSlowOneOfTwoDoesNotHoldUpTheOther() {
        Scenario scenario =
                Scenario.equal(2, 4000, PIECE, LINK, 1).with(2, ServerModel.empty(new Rate(LINK.bitsPerSecond() / 12)));
        Times times = new Times(3);
        assertTrue(Simulation.run(scenario, times).everyoneFinished());
        assertTrue(times.at(1) < 1.06 * scenario.ideal(1), "the quick one took " + times.at(1));
    }

    @Test
    void halfTheFleetOnSlowLinksDoesNotHoldUpTheOther() {
        Rate slow = new Rate(20_000_000);
        Scenario scenario = Scenario.equal(20, 600, PIECE, LINK, 1);
        for (int server = 11; server <= 20; server++) {
            scenario = scenario.with(server, ServerModel.empty(slow));
        }
        Times times = new Times(21);
        Outcome outcome = Simulation.run(scenario, times);
        double fast = 0;
        for (int server = 1; server <= 10; server++) {
            fast = Math.max(fast, times.at(server) / scenario.ideal(server));
        }
        assertTrue(fast < 1.30, "the fast half took " + fast + "; " + outcome);
        assertTrue(outcome.everyoneFinished(), outcome.toString());
    }

    @ParameterizedTest
    @EnumSource(
            value = Conduct.class,
            names = {"MUTE", "TARDY", "BOASTER", "FORGER", "GONE"})
    void oneBadNodeCostsTheOthersLittle(Conduct conduct) {
        Scenario without = Scenario.equal(40, 1000, PIECE, LINK, 1);
        double expected = Simulation.run(without).slowest() * without.ideal(1);
        for (long from = 0; from <= 4; from += 2) {
            Scenario scenario = without.plus(ServerModel.empty(LINK).turning(conduct, Duration.ofSeconds(from)));
            Times times = new Times(42);
            Outcome outcome = Simulation.run(scenario, times);
            double last = times.lastBut(41);
            assertTrue(outcome.everyoneFinished(), outcome.toString());
            assertTrue(last < 1.05 * expected, last + " s instead of " + expected + " s, from " + from + " s on");
            assertTrue(outcome.waste() < 0.01, outcome.waste() + " wasted");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Conduct.class,
            names = {"MUTE", "TARDY", "BOASTER", "GONE"})
    void oneBadNodeCostsASmallFleetLittleWithLargePieces(Conduct conduct) {
        Rate link = new Rate(1_000_000_000);
        Scenario without = Scenario.equal(8, 2861, 1 << 20, link, 1);
        double expected = Simulation.run(without).slowest() * without.ideal(1);
        for (long from : new long[] {0, 8_000, 23_500}) {
            Times times = new Times(10);
            Simulation.run(without.plus(ServerModel.empty(link).turning(conduct, Duration.ofMillis(from))), times);
            double last = times.lastBut(9);
            assertTrue(last < 1.05 * expected, last + " s instead of " + expected + " s, from " + from + " ms on");
        }
    }

    @Test
    void aTenthOfTheFleetOnTenTimesSlowerLinksDelaysTheOthersLittle() {
        Scenario equal = Scenario.equal(100, 1000, PIECE, LINK, 1);
        Scenario mixed = equal;
        for (int server = 5; server <= 100; server += 10) {
            mixed = mixed.with(server, ServerModel.empty(new Rate(LINK.bitsPerSecond() / 10)));
        }
        Times without = new Times(101);
        Simulation.run(equal, without);
        Times with = new Times(101);
        assertTrue(Simulation.run(mixed, with).everyoneFinished());
        double expected = 0;
        double last = 0;
        for (int server = 1; server <= 100; server++) {
            expected = Math.max(expected, without.at(server));
            last = Math.max(last, server % 10 == 5 ? 0 : with.at(server));
        }
        assertTrue(last < 1.03 * expected, last + " s instead of " + expected + " s");
    }

    @Test
    void nodesWithFewNeighboursEndWithTheOthers() {
        Outcome outcome = Simulation.run(Scenario.equal(300, 1500, PIECE, LINK, 1));
        assertTrue(outcome.slowest() < outcome.ratio(0.5) + 0.02, outcome.toString());
    }

    @Test
    void aTenthOfTheFleetMayGoAtOnce() {
        Scenario scenario = Scenario.equal(50, 400, PIECE, LINK, 1);
        for (int server = 46; server <= 50; server++) {
            scenario = scenario.with(server, ServerModel.empty(LINK).turning(Conduct.GONE, Duration.ofSeconds(2)));
        }
        Outcome outcome = Simulation.run(scenario);
        assertTrue(outcome.slowest() < 1.25, outcome.toString());
    }

    @Test
    void whoSendsWrongContentIsCutOffByEveryoneItSentTo() {
        Scenario scenario = Scenario.equal(10, 200, PIECE, LINK, 1)
                .plus(ServerModel.empty(LINK).turning(Conduct.FORGER, Duration.ZERO));
        BitSet droppers = new BitSet();
        Simulation.run(scenario, new Watcher() {
            @Override
            public void drops(int server, int other, String reason, long now) {
                assertEquals(11, other, reason);
                assertFalse(droppers.get(server), "dropped twice");
                droppers.set(server);
            }
        });
        assertTrue(droppers.cardinality() > 0);
    }

    @Test
    void theFleetFinishesWithoutItsSeedOnceEveryPieceIsOut() {
        FromSeed log = new FromSeed(200);
        Simulation.run(Scenario.equal(10, 200, PIECE, LINK, 1), log);
        Duration gone = Duration.ofNanos(log.lastNew).plusMillis(300); // the last piece's way, among others
        Scenario scenario = Scenario.equal(10, 200, PIECE, LINK, 1)
                .with(0, ServerModel.full(LINK).turning(Conduct.GONE, gone));
        Outcome outcome = Simulation.run(scenario);
        assertTrue(outcome.slowest() < 1.3, outcome.toString());
    }

    @Test
    void aLateJoinerFinishes() {
        Scenario scenario = Scenario.equal(20, 400, PIECE, LINK, 1)
                .plus(ServerModel.empty(LINK).joining(Duration.ofSeconds(3)))
                .plus(ServerModel.empty(LINK).joining(Duration.ofSeconds(30)));
        Outcome outcome = Simulation.run(scenario);
        assertTrue(outcome.slowest() < 1.15, outcome.toString());
    }

    @Test
    void nodesThatBootOneAfterTheOtherFinish() {
        Scenario scenario = Scenario.equal(0, 400, PIECE, LINK, 1);
        for (int server = 0; server < 30; server++) {
            scenario = scenario.plus(ServerModel.empty(LINK).joining(Duration.ofMillis(1 + server * 100L)));
        }
        Outcome outcome = Simulation.run(scenario);
        assertTrue(outcome.slowest() < 1.25, outcome.toString());
    }

    @Test
    void anOriginSlowerThanTheLanIsThePace() {
        Rate origin = new Rate(50_000_000);
        Scenario scenario = Scenario.equal(8, 1024, PIECE, new Rate(200_000_000), 1)
                .with(0, ServerModel.fetching(new Rate(200_000_000), origin))
                .inBlobs(256);
        Outcome outcome = Simulation.run(scenario);
        assertTrue(outcome.slowest() < 1.03, outcome.toString());
        assertTrue(outcome.waste() < 0.01, outcome.toString());
    }

    @Test
    void twoSeedsThatOwnHalvesShareTheFetching() {
        Rate origin = new Rate(50_000_000);
        Scenario scenario = Scenario.equal(8, 1024, PIECE, new Rate(200_000_000), 1)
                .with(0, ServerModel.fetching(new Rate(200_000_000), origin))
                .with(1, ServerModel.fetching(new Rate(200_000_000), origin))
                .inBlobs(16);
        Outcome outcome = Simulation.run(scenario);
        assertTrue(outcome.everyoneFinished(), outcome.toString());
        assertTrue(outcome.slowest() < 1.30, outcome.toString());
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 6, 10, 15, 20, 40})
    void seedsThatHoldTheSameDoNotWaitForEachOther(int servers) {
        Scenario scenario = Scenario.equal(servers, 400, PIECE, LINK, 1).with(1, ServerModel.full(LINK));
        Outcome outcome = Simulation.run(scenario);
        assertTrue(outcome.slowest() < 1.08, outcome.toString());
    }

    @Test
    void largePiecesOnSlowLinksAreAskedForOnce() {
        Outcome outcome = Simulation.run(Scenario.equal(30, 1200, 2 << 20, new Rate(25_000_000), 1));
        assertTrue(outcome.slowest() < 1.05, outcome.toString());
        assertTrue(outcome.waste() < 0.001, outcome.toString());
        assertTrue(outcome.duplicates() < 60, outcome.toString());
    }

    @Test
    void aSeedThatIsLostLeavesItsBlobsToTheOther() {
        Rate origin = new Rate(50_000_000);
        Scenario scenario = Scenario.equal(8, 400, PIECE, new Rate(200_000_000), 1)
                .with(0, ServerModel.fetching(new Rate(200_000_000), origin))
                .with(
                        1,
                        ServerModel.fetching(new Rate(200_000_000), origin)
                                .turning(Conduct.GONE, Duration.ofSeconds(2)))
                .inBlobs(16);
        Outcome outcome = Simulation.run(scenario);
        assertTrue(outcome.everyoneFinished(), outcome.toString());
    }

    /** Any mixture of links, misbehaviour and times has to come to an end: no node may wait for ever. */
    @Test
    void everyScenarioComesToAnEnd() {
        for (long seed = 0; seed < 60; seed++) {
            Scenario scenario = random(seed);
            Outcome outcome = Simulation.run(scenario);
            assertTrue(outcome.everyoneFinished(), "seed " + seed + ": " + outcome + " of " + scenario.servers());
        }
    }

    private static Scenario random(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int servers = 1 + random.nextInt(40);
        int pieces = 1 + random.nextInt(120);
        Scenario scenario = Scenario.equal(servers, pieces, PIECE, LINK, seed);
        if (random.nextInt(3) == 0) {
            scenario = scenario.with(0, ServerModel.fetching(LINK, new Rate(40_000_000)))
                    .inBlobs(1 + random.nextInt(20));
        }
        for (int server = 1; server <= servers; server++) {
            ServerModel model = ServerModel.empty(new Rate(10_000_000L + random.nextLong(200_000_000)));
            if (random.nextInt(4) == 0) {
                model = model.joining(Duration.ofMillis(1 + random.nextInt(3000)));
            } else if (random.nextInt(4) == 0) {
                Conduct conduct = BAD.get(random.nextInt(BAD.size()));
                model = model.turning(conduct, Duration.ofMillis(random.nextInt(3000)));
            }
            scenario = scenario.with(server, model);
        }
        return scenario;
    }

    /** What the first server sends, which is the seed. */
    private static final class FromSeed implements Watcher {
        final BitSet sentOnce = new BitSet();
        final int pieces;
        int early;
        long lastNew;

        FromSeed(int pieces) {
            this.pieces = pieces;
        }

        @Override
        public void sends(int from, int to, int piece, long now) {
            if (from != 0) {
                return;
            }
            if (sentOnce.get(piece)) {
                early += sentOnce.cardinality() < pieces ? 1 : 0;
            } else {
                sentOnce.set(piece);
                lastNew = now;
            }
        }
    }

    /** When each server finished, in seconds. */
    private static final class Times implements Watcher {
        private final double[] finished;

        Times(int servers) {
            finished = new double[servers];
            Arrays.fill(finished, Double.POSITIVE_INFINITY);
            finished[0] = 0; // the seed
        }

        @Override
        public void finished(int server, long now) {
            finished[server] = now / 1e9;
        }

        double at(int server) {
            return finished[server];
        }

        double lastBut(int other) {
            double last = 0;
            for (int server = 0; server < finished.length; server++) {
                last = Math.max(last, server == other ? 0 : finished[server]);
            }
            return last;
        }
    }
}
