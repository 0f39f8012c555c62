package io.prestage.node.swarm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.Message.Held;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.Pieces;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What one node decides, event by event; whole fleets are in the simulation's tests. */
final class SwarmTest {
    private static final NodeId ANNA = new NodeId(0, 1);
    private static final NodeId BERT = new NodeId(0, 2);
    private static final NodeId CLEO = new NodeId(0, 3);
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final List<String> said = new ArrayList<>();
    private final Swarm swarm =
            new Swarm(new Pieces(4, List.of(40L)), SwarmRules.DEFAULT, new SplittableRandom(1), new Recorder());

    @Test
    void asksForWhatIsAnnounced() {
        swarm.joined(ANNA, 0);
        swarm.announced(ANNA, held(3), 0);
        assertEquals(List.of("request 1 3"), taken());
    }

    @Test
    void aPieceThatWasVerifiedIsAnnouncedToEveryoneOnce() {
        swarm.joined(ANNA, 0);
        swarm.joined(BERT, 0);
        swarm.announced(ANNA, held(3), 0);
        taken();
        assertTrue(swarm.arrived(ANNA, 3, 1));
        swarm.verified(3, 2);
        assertEquals(List.of("announce 1 3", "announce 2 3"), taken());
    }

    @Test
    void whoHoldsAPieceAlreadyIsToldOfItAtLeisureButForItsSender() {
        swarm.joined(ANNA, 0);
        swarm.joined(BERT, 0);
        swarm.joined(CLEO, 0);
        swarm.announced(ANNA, held(3), 0);
        swarm.announced(BERT, held(3), 0);
        taken();
        swarm.arrived(ANNA, 3, 1);
        swarm.verified(3, 2);
        assertEquals(List.of("announce 1 3", "announce 3 3", "mention 2 3"), taken());
    }

    @Test
    void whoSendsWhatDoesNotMatchIsDroppedAndThePieceAskedElsewhere() {
        swarm.joined(ANNA, 0);
        swarm.announced(ANNA, held(3), 0);
        swarm.joined(BERT, 0);
        swarm.announced(BERT, held(3), 0);
        swarm.arrived(ANNA, 3, 1);
        taken();
        swarm.refused(ANNA, 3, 2);
        swarm.left(ANNA, 3);
        assertTrue(taken().contains("request 2 3"));
    }

    @Test
    void aLateRequestIsTakenBackAndMadeElsewhere() {
        swarm.joined(ANNA, 0);
        swarm.announced(ANNA, held(3), 0);
        taken();
        swarm.joined(BERT, 0);
        swarm.tick(5 * SECOND);
        assertEquals(List.of("cancel 1 3"), taken());
        swarm.announced(BERT, held(3), 5 * SECOND);
        assertEquals(List.of("request 2 3"), taken());
        assertTrue(swarm.arrived(ANNA, 3, 6 * SECOND), "what comes late after all is welcome");
        assertEquals(List.of("cancel 2 3"), taken());
    }

    @Test
    void whatWasTakenBackIsNotAskedOfTheSameUntilThatHasAnswered() {
        swarm.joined(ANNA, 0);
        swarm.announced(ANNA, held(3), 0);
        swarm.tick(5 * SECOND);
        assertEquals(List.of("request 1 3", "cancel 1 3"), taken());
        swarm.tick(100 * SECOND);
        assertEquals(List.of(), taken(), "it may still come");
        swarm.rejected(ANNA, 3, 101 * SECOND);
        swarm.tick(102 * SECOND);
        assertEquals(List.of("request 1 3"), taken(), "it was not sent because it was taken back");
        swarm.rejected(ANNA, 3, 103 * SECOND);
        swarm.tick(200 * SECOND);
        assertEquals(List.of(), taken(), "it is not there");
    }

