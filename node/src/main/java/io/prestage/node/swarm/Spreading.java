package io.prestage.node.swarm;

import io.prestage.protocol.PieceSet;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Decides whom to tell of what this node brought into the swarm, so that each piece is sent to one neighbour, who passes it on, while
 * another is unsent.
 *
 * <p>Until all of it has spread, a neighbour is told of a piece only to spread it, or because it has it already. Owned by the
 * {@link Swarm}, whose neighbours and counts it looks at.
 */
final class Spreading {
    /** Unsent pieces that are looked at beyond those that a neighbour lacks that is better left alone, while the others have no room. */
    private static final int MAX_SKIPPED = 32;

    /** Unsent pieces that are looked at in one event at most; the next event goes on from there. */
    private static final int MAX_LOOKED_AT = 4096;

    private final SwarmRules rules;
    private final long firstDeadline;
    private final RarestFirst wanted;
    private final List<Peer> neighbours;
    private final Commands commands;
    private final SuperSeeding seeding = new SuperSeeding();

    /** What this node brought in and tells not everyone of. */
    private final PieceSet withheld;

    /** How pieces are sent, to whomever. */
    private final Pace sending = new Pace(0.05);

    /** Where to look for unsent pieces next. */
    private int next;

    /**
     * Nothing was brought in yet.
     *
     * @param pieces the number of pieces that there are
     * @param firstDeadline nanoseconds that a piece may take to spread while it is not known what it takes
     * @param wanted tells how many neighbours hold a piece; is not changed here
     * @param neighbours those that are connected; is not changed here
     */
    Spreading(
            int pieces,
            SwarmRules rules,
            long firstDeadline,
            RarestFirst wanted,
            List<Peer> neighbours,
            Commands commands) {
        this.rules = rules;
        this.firstDeadline = firstDeadline;
        this.wanted = wanted;
        this.neighbours = neighbours;
        this.commands = commands;
        this.withheld = new PieceSet(pieces);
    }

    /** Whether not everyone is told of the piece. */
    boolean withholds(int piece) {
        return withheld.contains(piece);
    }

    /** Whether there is a piece that not everyone is told of. */
    boolean withholdsAny() {
        return withheld.count() > 0;
    }

    /** This node brings a piece in. */
    void brought(int piece, long now) {
        withheld.add(piece);
        if (wanted.availability(piece) >= rules.spreadAt()) {
            return;
        }
        seeding.add(piece);
        for (Peer peer : neighbours) {
            if (peer.has.contains(piece)) {
                announced(peer, piece, now);
            }
        }
    }

    /** This node holds a piece no more. */
    void discarded(int piece) {
        withheld.remove(piece);
        seeding.forget(piece);
    }

    /** A neighbour holds a piece no more; one that nobody else holds, or is about to, is unsent again. */
    void lost(Peer peer, int piece) {
        boolean held = wanted.availability(piece) > 0 || seeding.isOutWithAnother(piece, peer);
        if (withheld.contains(piece) && !held) {
            seeding.unsentAgain(piece);
        }
    }

    /** A neighbour is gone. */
    void gone(Peer peer) {
        seeding.gone(peer);
    }

    /** A whole piece was sent, which was begun at some time. */
    void sent(long begun, long now) {
        sending.ended(begun, now);
    }

    /** Time passed. */
    void lapse(long now) {
        seeding.lapse(now);
    }

    /**
     * A neighbour announced what is withheld. If it was not sent it, somebody else brings it, too: one that is to spread it is told that
     * it is here already, and does so elsewhere; or else each of the two would leave it to the other.
     */
    void announced(Peer peer, int piece, long now) {
        if (wanted.availability(piece) >= rules.spreadAt()) {
            seeding.spread(piece, now);
        } else if (peer.reveals.contains(piece)) {
            seeding.unsentAgain(piece);
        } else {
            if (seeding.isUnsent(piece)) {
                commands.announce(List.of(peer.id), piece);
            }
            seeding.held(piece, peer, now, seeding.isClaimable(piece) ? claimPatience() : patience());
        }
    }

    /** Tells neighbours of unsent pieces, each of as many as it can pass on. */
    void reveal(long now) {
        if (seeding.next(0) >= 0) {
            revealUnsent(now);
        }
        if (seeding.lastClaimed() >= 0) {
            revealClaimed(now);
        }
    }

