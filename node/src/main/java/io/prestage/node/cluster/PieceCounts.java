package io.prestage.node.cluster;

import io.prestage.protocol.NodeId;
import io.prestage.protocol.PieceSet;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** Which pieces the members of a cluster hold between them, as they reported it at one moment. */
final class PieceCounts {
    private final Map<NodeId, PieceSet> sets = new HashMap<>();

    /** For each piece how many hold it, by the length of what was reported, since one may be wrong. */
    private final Map<Integer, int[]> holders = new HashMap<>();

    /**
     * Counts.
     *
     * @param reported by member, as {@link PieceSet#toBytes} writes them
     */
    PieceCounts(Map<NodeId, byte[]> reported) {
        reported.forEach((id, held) -> {
            PieceSet set = PieceSet.ofBytes(held.length * Byte.SIZE, ByteBuffer.wrap(held));
            int[] counts = holders.computeIfAbsent(set.size(), int[]::new);
            set.forEach(piece -> counts[piece]++);
            sets.put(id, set);
        });
    }

    /** Whether a member said what it holds. */
    boolean knows(NodeId id) {
        return sets.containsKey(id);
    }

    /** Pieces that nobody but this member holds. */
    int alone(NodeId id) {
        PieceSet held = sets.get(id);
        int[] counts = holders.get(held.size());
        int[] alone = {0};
        held.forEach(piece -> alone[0] += counts[piece] == 1 ? 1 : 0);
        return alone[0];
    }

    /** Whether others hold something that this member does not. */
    boolean othersHoldMore(NodeId id) {
        PieceSet held = sets.get(id);
        for (Map.Entry<Integer, int[]> of : holders.entrySet()) {
            boolean comparable = held != null && held.size() == of.getKey();
            int[] counts = of.getValue();
            for (int piece = 0; piece < counts.length; piece++) {
                if (counts[piece] > 0 && !(comparable && held.contains(piece))) {
                    return true;
                }
            }
        }
        return false;
    }
}
