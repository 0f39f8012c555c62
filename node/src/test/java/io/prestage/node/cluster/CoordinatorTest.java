package io.prestage.node.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.cluster.Progress.Phase;
import io.prestage.node.swarm.Ownership;
import io.prestage.protocol.Digest;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.PieceSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class CoordinatorTest {
    private static final int BLOBS = 30;
    private static final int PIECES = 16;
    private static final NodeId SEED_A = new NodeId(7, 1);
    private static final NodeId SEED_B = new NodeId(7, 2);
    private static final NodeId SEED_C = new NodeId(7, 3);
    private static final NodeId NODE = new NodeId(7, 4);

    private long now;
    private final Coordinator coordinator = new Coordinator(() -> now);

    @Test
    void theFirstPlanWinsAndAnotherIsRefused() {
        assertTrue(coordinator.offered(offer(1), false));
        long version = coordinator.state().version();
        assertFalse(coordinator.offered(offer(2), false));
        assertFalse(coordinator.offered(offer(1), true), "it is the plan already");
        assertEquals(offer(1), coordinator.state().plan().orElseThrow());
        assertEquals(version, coordinator.state().version());
    }

    @Test
    void aReplacementCountsGenerationsAndListsWhatItReplaced() {
        coordinator.offered(offer(1), false);
        assertTrue(coordinator.offered(offer(2), true));
        assertTrue(coordinator.offered(offer(3), true));
        PlanOffer third = coordinator.state().plan().orElseThrow();
        assertEquals(3, third.generation());
        assertEquals(List.of(digest(1), digest(2)), third.replaced());
        assertTrue(coordinator.offered(offer(1), true), "the first may come back");
        PlanOffer fourth = coordinator.state().plan().orElseThrow();
        assertEquals(4, fourth.generation());
        assertEquals(List.of(digest(2), digest(3)), fourth.replaced());
    }

    @Test
    void ownersStickAndOnlyTheBlobsOfWhoLeftMove() {
        present(seed(SEED_A), seed(SEED_B));
        coordinator.offered(offer(1), false);
        Ownership first = coordinator.state().ownership();
        assertTrue(owned(first, SEED_A) > 0 && owned(first, SEED_B) > 0);

        present(seed(SEED_A), seed(SEED_B), seed(SEED_C));
        assertEquals(first, coordinator.state().ownership(), "who joins takes nothing over");

        coordinator.viewed(List.of(SEED_B, SEED_C));
        Ownership then = coordinator.state().ownership();
        assertEquals(0, owned(then, SEED_A));
        for (int blob = 0; blob < BLOBS; blob++) {
            if (first.owns(SEED_B, blob)) {
                assertTrue(then.owns(SEED_B, blob), "blob " + blob + " moved for nothing");
            }
        }
        assertEquals(BLOBS, owned(then, SEED_B) + owned(then, SEED_C));
    }

    @Test
    void aSeedThatWithdrawsHandsItsBlobsOver() {
        present(seed(SEED_A), seed(SEED_B));
        coordinator.offered(offer(1), false);
        assertTrue(coordinator.reported(report(seed(SEED_A).withdrawn("no route"), filling(), 0)));
        assertEquals(BLOBS, owned(coordinator.state().ownership(), SEED_B));
        assertTrue(coordinator.reported(report(seed(SEED_B).withdrawn("refused"), filling(), 0)));
        assertTrue(coordinator.state().ownership().owners().stream().allMatch(Optional::isEmpty));
    }

    @Test
    void thoseThatAreNoSeedsOwnNothing() {
        present(node(NODE));
        coordinator.offered(offer(1), false);
        assertTrue(coordinator.state().ownership().owners().stream().allMatch(Optional::isEmpty));
        present(node(NODE), seed(SEED_A));
        assertEquals(BLOBS, owned(coordinator.state().ownership(), SEED_A));
    }

    @Test
    void reportsOfThoseThatAreNotMembersChangeNothing() {
        coordinator.viewed(List.of(SEED_A));
        assertFalse(coordinator.reported(report(node(NODE), filling(), 0)));
        assertEquals(List.of(), coordinator.servers());
    }

    @Test
    void aReportThatSaysNothingNewChangesNothing() {
        present(seed(SEED_A));
        coordinator.offered(offer(1), false);
        assertFalse(coordinator.reported(report(seed(SEED_A), filling(), 3)));
        assertFalse(coordinator.reported(report(seed(SEED_A), filling(), 4)));
    }

    @Test
    void aNewCoordinatorGoesOnFromWhatWasPublished() {
        present(seed(SEED_A), seed(SEED_B), node(NODE));
        coordinator.offered(offer(1), false);
        coordinator.offered(offer(2), true);
        ClusterState published = coordinator.state();

        Coordinator next = new Coordinator(() -> 0);
        next.viewed(List.of(SEED_A, SEED_B, NODE));
        next.published(published);
        next.published(coordinator.servers(), 0);
        next.viewed(List.of(SEED_B, NODE));
        for (Member member : List.of(seed(SEED_B), node(NODE))) {
            next.reported(report(member, filling(), 0));
        }
        assertEquals(published.plan(), next.state().plan());
        for (int blob = 0; blob < BLOBS; blob++) {
            assertTrue(next.state().ownership().owns(SEED_B, blob));
        }
        assertTrue(next.state().version() > published.version());
        assertEquals(3, next.servers().size(), "who left is still counted");
    }

    @Test
    void aCoordinatorThatKnowsNoPlanLearnsItFromReports() {
        coordinator.viewed(List.of(NODE));
        Report report = new Report(node(NODE), filling(), Optional.of(offer(1)), new byte[2], List.of());
        assertTrue(coordinator.reported(report));
        assertEquals(Optional.of(offer(1)), coordinator.state().plan());
    }

    @Test
    void aNewerGenerationThatAMemberKnowsIsAdoptedAndAnOlderIsNot() {
        coordinator.viewed(List.of(NODE));
        coordinator.offered(offer(1), false);
        PlanOffer newer = new PlanOffer(digest(2), BLOBS, "two", 2, List.of(digest(1)));
        assertTrue(coordinator.reported(new Report(node(NODE), filling(), Optional.of(newer), new byte[2], List.of())));
        assertEquals(Optional.of(newer), coordinator.state().plan());
        coordinator.reported(new Report(node(NODE), filling(), Optional.of(offer(1)), new byte[2], List.of()));
        assertEquals(Optional.of(newer), coordinator.state().plan());
    }

    @Test
    void aServerIsSafeOnlyOnceItIsCompleteAndNobodyNeedsWhatItAloneHolds() {
        coordinator.viewed(List.of(SEED_A, NODE));
        coordinator.offered(offer(1), false);
        coordinator.reported(report(seed(SEED_A), complete(), PIECES));
        coordinator.reported(report(node(NODE), filling(), 10));
        coordinator.judge();
        assertFalse(server(SEED_A).safeToPowerOff());
        assertEquals(PIECES - 10, server(SEED_A).soleHolderOf());
        assertFalse(server(NODE).safeToPowerOff(), "it is not complete");

        coordinator.reported(report(node(NODE), complete(), PIECES));
        coordinator.judge();
        assertTrue(server(SEED_A).safeToPowerOff());
        assertTrue(server(NODE).safeToPowerOff());
        assertEquals(0, server(SEED_A).soleHolderOf());
    }

    @Test
    void whoIsSafeStopsBeingSoWhenItIsCompleteNoMore() {
        coordinator.viewed(List.of(NODE));
        coordinator.offered(offer(1), false);
        coordinator.reported(report(node(NODE), complete(), PIECES));
        coordinator.judge();
        assertTrue(server(NODE).safeToPowerOff());
        coordinator.reported(report(node(NODE), filling(), 3));
        assertFalse(server(NODE).safeToPowerOff());
    }

    /** A server that holds everything must not be called safe because a report has not come yet. */
    @Test
    void nobodyIsSafeWhileAMemberHasNotReported() {
        coordinator.viewed(List.of(SEED_A, NODE));
        coordinator.offered(offer(1), false);
        coordinator.reported(report(seed(SEED_A), complete(), PIECES));
        coordinator.judge();
        assertFalse(server(SEED_A).safeToPowerOff(), "the other member may need anything");
    }

    @Test
    void aCompleteServerOfAFormerPlanIsNotSafe() {
        coordinator.viewed(List.of(NODE));
        coordinator.offered(offer(1), false);
        coordinator.reported(report(node(NODE), complete(), PIECES));
        coordinator.judge();
        coordinator.offered(offer(2), true);
        coordinator.judge();
        assertFalse(server(NODE).safeToPowerOff(), "it holds nothing of the new plan");
    }

    @Test
    void malformedHoldingsAreIgnored() {
        coordinator.viewed(List.of(SEED_A, NODE));
        coordinator.offered(offer(1), false);
        coordinator.reported(report(seed(SEED_A), complete(), PIECES));
        coordinator.reported(new Report(node(NODE), filling(), Optional.of(offer(1)), new byte[1000], List.of()));
        coordinator.judge();
        assertFalse(server(SEED_A).safeToPowerOff());
    }

    @Test
    void whoLeftStaysCountedUntilTheSameServerComesBack() {
        present(seed(SEED_A), node(NODE));
        coordinator.viewed(List.of(SEED_A));
        assertFalse(server(NODE).present());
        assertEquals(2, coordinator.servers().size());
        assertEquals(SEED_A, coordinator.servers().get(0).member().id(), "who is here comes first");

        NodeId again = new NodeId(9, 9);
        coordinator.viewed(List.of(SEED_A, again));
        Member restarted = new Member(again, node(NODE).name(), "10.0.0.9", 1, 2, false, "");
        coordinator.reported(report(restarted, filling(), 0));
        assertEquals(2, coordinator.servers().size());
        assertTrue(server(again).present());
    }

    /** Of a large fleet, a member hears of each server every few seconds only. */
    @Test
    void theTimeLeftPassesWhileNothingIsHeard() {
        coordinator.viewed(List.of(SEED_A, NODE));
        coordinator.offered(offer(1), false);
        for (int second = 0; second <= 9; second++) {
            now = TimeUnit.SECONDS.toNanos(second);
            coordinator.reported(report(node(NODE), filling(100_000, 2_000L * second), 0));
            coordinator.reported(report(seed(SEED_A), filling(100_000, 2_500L * second), 0));
        }
        coordinator.judge();
        now += TimeUnit.SECONDS.toNanos(2);
        assertEquals(Optional.of(39_000L), server(NODE).millisLeft());
        coordinator.reported(report(seed(SEED_A), filling(100_000, 30_000), 0));
        assertEquals(Optional.of(29_000L), server(SEED_A).millisLeft(), "before it is judged again");
        List<ServerStatus> told = coordinator.servers();

        now += TimeUnit.SECONDS.toNanos(1);
        Coordinator member = new Coordinator(() -> now);
        member.viewed(List.of(SEED_A, NODE));
        member.published(told, now);
        now += TimeUnit.SECONDS.toNanos(5);
        assertEquals(
                List.of(Optional.of(34_000L), Optional.of(24_000L)),
                member.servers().stream().map(ServerStatus::millisLeft).toList());
        now += TimeUnit.SECONDS.toNanos(60);
        assertEquals(
                List.of(Optional.of(0L), Optional.of(0L)),
                member.servers().stream().map(ServerStatus::millisLeft).toList());
    }

    /** A crashed server may be back before its former run is missed. */
    @Test
    void aFormerRunThatLeavesAfterItsServerCameBackIsForgotten() {
        NodeId again = new NodeId(9, 9);
        Member restarted = new Member(again, node(NODE).name(), "10.0.0.9", 1, 2, false, "");
        present(seed(SEED_A), node(NODE));
        coordinator.viewed(List.of(SEED_A, NODE, again));
        coordinator.reported(report(restarted, filling(), 0));
        coordinator.viewed(List.of(SEED_A, again));
        assertEquals(2, coordinator.servers().size());
        assertTrue(server(again).present());
    }

    @Test
    void whoCameBackUnderTheSameIdIsPresentOnceItReports() {
        present(seed(SEED_A), node(NODE));
        coordinator.viewed(List.of(SEED_A));
        coordinator.viewed(List.of(SEED_A, NODE));
        coordinator.reported(report(node(NODE), filling(), 0));
        assertTrue(server(NODE).present());
        assertEquals(2, coordinator.state().members().size());
    }

    private void present(Member... members) {
        List<NodeId> ids = new ArrayList<>();
        for (Member member : members) {
            ids.add(member.id());
        }
        coordinator.viewed(ids);
        for (Member member : members) {
            coordinator.reported(report(member, filling(), 0));
        }
    }

    private ServerStatus server(NodeId id) {
        return coordinator.servers().stream()
                .filter(server -> server.member().id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private Report report(Member member, Progress progress, int pieces) {
        PieceSet held = new PieceSet(PIECES);
        for (int piece = 0; piece < pieces; piece++) {
            held.add(piece);
        }
        return new Report(member, progress, coordinator.state().plan(), held.toBytes(), List.of());
    }

    private static long owned(Ownership ownership, NodeId seed) {
        return ownership.owners().stream().filter(Optional.of(seed)::equals).count();
    }

    private static Member seed(NodeId id) {
        return new Member(id, "seed-" + id.low(), "10.0.0." + id.low(), 7850, 8080, true, "");
    }

    private static Member node(NodeId id) {
        return new Member(id, "node-" + id.low(), "10.0.0." + id.low(), 7850, 8080, false, "");
    }

    private static Progress filling() {
        return filling(16, 1);
    }

    private static Progress filling(long plan, long verified) {
        return new Progress(Phase.FILLING, plan, verified, BLOBS, 0, 0, 0, 0, 0, 0, 0, 0, "");
    }

    private static Progress complete() {
        return new Progress(Phase.COMPLETE, 16, 16, BLOBS, BLOBS, 0, 0, 0, 0, 0, 0, 0, "");
    }

    private static PlanOffer offer(int number) {
        return new PlanOffer(digest(number), BLOBS, "request " + number, 1, List.of());
    }

    private static Digest digest(int number) {
        return Digest.of(new byte[] {(byte) number});
    }
}