    private void revealUnsent(long now) {
        List<Peer> open = new ArrayList<>();
        for (Peer peer : neighbours) {
            if (hasRoom(peer)) {
                open.add(peer);
            }
        }
        if (open.isEmpty()) {
            return;
        }
        int skipped = 0;
        int lookedAt = 0;
        int least = leastToSpread();
        int piece = seeding.next(next);
        boolean fromFront = next == 0;
        while (!open.isEmpty() && skipped < MAX_SKIPPED && lookedAt < MAX_LOOKED_AT) {
            if (piece < 0) {
                if (fromFront) {
                    break;
                }
                fromFront = true;
                piece = seeding.next(0);
                continue;
            }
            lookedAt++;
            if (wanted.availability(piece) == neighbours.size()) {
                seeding.forget(piece);
            } else if (isLackedByAny(open, piece)) { // or else it waits for a slow neighbour's room, as many others may
                Peer to = nextToSpread(piece, least);
                if (to == null) {
                    skipped++;
                } else {
                    reveal(piece, to, now);
                    if (!hasRoom(to)) {
                        open.remove(to);
                    }
                }
            }
            piece = seeding.next(piece + 1);
        }
        next = lookedAt == MAX_LOOKED_AT ? Math.max(0, piece) : 0;
    }

    private static boolean isLackedByAny(List<Peer> peers, int piece) {
        for (Peer peer : peers) {
            if (!peer.has.contains(piece)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a neighbour may be told of one more piece before it has been sent those that it was told of. */
    private boolean hasRoom(Peer peer) {
        return peer.reveals.size() < (peer.takesSlowly ? 1 : rules.revealWindow());
    }

    /**
     * When little is unsent but for what others say that they bring, too: who says so of everything may serve nothing, so that is not waited
     * for, but revealed few at a time, those first that it will come to last.
     */
    private void revealClaimed(long now) {
        int room = rules.seedStartSlots() - revealed();
        if (room <= 0) {
            return;
        }
        int skipped = 0;
        int least = leastToSpread();
        for (int piece = seeding.lastClaimed();
                piece >= 0 && room > 0 && skipped < MAX_SKIPPED;
                piece = seeding.claimedBelow(piece)) {
            Peer to = nextToSpread(piece, least);
            if (to == null) {
                skipped++;
                continue;
            }
            reveal(piece, to, now);
            room--;
        }
    }

    private void reveal(int piece, Peer to, long now) {
        seeding.revealed(piece, to, now, patience());
        commands.reveal(to.id, piece);
    }

    /** Pieces that neighbours were told of and not sent yet. */
    private int revealed() {
        int revealed = 0;
        for (Peer each : neighbours) {
            revealed += each.reveals.size();
        }
        return revealed;
    }

    /**
     * Once all that was brought in has spread, nothing is withheld any more.
     *
     * @param everyone to be told of a piece
     */
    void openUp(IntConsumer everyone) {
        if (!withholdsAny() || !seeding.isDone() || neighbours.isEmpty()) {
            return;
        }
        withheld.copy().forEach(piece -> {
            withheld.remove(piece);
            everyone.accept(piece);
        });
    }

    /** The neighbour to reveal a piece to; one that holds less than {@code least} only if nobody else lacks it; null for now nobody. */
    private Peer nextToSpread(int piece, int least) {
        Peer best = null;
        Peer behind = null;
        boolean lacking = false;
        for (Peer peer : neighbours) {
            if (peer.has.contains(piece)) {
                continue;
            }
            boolean isBehind = peer.has.count() < least;
            lacking |= !isBehind;
            if (!hasRoom(peer)) {
                continue;
            }
            if (isBehind) {
                behind = behind == null || isBetterToReveal(peer, behind) ? peer : behind;
            } else {
                best = best == null || isBetterToReveal(peer, best) ? peer : best;
            }
        }
        return lacking ? best : behind;
    }

    /**
     * Pieces that a neighbour has to hold to be given more to spread: half of what a quarter of them hold. Who is further behind has
     * a slow link, or came late and wants what others have; what is with it alone everybody would wait for.
     */
    private int leastToSpread() {
        int[] counts =
                neighbours.stream().mapToInt(peer -> peer.has.count()).sorted().toArray();
        return counts.length == 0 ? 0 : counts[counts.length - 1 - counts.length / 4] / 2;
    }

    /** Those that pass on what they get come before those that do not, and those that wait for little before the rest. */
    private static boolean isBetterToReveal(Peer one, Peer other) {
        int oneFailed = one.kept + one.lapses;
        int otherFailed = other.kept + other.lapses;
        return oneFailed != otherFailed ? oneFailed < otherFailed : one.reveals.size() < other.reveals.size();
    }

    /**
     * How long a neighbour may take for what is revealed to it: what all were revealed has to go through this node's link first, and then it
     * takes what it takes others, as far as that is known.
     */
    private long patience() {
        long spreading = firstDeadline;
        if (seeding.nanosToSpread() > 0) {
            long usual = (long) (rules.deadlineFactor() * seeding.nanosToSpread());
            spreading = Math.min(firstDeadline, Math.max(rules.minDeadline().toNanos(), usual));
        }
        return Math.max(spreading, linkTime());
    }

    /** How long a neighbour may take for what it says that it brings, which may be everything. */
    private long claimPatience() {
        return Math.max(firstDeadline, linkTime());
    }

    /** Nanoseconds that all that neighbours were told of may take through this node's link. */
    private long linkTime() {
        return (long) (rules.deadlineFactor() * sending.nanos() * revealed());
    }
}
