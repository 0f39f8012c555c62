package io.prestage.node.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.NodeId;
import io.prestage.protocol.PieceSet;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Holds {@link PieceCounts} against counting one by one. */
final class PieceCountsTest {
    @Property
    void tellsWhatCountingOneByOneTells(
            @ForAll @IntRange(min = 1, max = 200) int pieces,
            @ForAll @IntRange(min = 1, max = 6) int members,
            @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<NodeId, PieceSet> held = new HashMap<>();
        for (int member = 0; member < members; member++) {
            PieceSet set = new PieceSet(pieces);
            int share = random.nextInt(5);
            for (int piece = 0; piece < pieces; piece++) {
                if (random.nextInt(4) < share) {
                    set.add(piece);
                }
            }
            held.put(new NodeId(1, member), set);
        }
        PieceCounts counts = new PieceCounts(reported(held));
        held.forEach((id, own) -> {
            int alone = 0;
            boolean more = false;
            for (int piece = 0; piece < pieces; piece++) {
                int at = piece;
                long others = held.entrySet().stream()
                        .filter(other ->
                                !other.getKey().equals(id) && other.getValue().contains(at))
                        .count();
                alone += own.contains(piece) && others == 0 ? 1 : 0;
                more |= !own.contains(piece) && others > 0;
            }
            assertEquals(alone, counts.alone(id));
            assertEquals(more, counts.othersHoldMore(id));
        });
    }

    @Test
    void whoSaidNothingIsUnknownAndLacksWhatAnyoneHolds() {
        PieceSet some = new PieceSet(20);
        NodeId silent = new NodeId(2, 2);
        assertFalse(new PieceCounts(reported(Map.of(new NodeId(1, 1), some))).othersHoldMore(silent));
        some.add(19);
        PieceCounts counts = new PieceCounts(reported(Map.of(new NodeId(1, 1), some)));
        assertFalse(counts.knows(silent));
        assertTrue(counts.othersHoldMore(silent));
    }

    /** A wrong report must not make a server look dispensable. */
    @Test
    void aReportOfAnotherLengthIsCountedByItself() {
        NodeId holder = new NodeId(1, 1);
        PieceCounts counts = new PieceCounts(Map.of(
                holder,
                PieceSet.full(16).toBytes(),
                new NodeId(1, 2),
                PieceSet.full(80).toBytes()));
        assertEquals(16, counts.alone(holder));
    }

    private static Map<NodeId, byte[]> reported(Map<NodeId, PieceSet> held) {
        Map<NodeId, byte[]> reported = new HashMap<>();
        held.forEach((id, set) -> reported.put(id, set.toBytes()));
        return reported;
    }
}
