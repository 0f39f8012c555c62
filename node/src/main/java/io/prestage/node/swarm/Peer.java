package io.prestage.node.swarm;

import io.prestage.protocol.NodeId;
import io.prestage.protocol.PieceSet;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/** What a swarm knows of one neighbour. */
final class Peer {
    /** Marks that no piece is being sent. */
    static final int NONE = -1;

    final NodeId id;

    /** What it says it holds. */
    final PieceSet has;

    /** What it was told that we hold. */
    final PieceSet told;

    /** What we asked of it, oldest first. */
    final Requests asked = new Requests();

    /** What it asked of us, oldest first. */
    final Deque<Integer> queued = new ArrayDeque<>();

    /** The piece being sent to it, or {@link #NONE}. */
    int sending = NONE;

    /** When the piece being sent was begun. */
    long sendingSince;

    /** Pieces revealed to it alone and not yet sent. */
    final Set<Integer> reveals = new HashSet<>();

    /** Nanoseconds between two of its pieces while it has several to send; 0 until one came. */
    double pieceTime;

    /** When its last piece came. */
    long lastArrival = Long.MIN_VALUE;

    /** Pieces that were revealed to it in vain, since one of them last spread. */
    int kept;

    /** Whether the piece that was last sent to it took far longer than others do. */
    boolean takesSlowly;

    /** Deadlines missed since its last piece. */
    int lapses;

    /** Nothing is asked of it before this time. */
    long pausedUntil = Long.MIN_VALUE;

    Peer(NodeId id, int pieces) {
        this.id = id;
        this.has = new PieceSet(pieces);
        this.told = new PieceSet(pieces);
    }

    /** Takes the arrival of a piece into its speed. */
    void arrived(long askedAt, long now) {
        long since = lastArrival == Long.MIN_VALUE ? askedAt : Math.max(askedAt, lastArrival);
        double took = Math.max(1, now - since);
        pieceTime = pieceTime == 0 ? took : 0.8 * pieceTime + 0.2 * took;
        lastArrival = now;
        lapses = 0;
        pausedUntil = Long.MIN_VALUE;
    }

    /** Pieces that may be asked of it at a time. */
    int window(SwarmRules rules) {
        if (lapses > 0) {
            return 1;
        }
        if (pieceTime == 0) {
            return rules.minWindow();
        }
        double fill = rules.windowSpan().toNanos() / pieceTime;
        return (int) Math.min(rules.maxWindow(), rules.minWindow() + fill);
    }

    /**
     * When a piece asked now should have come.
     *
     * @param first nanoseconds that it may take while its speed is unknown
     */
    long deadline(SwarmRules rules, long first, long now) {
        if (pieceTime == 0) {
            return now + first;
        }
        double expected = pieceTime * (asked.size() + 1);
        return now + Math.max(rules.minDeadline().toNanos(), (long) (rules.deadlineFactor() * expected));
    }
}
