package io.prestage.node.swarm;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Keeps which of the pieces that this node brought into the swarm are still to be revealed, so that it sends none twice while
 * another is unsent.
 *
 * <p>A piece is unsent, then revealed to one neighbour, then spread once anybody else announces it. If nobody does by the
 * deadline, or that neighbour goes, it is unsent again.
 */
final class SuperSeeding {
    private final Deque<Integer> unsent = new ArrayDeque<>();
    private final Map<Integer, Reveal> revealed = new HashMap<>();

    private record Reveal(Peer to, long deadline) {}

    /** A piece came in that no neighbour holds. */
    void add(int piece) {
        unsent.addLast(piece);
    }

    /** The next piece to reveal, which stays the next until {@link #revealed} says where it went. */
    OptionalInt next() {
        return unsent.isEmpty() ? OptionalInt.empty() : OptionalInt.of(unsent.getFirst());
    }

    /** The next piece went to a neighbour. */
    void revealed(Peer to, long deadline) {
        int piece = unsent.removeFirst();
        revealed.put(piece, new Reveal(to, deadline));
        to.reveals.add(piece);
    }

    /** A neighbour announced the piece. */
    void spread(int piece) {
        forget(piece);
    }

    /** Whether every piece that was added has spread. */
    boolean isDone() {
        return unsent.isEmpty() && revealed.isEmpty();
    }

    /** A neighbour is gone, and what was revealed to it alone is unsent. */
    void gone(Peer peer) {
        for (Iterator<Map.Entry<Integer, Reveal>> all = revealed.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<Integer, Reveal> entry = all.next();
            if (entry.getValue().to() == peer) {
                unsent.addFirst(entry.getKey());
                all.remove();
            }
        }
    }

    /** Makes unsent what nobody announced in time. */
    void lapse(long now) {
        for (Iterator<Map.Entry<Integer, Reveal>> all = revealed.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<Integer, Reveal> entry = all.next();
            if (now - entry.getValue().deadline() > 0) {
                unsent.addFirst(entry.getKey());
                entry.getValue().to().reveals.remove(entry.getKey());
                all.remove();
            }
        }
    }

    /** The piece is void. */
    void forget(int piece) {
        Reveal reveal = revealed.remove(piece);
        if (reveal == null) {
            unsent.remove(piece);
        } else {
            reveal.to().reveals.remove(piece);
        }
    }
}