    @Test
    void whoSendsMuchThatItWasNotAskedForIsDropped() {
        swarm.joined(ANNA, 0);
        swarm.announced(ANNA, held(3), 0);
        taken();
        assertTrue(swarm.arrived(ANNA, 3, 1));
        assertFalse(swarm.arrived(ANNA, 3, 2), "it was asked for once");
        assertFalse(swarm.arrived(ANNA, 4, 2));
        assertEquals(List.of(), taken(), "it may have been on its way while a plan was replaced");
        for (int piece = 0; piece < 100; piece++) {
            swarm.arrived(ANNA, 5, 3);
        }
        assertTrue(taken().get(0).startsWith("drop 1 it sent more than"));
    }

    @Test
    void aShortTailAndWhatCouldNotBeSentSayNothingOfHowFastOthersTake() {
        Pieces whole = new Pieces(1000, List.of(20_000L, 10L));
        Swarm seed = new Swarm(whole, SwarmRules.DEFAULT, new SplittableRandom(1), new Recorder());
        for (int piece = 0; piece < whole.count(); piece++) {
            seed.sourced(piece, 0);
        }
        for (int peer = 1; peer <= 8; peer++) {
            seed.joined(new NodeId(0, peer), 0);
        }
        taken();
        int tail = whole.count() - 1;
        seed.requested(ANNA, tail, 0);
        seed.requested(BERT, 0, 0);
        seed.uploaded(ANNA, 1000); // a microsecond
        seed.unsent(BERT, 2000);
        taken();
        for (int peer = 1; peer <= 8; peer++) {
            seed.requested(new NodeId(0, peer), peer, 3000);
        }
        assertEquals(SwarmRules.DEFAULT.seedStartSlots(), taken().size());
        seed.tick(SECOND);
        assertEquals(List.of(), taken(), "none of them is slow");
    }

    @Test
    void theLastPlacesAreForThoseThatAreBehind() {
        Swarm holder = holderAmong(14);
        for (int ahead = 1; ahead <= 13; ahead++) {
            holder.announced(new NodeId(0, ahead), held(IntStream.range(0, 20).toArray()), 0);
        }
        taken();
        for (int peer = 14; peer >= 1; peer--) {
            holder.requested(new NodeId(0, peer), 50 + peer, 0);
        }
        List<String> sent = taken();
        assertEquals("upload 14 64", sent.get(0), "who asks first is served first");
        assertEquals(SwarmRules.DEFAULT.evenSlots(), sent.size(), "the rest of the places wait for who is behind");
        holder.requested(new NodeId(0, 14), 70, 0);
        holder.uploaded(new NodeId(0, 14), SECOND / 100);
        assertTrue(taken().contains("upload 14 70"), "and are given to it");
    }

    @Test
    void placesWaitForTheNextRequestOfWhoIsBehindAsLongAsAPieceTakes() {
        Swarm holder = holderAmong(14);
        for (int ahead = 1; ahead <= 13; ahead++) {
            holder.announced(new NodeId(0, ahead), held(IntStream.range(0, 20).toArray()), 0);
        }
        long piece = SECOND / 100;
        holder.requested(new NodeId(0, 14), 64, 0);
        holder.uploaded(new NodeId(0, 14), piece);
        taken();
        for (int ahead = 1; ahead <= 13; ahead++) {
            holder.requested(new NodeId(0, ahead), 50 + ahead, piece);
        }
        assertEquals(SwarmRules.DEFAULT.evenSlots(), taken().size());
        holder.tick(2 * piece - 1);
        assertEquals(List.of(), taken());
        holder.tick(2 * piece);
        assertEquals(13 - SwarmRules.DEFAULT.evenSlots(), taken().size(), "it asks for nothing any more");
    }

    @Test
    void nobodyWaitsForWhoIsBehindBecauseItTakesSlowly() {
        Swarm holder = holderAmong(14);
        for (int peer = 1; peer <= 14; peer++) {
            holder.requested(new NodeId(0, peer), peer, 0);
            holder.uploaded(new NodeId(0, peer), peer == 14 ? SECOND : SECOND / 100);
        }
        for (int ahead = 1; ahead <= 13; ahead++) {
            holder.announced(new NodeId(0, ahead), held(IntStream.range(0, 20).toArray()), SECOND);
        }
        taken();
        for (int peer = 14; peer >= 1; peer--) {
            holder.requested(new NodeId(0, peer), 50 + peer, SECOND);
        }
        assertEquals(14, taken().size());
    }

