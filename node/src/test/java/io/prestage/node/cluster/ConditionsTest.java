package io.prestage.node.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.cluster.Conditions.Chances;
import io.prestage.node.cluster.Progress.Phase;
import io.prestage.protocol.NodeId;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ConditionsTest {
    private static final NodeId ID = new NodeId(1, 2);
    private static final long PLAN = 1_000_000_000;
    private static final Chances PEERS_HAVE_MORE = new Chances(true, true, 20e6);
    private static final Chances PEERS_HAVE_NO_MORE = new Chances(true, false, 20e6);

    private final Conditions conditions = new Conditions();

    @Test
    void whoGetsOnFills() {
        for (int second = 0; second <= 60; second++) {
            report(filling(second * 10_000_000L), second);
            assertEquals(ServerState.FILLING, state(second, PEERS_HAVE_MORE));
        }
    }

    @Test
    void whoGetsNothingThoughOthersHoldMoreIsStalledWithinTenSeconds() {
        report(filling(1), 0);
        report(filling(20_000_000), 1);
        for (int second = 2; second < 9; second++) {
            report(filling(20_000_000), second);
            assertEquals(ServerState.FILLING, state(second, PEERS_HAVE_MORE), "at second " + second);
        }
        report(filling(20_000_000), 10);
        Condition stalled = condition(10, PEERS_HAVE_MORE);
        assertEquals(ServerState.STALLED, stalled.state());
        assertTrue(stalled.reason().contains("9 s"), stalled::reason);
        assertEquals(Optional.empty(), stalled.millisLeft());
        report(filling(30_000_000), 11);
        assertEquals(ServerState.FILLING, state(11, PEERS_HAVE_MORE), "it got on again");
    }

    @Test
    void whoHoldsAllThatThereIsWaits() {
        report(filling(1), 0);
        for (int second = 1; second <= 20; second++) {
            report(filling(1), second);
        }
        Condition waiting = condition(20, PEERS_HAVE_NO_MORE);
        assertEquals(ServerState.WAITING, waiting.state());
        assertTrue(waiting.reason().contains("waits for a seed"), waiting::reason);
    }

    @Test
    void aSeedWithoutItsOriginIsStalledAndSaysWhy() {
        Progress stuck =
                new Progress(Phase.FILLING, PLAN, 1, 2, 0, 0, 0, 0, 0, 0, 3, 20_000, "the registry does not answer");
        for (int second = 0; second <= 20; second++) {
            report(stuck, second);
        }
        Condition stalled = conditions.of(server(stuck, true, true), PEERS_HAVE_NO_MORE, at(20));
        assertEquals(ServerState.STALLED, stalled.state());
        assertEquals("the registry does not answer", stalled.reason());
    }

    @Test
    void whoIsNotHeardOfIsStalled() {
        report(filling(1_000), 0);
        assertEquals(ServerState.FILLING, state(7, PEERS_HAVE_MORE), "two reports may be late");
        Condition silent = condition(8, PEERS_HAVE_MORE);
        assertEquals(ServerState.STALLED, silent.state());
        assertTrue(silent.reason().startsWith("nothing was heard of it for 8 s"), silent::reason);
    }

    @Test
    void whoCrawlsIsStalled() {
        for (int second = 0; second <= 12; second++) {
            report(filling(second * 100_000L), second); // a two hundredth of what the median server has
        }
        Condition crawling = condition(12, PEERS_HAVE_MORE);
        assertEquals(ServerState.STALLED, crawling.state());
        assertTrue(crawling.reason().startsWith("it receives 97.7 KiB/s"), crawling::reason);
        assertEquals(ServerState.FILLING, state(12, PEERS_HAVE_NO_MORE), "the whole fleet waits for the origin");
    }

    @Test
    void whoLeftUnfinishedIsStalledAndWhoLeftCompleteIsComplete() {
        Progress half = filling(PLAN / 2);
        Condition gone = conditions.of(server(half, false, false), PEERS_HAVE_MORE, at(0));
        assertEquals(ServerState.STALLED, gone.state());
        assertTrue(gone.reason().startsWith("it left the cluster 50% full"), gone::reason);
        assertEquals(
                ServerState.COMPLETE,
                conditions
                        .of(server(complete(), false, false), PEERS_HAVE_MORE, at(0))
                        .state());
    }

    @Test
    void whoFailedSaysWhy() {
        Progress failed = new Progress(Phase.FAILED, PLAN, 5, 2, 0, 0, 0, 0, 0, 0, 0, 0, "/mnt is full");
        report(failed, 0);
        Condition condition = conditions.of(server(failed, true, false), PEERS_HAVE_MORE, at(0));
        assertEquals(Condition.of(ServerState.FAILED, "/mnt is full"), condition);
    }

    @Test
    void waitingForASeedIsNoStallHoweverLongAndMissingThePlanIs() {
        Progress none = Progress.NONE;
        for (int second = 0; second < 3600; second += 1) {
            report(none, second);
        }
        Condition idle = conditions.of(server(none, true, false), new Chances(false, false, 0), at(3600));
        assertEquals(ServerState.WAITING, idle.state());
        conditions.planned(at(3600));
        report(none, 3602);
        assertEquals(ServerState.WAITING, state(none, 3602));
        report(none, 3610);
        assertEquals(ServerState.STALLED, state(none, 3610));
    }

    @Test
    void whoJoinsLongAfterThePlanHasTheTimeToFetchIt() {
        conditions.planned(at(0));
        report(Progress.NONE, 1000);
        assertEquals(ServerState.WAITING, state(Progress.NONE, 1000));
        report(Progress.NONE, 1007);
        assertEquals(ServerState.WAITING, state(Progress.NONE, 1007));
        report(Progress.NONE, 1008);
        assertEquals(ServerState.STALLED, state(Progress.NONE, 1008));
    }

    @Test
    void aHundredPercentThatIsBeingFlushedIsNoStall() {
        for (int second = 0; second <= 30; second++) {
            report(filling(PLAN), second);
        }
        assertEquals(ServerState.FILLING, state(30, PEERS_HAVE_MORE));
    }

    /** From a third of the way on, whatever the pace, as long as it keeps to it with bursts as pieces make them. */
    @Property
    void theEstimateIsWithinAFifthFromAThirdOn(
            @ForAll @IntRange(min = 20, max = 3000) int seconds, @ForAll @LongRange(min = 1) long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        FillHistory history = new FillHistory(0, 0);
        long total = 10_000_000_000L;
        double filled = 0;
        double mean = 1.0 * total / seconds;
        for (int second = 1; second < seconds; second++) {
            filled = Math.min(total - 1.0, filled + mean * (0.8 + 0.4 * random.nextDouble()));
            history.filled((long) filled, at(second));
            double left = (total - filled) / mean;
            if (filled > total / 3.0 && left > 2.0) {
                double told = history.nanosLeft(total).orElseThrow() / 1e9;
                assertEquals(left, told, Math.max(1.0, 0.2 * left), "at second " + second + " of " + seconds);
            }
        }
    }

    /** Whatever lies between two reports. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aSlowStartIsForgottenFromAThirdOn(int seconds) {
        FillHistory history = new FillHistory(0, 0);
        for (int second = 0; second < 60; second += seconds) {
            long filled = second * 1_000_000L + Math.max(0, second - 10) * 19_000_000L;
            history.filled(filled, at(second));
            if (filled >= PLAN / 3) {
                double told = history.nanosLeft(PLAN).orElseThrow() / 1e9;
                double left = (PLAN - filled) / 20e6;
                assertEquals(left, told, 0.05 * left, "at second " + second);
            }
        }
    }

    @Test
    void aPaceThatFellIsForgottenOnceItIsLongAgo() {
        FillHistory history = new FillHistory(0, 0);
        long filled = 0;
        for (int second = 1; second <= 300; second++) {
            filled += second <= 10 ? 20_000_000 : 1_000_000;
            history.filled(filled, at(second));
        }
        double told = history.nanosLeft(PLAN).orElseThrow() / 1e9;
        assertEquals((PLAN - filled) / 1e6, told, 1.0);
    }

    @Test
    void theLatestReportCountsHoweverSoonItComes() {
        FillHistory history = new FillHistory(0, 0);
        for (int milli = 0; milli <= 10_000; milli += 100) {
            history.filled(milli * 10_000L, TimeUnit.MILLISECONDS.toNanos(milli));
            assertEquals(milli * 10_000L, history.verified());
        }
        assertEquals(90.0, history.nanosLeft(PLAN).orElseThrow() / 1e9, 0.1);
    }

    @Test
    void thereIsNoEstimateWithoutAPace() {
        FillHistory history = new FillHistory(7, 0);
        assertEquals(Optional.empty(), history.nanosLeft(100));
        history.filled(7, at(5));
        assertEquals(Optional.empty(), history.nanosLeft(100));
    }

    private void report(Progress progress, int second) {
        conditions.reported(ID, progress, at(second));
    }

    private ServerState state(int second, Chances chances) {
        return condition(second, chances).state();
    }

    private ServerState state(Progress progress, int second) {
        return conditions
                .of(server(progress, true, false), PEERS_HAVE_MORE, at(second))
                .state();
    }

    private Condition condition(int second, Chances chances) {
        Progress progress = new Progress(Phase.FILLING, PLAN, filled, 2, 0, 0, 0, 0, 0, 0, 3, second * 1000L, "");
        return conditions.of(server(progress, true, false), chances, at(second));
    }

    private long filled;

    private Progress filling(long verified) {
        filled = verified;
        return new Progress(Phase.FILLING, PLAN, verified, 2, 0, 0, 0, 0, 0, 0, 3, 1000, "");
    }

    private static Progress complete() {
        return new Progress(Phase.COMPLETE, PLAN, PLAN, 2, 2, 0, 0, 0, 0, 0, 3, 1000, "");
    }

    private static ServerStatus server(Progress progress, boolean present, boolean seed) {
        Member member = new Member(ID, "h5", "10.0.0.5", 7850, 8080, seed, "");
        ServerStatus server = ServerStatus.of(member, progress, List.of());
        return present ? server : server.gone();
    }

    private static long at(int second) {
        return TimeUnit.SECONDS.toNanos(second);
    }
}
