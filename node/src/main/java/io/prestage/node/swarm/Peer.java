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

    /** What we asked of it, oldest first. */
    final Requests asked = new Requests();

    /** What we asked of it and took back, which it will still answer with the piece or a rejection. */
    final Requests owed = new Requests();

    /** What it asked of us, oldest first. */
    final Deque<Integer> queued = new ArrayDeque<>();

    /** The piece being sent to it, or {@link #NONE}. */
    int sending = NONE;

    /** When the piece being sent was begun. */
    long sendingSince;

    /** When the sending of the last piece to it ended; when it joined, before the first. */
    long sentAt;

    /** Pieces revealed to it alone and not yet sent. */
    final Set<Integer> reveals = new HashSet<>();

    /** How its pieces follow each other while it has several to send. */
    final Pace pace = new Pace(0.2);

    /** Pieces that it was revealed, or says that it has, and nobody else got in time, since one of them last spread. */
    int kept;

    /** Whether the piece that was last sent to it took far longer than others do. */
    boolean takesSlowly;

    /** Deadlines missed since its last piece. */
    int lapses;

    /** Pieces that it sent without having been asked. */
    int unasked;

    /** Nothing is asked of it before this time. */
    long pausedUntil = Long.MIN_VALUE;

    Peer(NodeId id, int pieces, long now) {
        this.id = id;
        this.has = new PieceSet(pieces);
        this.sentAt = now;
    }

    /**
     * Whether pieces are sent to it: one is on its way or asked for, or the last one went so lately that its next request is not here yet.
     *
     * @param upload nanoseconds that a piece takes
     */
    boolean isServed(double upload, long now) {
        return sending != NONE || !queued.isEmpty() || now - sentAt < upload;
    }

    /** Takes the arrival of a piece into its speed. */
    void arrived(long askedAt, long now) {
        pace.ended(askedAt, now);
        lapses = 0;
        pausedUntil = Long.MIN_VALUE;
    }

    /** What may be asked of it: what it holds but for what it still owes an answer to. */
    PieceSet askable() {
        if (owed.size() == 0) {
            return has;
        }
        PieceSet askable = has.copy();
        for (int position = 0; position < owed.size(); position++) {
            askable.remove(owed.piece(position));
        }
        return askable;
    }

    /** Pieces that may be asked of it at a time. */
    int window(SwarmRules rules) {
        if (lapses > 0) {
            return 1;
        }
        if (!pace.isKnown()) {
            return rules.minWindow();
        }
        double fill = rules.windowSpan().toNanos() / pace.nanos();
        return (int) Math.min(rules.maxWindow(), rules.minWindow() + fill);
    }

    /**
     * When a piece asked now should have come.
     *
     * @param first nanoseconds that it may take while its speed is unknown
     * @param link nanoseconds that this node's own link takes for all that is under way to it, from whomever
     */
    long deadline(SwarmRules rules, long first, double link, long now) {
        if (!pace.isKnown()) {
            return now + first;
        }
        double expected = Math.max(pace.nanos() * (asked.size() + 1), link);
        return now + Math.max(rules.minDeadline().toNanos(), (long) (rules.deadlineFactor() * expected));
    }
}