    /** Holds the first hundred pieces of two hundred, and has so many neighbours that hold none. */
    private Swarm holderAmong(int neighbours) {
        Pieces many = new Pieces(1000, List.of(200_000L));
        Swarm holder = new Swarm(many, SwarmRules.DEFAULT, new SplittableRandom(1), new Recorder());
        for (int piece = 0; piece < 100; piece++) {
            holder.recovered(piece);
        }
        for (int peer = 1; peer <= neighbours; peer++) {
            holder.joined(new NodeId(0, peer), 0);
        }
        taken();
        return holder;
    }

    @Test
    void aDeadlineLeavesThisNodesOwnLinkTheTimeForAllThatIsUnderWay() {
        Pieces many = new Pieces(1, List.of(4000L));
        Swarm slow = new Swarm(many, SwarmRules.DEFAULT, new SplittableRandom(1), new Recorder());
        List<NodeId> neighbours = new ArrayList<>();
        for (int peer = 1; peer <= 16; peer++) {
            neighbours.add(new NodeId(0, peer));
            slow.joined(new NodeId(0, peer), 0);
            slow.announced(new NodeId(0, peer), List.of(new Held(peer, 0)), 0);
        }
        taken();
        long now = 0;
        for (int piece = 1; piece <= 16; piece++) { // one after the other, through a link that takes a second for each
            now += SECOND;
            slow.arrived(neighbours.get(piece - 1), piece, now);
        }
        for (int peer = 16; peer >= 1; peer--) {
            slow.announced(neighbours.get(peer - 1), List.of(new Held(100 + peer, 0)), now);
        }
        assertTrue(taken().contains("request 1 101"));
        slow.tick(now + 5 * SECOND); // more than four times what a piece of the first neighbour took
        assertFalse(taken().contains("cancel 1 101"), "fifteen others come through the same link");
    }

    @Test
    void whoWaitsForAPieceThatIsGivenUpIsToldSo() {
        swarm.joined(ANNA, 0);
        swarm.recovered(3);
        swarm.recovered(4);
        swarm.requested(ANNA, 3, 0);
        swarm.requested(ANNA, 4, 0);
        taken();
        swarm.discarded(0);
        assertEquals(List.of("reject 1 4"), taken(), "the other one is on its way");
    }

    @Test
    void aRejectedPieceIsNotAskedOfTheSameAgain() {
        swarm.joined(ANNA, 0);
        swarm.announced(ANNA, held(3), 0);
        taken();
        swarm.rejected(ANNA, 3, 1);
        swarm.tick(2);
        assertEquals(List.of(), taken());
        assertEquals(0, swarm.availability(3));
    }

    @Test
    void sourcedPiecesAreRevealedToOneAndToAnotherOnlyAfterTheDeadline() {
        swarm.joined(ANNA, 0);
        swarm.joined(BERT, 0);
        swarm.sourced(3, 0);
        assertEquals(1, taken().size());
        swarm.tick(2 * SECOND);
        assertEquals(List.of(), taken());
        swarm.tick(5 * SECOND);
        assertEquals(List.of("announce 2 3"), taken());
    }

    @Test
    void aPieceThatOneNeighbourKeepsToItselfIsRevealedToAnother() {
        swarm.joined(ANNA, 0);
        swarm.joined(BERT, 0);
        swarm.joined(CLEO, 0);
        swarm.sourced(3, 0);
        send(ANNA, 3, 0);
        swarm.announced(ANNA, held(3), SECOND);
        assertEquals(List.of("announce 1 3"), taken());
        swarm.tick(4 * SECOND);
        assertEquals(List.of(), taken());
        swarm.tick(6 * SECOND);
        assertEquals(1, taken().size());
    }

