package io.prestage.node.cluster;

import io.prestage.protocol.NodeId;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Which pieces the members of a cluster hold between them, as they reported it at one moment.
 *
 * <p>Every question is answered for whole words of pieces: a coordinator asks for each of its members once a second.
 */
final class PieceCounts {
    private final Map<NodeId, Holding> holdings = new HashMap<>();

    /** By the length of what was reported, since one may be wrong. */
    private final Map<Integer, Holders> holders = new HashMap<>();

    private record Holding(int bytes, BitSet pieces) {}

    /** Pieces that somebody holds, and those of them that more than one does. */
    private static final class Holders {
        private final BitSet some = new BitSet();
        private final BitSet many = new BitSet();

        void add(BitSet held) {
            BitSet again = (BitSet) held.clone();
            again.and(some);
            many.or(again);
            some.or(held);
        }
    }

    /**
     * Counts.
     *
     * @param reported by member, as {@link io.prestage.protocol.PieceSet#toBytes} writes them
     */
    PieceCounts(Map<NodeId, byte[]> reported) {
        reported.forEach((id, bytes) -> {
            Holding held = new Holding(bytes.length, BitSet.valueOf(bytes));
            holders.computeIfAbsent(held.bytes(), unknown -> new Holders()).add(held.pieces());
            holdings.put(id, held);
        });
    }

    /** Whether a member said what it holds. */
    boolean knows(NodeId id) {
        return holdings.containsKey(id);
    }

    /** Pieces that nobody but this member holds. */
    int alone(NodeId id) {
        Holding held = holdings.get(id);
        BitSet alone = (BitSet) held.pieces().clone();
        alone.andNot(holders.get(held.bytes()).many);
        return alone.cardinality();
    }

    /** Whether others hold something that this member does not. */
    boolean othersHoldMore(NodeId id) {
        Holding held = holdings.get(id);
        for (Map.Entry<Integer, Holders> of : holders.entrySet()) {
            BitSet lacking = (BitSet) of.getValue().some.clone();
            if (held != null && held.bytes() == of.getKey()) {
                lacking.andNot(held.pieces());
            }
            if (!lacking.isEmpty()) {
                return true;
            }
        }
        return false;
    }
}
