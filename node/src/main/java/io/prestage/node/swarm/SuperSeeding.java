package io.prestage.node.swarm;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/**
 * Keeps which of the pieces that this node brought into the swarm are still to be revealed, so that it sends none twice while
 * another is unsent.
 *
 * <p>A piece is unsent, then out with one neighbour, and spread once so many announce it that it does not depend on one that may
 * keep it to itself. If that does not come about by the deadline, or that neighbour goes, it is unsent again. Unsent pieces come
 * in the order of their numbers, since stores hash blobs from the front.
 */
final class SuperSeeding {
    private final BitSet unsent = new BitSet();
    private final Map<Integer, Out> out = new HashMap<>();

    /** One neighbour has, or will have, a piece. */
    private record Out(Peer with, long deadline) {}

    /** A piece came in that no neighbour holds. */
    void add(int piece) {
        unsent.set(piece);
    }

    /** The first unsent piece that is not below the given one, or -1. */
    int next(int from) {
        return unsent.nextSetBit(from);
    }

    /** An unsent piece is revealed to a neighbour. */
    void revealed(int piece, Peer to, long deadline) {
        unsent.clear(piece);
        out.put(piece, new Out(to, deadline));
        to.reveals.add(piece);
    }

    /** One neighbour announced the piece, and has until the deadline to pass it on. */
    void held(int piece, Peer by, long deadline) {
        boolean known = unsent.get(piece) || out.containsKey(piece);
        if (known) {
            forget(piece);
            out.put(piece, new Out(by, deadline));
        }
    }

    /** Whether the piece is to be revealed. */
    boolean isUnsent(int piece) {
        return unsent.get(piece);
    }

    /** So many announce the piece that nobody can keep it to itself any more. */
    void spread(int piece) {
        Out was = out.get(piece);
        if (was != null) {
            was.with().kept = 0;
        }
        forget(piece);
    }

    /** Whether every piece that was added has spread. */
    boolean isDone() {
        return unsent.isEmpty() && out.isEmpty();
    }

    /** A neighbour is gone, and what was out with it alone is unsent. */
    void gone(Peer peer) {
        for (Iterator<Map.Entry<Integer, Out>> all = out.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<Integer, Out> entry = all.next();
            if (entry.getValue().with() == peer) {
                unsent.set(entry.getKey());
                all.remove();
            }
        }
    }

    /** Makes unsent what did not spread in time, and counts that against the neighbour that it was out with. */
    void lapse(long now) {
        for (Iterator<Map.Entry<Integer, Out>> all = out.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<Integer, Out> entry = all.next();
            if (now - entry.getValue().deadline() > 0) {
                Peer with = entry.getValue().with();
                unsent.set(entry.getKey());
                with.reveals.remove(entry.getKey());
                with.kept++;
                all.remove();
            }
        }
    }

    /** The piece needs no revealing any more, or is void. */
    void forget(int piece) {
        unsent.clear(piece);
        Out was = out.remove(piece);
        if (was != null) {
            was.with().reveals.remove(piece);
        }
    }
}