    @Test
    void whatANeighbourBringsTooIsLeftToItAndItIsTold() {
        swarm.joined(ANNA, 0);
        swarm.joined(BERT, 0);
        for (int piece = 0; piece < 10; piece++) {
            swarm.sourced(piece, 0);
        }
        List<String> revealed = taken();
        assertEquals(2 * SwarmRules.DEFAULT.revealWindow(), revealed.size());
        swarm.announced(BERT, held(6), 1); // which nobody was told of
        assertEquals(List.of("announce 2 6"), taken());
        int toAnna = Integer.parseInt(revealed.get(0).substring("announce 1 ".length()));
        swarm.requested(ANNA, toAnna, 2);
        swarm.uploaded(ANNA, 3);
        assertEquals(List.of("upload 1 " + toAnna, "announce 1 7"), taken());
    }

    @Test
    void whatWasRevealedToWhoBringsItTooIsRevealedToAnother() {
        swarm.joined(ANNA, 0);
        swarm.joined(BERT, 0);
        swarm.sourced(3, 0);
        assertEquals(List.of("announce 1 3"), taken());
        swarm.announced(ANNA, held(3), 1); // without having been sent it
        assertEquals(List.of("announce 2 3"), taken());
    }

    @Test
    void onceItIsKnownWhatSpreadingTakesNobodyIsGivenMuchLonger() {
        swarm.joined(ANNA, 0);
        swarm.joined(BERT, 0);
        long now = 0;
        for (int piece = 0; piece < 4; piece++) {
            swarm.sourced(piece, now);
            taken();
            send(ANNA, piece, now);
            swarm.announced(ANNA, held(piece), now);
            now += SECOND / 2;
            swarm.announced(BERT, held(piece), now);
        }
        swarm.sourced(4, now);
        NodeId first = taken().contains("announce 1 4") ? ANNA : BERT;
        swarm.tick(now + 2 * SECOND - 1);
        assertEquals(List.of(), taken());
        swarm.tick(now + 2 * SECOND + 1);
        assertEquals(List.of("announce " + (first.equals(ANNA) ? 2 : 1) + " 4"), taken());
    }

    @Test
    void nobodyWaitsForWhoClaimsToHoldEverything() {
        annaClaimsAllThatWasSourced();
        swarm.joined(BERT, 2);
        assertEquals(List.of("announce 2 9", "announce 2 8", "announce 2 7"), taken(), "the last first");
        swarm.joined(CLEO, 3);
        assertEquals(List.of("announce 3 6"), taken(), "few at a time");
        send(BERT, 8, 4);
        assertEquals(List.of("announce 3 5"), taken());
    }

    @Test
    void whatSomebodyClaimedBeforeItCameIsRevealedToo() {
        swarm.joined(ANNA, 0);
        swarm.announced(ANNA, held(3), 0);
        swarm.joined(BERT, 1);
        taken();
        swarm.sourced(3, 2);
        assertEquals(
                List.of("cancel 1 3", "announce 1 3", "announce 2 3"),
                taken(),
                "who has it is told, since it may wait for this node to pass it on");
    }

    @Test
    void whatIsOutWithAnotherIsNotRevealedAgainBecauseWhoClaimedItLeft() {
        swarm.joined(ANNA, 0);
        swarm.announced(ANNA, held(3), 0);
        swarm.joined(BERT, 1);
        swarm.joined(CLEO, 1);
        swarm.sourced(3, 2);
        taken();
        swarm.left(ANNA, 3);
        assertEquals(List.of(), taken());
    }

    @Test
    void revealsFromTheFrontHoweverMuchIsUnsent() {
        int many = 10_000;
        Swarm seed = new Swarm(
                new Pieces(1, List.of((long) many)), SwarmRules.DEFAULT, new SplittableRandom(1), new Recorder());
        for (int piece = 0; piece < many; piece++) {
            seed.sourced(piece, 0);
        }
        seed.joined(ANNA, 0);
        seed.joined(BERT, 0);
        seed.requested(ANNA, 1, 1);
        seed.uploaded(ANNA, 2);
        assertEquals(
                List.of(
                        "announce 1 0",
                        "announce 1 1",
                        "announce 1 2",
                        "announce 2 3",
                        "announce 2 4",
                        "announce 2 5",
                        "upload 1 1",
                        "announce 1 6"),
                taken());
    }

    @Test
    void manyPiecesThatOnlyASlowNeighbourLacksKeepNoOthersFromBeingRevealed() {
        int many = 10_000;
        Pieces pieces = new Pieces(1, List.of((long) many));
        Swarm seed = new Swarm(pieces, SwarmRules.DEFAULT, new SplittableRandom(1), new Recorder());
        for (int piece = 0; piece < many - 1; piece++) {
            seed.sourced(piece, 0);
        }
        seed.joined(ANNA, 0);
        seed.requested(ANNA, 0, 0);
        seed.uploaded(ANNA, 1);
        seed.joined(BERT, 1);
        seed.requested(BERT, 1, 1);
        seed.uploaded(BERT, SECOND);
        seed.announced(ANNA, held(IntStream.range(0, many - 1).toArray()), SECOND);
        taken();
        seed.tick(20 * SECOND); // what was left to ANNA, who let BERT have none of it, has lapsed
        seed.sourced(many - 1, 20 * SECOND);
        for (int tick = 1; tick <= 3; tick++) {
            seed.tick(20 * SECOND + tick);
        }
        assertTrue(taken().contains("announce 1 " + (many - 1)));
    }

    @Test
    void aNeighbourThatKeepsEverythingMakesNobodyWaitLongerThanAtFirst() {
        swarm.joined(ANNA, 0);
        swarm.joined(BERT, 0);
        long now = 0;
        swarm.sourced(0, now);
        taken();
        for (int round = 0; round < 20; round++) { // what one takes no notice of is revealed to the other in turn
            now += 4 * SECOND + 1;
            swarm.tick(now);
            assertEquals(1, taken().size(), "round " + round);
        }
    }

    @Test
    void whatWasOutWithWhoLeftIsRevealedAgain() {
        swarm.joined(ANNA, 0);
        swarm.sourced(3, 0);
        assertEquals(List.of("announce 1 3"), taken());
        swarm.left(ANNA, 1);
        swarm.joined(BERT, 2);
        assertEquals(List.of("announce 2 3"), taken());
    }

    @Test
    void aSeedFewTakeFromTellsNewcomersOfEverythingOnceAllHasSpread() {
        annaClaimsAllThatWasSourced();
        swarm.tick(5 * SECOND); // ANNA is not waited for, and there is nobody else
        swarm.tick(6 * SECOND);
        taken();
        swarm.joined(BERT, 7 * SECOND);
        assertEquals(
                IntStream.range(0, 10).mapToObj(piece -> "announce 2 " + piece).toList(), taken());
    }

    @Test
    void requestsForWhatIsNotHereAreRejectedAndOthersServed() {
        swarm.joined(ANNA, 0);
        swarm.recovered(3);
        taken();
        swarm.requested(ANNA, 4, 0);
        swarm.requested(ANNA, 99, 0);
        swarm.requested(ANNA, 3, 0);
        assertEquals(List.of("reject 1 4", "reject 1 99", "upload 1 3"), taken());
    }

    @Test
    void aCancelledRequestIsNotServed() {
        swarm.joined(ANNA, 0);
        swarm.recovered(3);
        swarm.recovered(4);
        taken();
        swarm.requested(ANNA, 3, 0);
        swarm.requested(ANNA, 4, 0);
        swarm.cancelled(ANNA, 4);
        swarm.cancelled(ANNA, 3); // on its way already
        swarm.uploaded(ANNA, 1);
        assertEquals(List.of("upload 1 3", "reject 1 4"), taken());
    }

    @Test
    void whoAnnouncesWhatThePlanLacksIsDropped() {
        swarm.joined(ANNA, 0);
        swarm.announced(ANNA, held(10), 0);
        assertTrue(taken().get(0).startsWith("drop 1"));
    }

    @Test
    void whoAsksForFarTooMuchIsDropped() {
        swarm.joined(ANNA, 0);
        swarm.recovered(3);
        for (int request = 0; request <= SwarmRules.DEFAULT.maxQueued() + 1; request++) {
            swarm.requested(ANNA, 3, 0);
        }
        assertTrue(taken().stream().anyMatch(what -> what.startsWith("drop 1")));
    }

    @Test
    void nothingMoreIsAskedOfAStoppedBlobAndAVoidedOneIsFetchedAgain() {
        swarm.joined(ANNA, 0);
        swarm.stop(0);
        swarm.announced(ANNA, held(3), 0);
        assertEquals(List.of(), taken());

        Swarm other =
                new Swarm(new Pieces(4, List.of(8L)), SwarmRules.DEFAULT, new SplittableRandom(1), new Recorder());
        other.recovered(0);
        other.recovered(1);
        other.voided(0);
        assertEquals(0, other.held().count());
        other.joined(ANNA, 0);
        other.announced(ANNA, held(0), 0);
        assertEquals(List.of("request 1 0"), taken());
    }

    @Test
    void whatIsHeldOfABlobThatWasStoppedIsToldAgain() {
        swarm.joined(ANNA, 0);
        swarm.recovered(3);
        assertEquals(List.of("announce 1 3"), taken());
        swarm.stop(0);
        swarm.resume(0);
        assertEquals(List.of("announce 1 3"), taken());
    }

    @Test
    void whatAllNeighboursGaveUpIsRevealedAgain() {
        swarm.joined(ANNA, 0);
        swarm.joined(BERT, 0);
        swarm.sourced(3, 0);
        swarm.announced(ANNA, held(3), 1);
        swarm.announced(BERT, held(3), 1);
        taken();
        swarm.lost(0, 2);
        assertEquals(0, swarm.availability(3));
        assertEquals(1, taken().size());
    }

    @Test
    void unknownPeersAreIgnored() {
        swarm.announced(ANNA, held(1), 0);
        swarm.requested(ANNA, 1, 0);
        swarm.uploaded(ANNA, 0);
        swarm.rejected(ANNA, 1, 0);
        swarm.left(ANNA, 0);
        assertFalse(swarm.arrived(ANNA, 1, 0));
        assertTrue(swarm.isIdle(ANNA));
        assertEquals(List.of(), taken());
    }

    private void annaClaimsAllThatWasSourced() {
        for (int piece = 0; piece < 10; piece++) {
            swarm.sourced(piece, 0);
        }
        swarm.joined(ANNA, 0);
        swarm.announced(ANNA, held(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), 1);
        taken();
    }

    /** Has a neighbour ask for a piece and be sent it. */
    private void send(NodeId to, int piece, long now) {
        swarm.requested(to, piece, now);
        swarm.uploaded(to, now);
        said.remove("upload " + to.low() + " " + piece);
    }

    private List<String> taken() {
        List<String> all = List.copyOf(said);
        said.clear();
        return all;
    }

    private static List<Held> held(int... pieces) {
        List<Held> held = new ArrayList<>();
        for (int piece : pieces) {
            held.add(new Held(piece, 0));
        }
        return held;
    }

    private final class Recorder implements Commands {
        @Override
        public void announce(Collection<NodeId> peers, int piece) {
            peers.forEach(peer -> said.add("announce " + peer.low() + " " + piece));
        }

        @Override
        public void mention(Collection<NodeId> peers, int piece) {
            peers.forEach(peer -> said.add("mention " + peer.low() + " " + piece));
        }

        @Override
        public void reveal(NodeId peer, int piece) {
            said.add("announce " + peer.low() + " " + piece);
        }

        @Override
        public void request(NodeId peer, int piece) {
            said.add("request " + peer.low() + " " + piece);
        }

        @Override
        public void cancel(NodeId peer, int piece) {
            said.add("cancel " + peer.low() + " " + piece);
        }

        @Override
        public void reject(NodeId peer, int piece) {
            said.add("reject " + peer.low() + " " + piece);
        }

        @Override
        public void upload(NodeId peer, int piece) {
            said.add("upload " + peer.low() + " " + piece);
        }

        @Override
        public void drop(NodeId peer, String reason) {
            said.add("drop " + peer.low() + " " + reason);
        }
    }
}
