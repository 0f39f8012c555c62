package io.prestage.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Holds {@link PieceSet} against {@link BitSet}. */
final class PieceSetTest {
    @Property
    void doesWhatABitSetDoes(@ForAll @IntRange(min = 1, max = 300) int size, @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        PieceSet set = new PieceSet(size);
        BitSet expected = new BitSet();
        for (int step = 0; step < 400; step++) {
            int piece = random.nextInt(size);
            if (random.nextInt(3) > 0) {
                assertEquals(!expected.get(piece), set.add(piece));
                expected.set(piece);
            } else {
                assertEquals(expected.get(piece), set.remove(piece));
                expected.clear(piece);
            }
            assertEquals(expected.cardinality(), set.count());
        }
        assertSame(expected, set);
        assertSame(expected, set.copy());
        assertSame(expected, PieceSet.ofBytes(size, ByteBuffer.wrap(set.toBytes())));
        assertEquals(set.hashCode(), set.copy().hashCode());
    }

    @Property
    void combinesAsBitSetsDo(@ForAll @IntRange(min = 0, max = 300) int size, @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        BitSet one = bits(size, random);
        BitSet other = bits(size, random);
        List<Integer> common = new ArrayList<>();
        int next = set(size, one).common(set(size, other), 0);
        for (int rank = 1; next >= 0; rank++) {
            common.add(next);
            next = set(size, one).common(set(size, other), rank);
        }
        BitSet and = (BitSet) one.clone();
        and.and(other);
        assertEquals(and.stream().boxed().toList(), common);
        assertEquals(common.size(), set(size, one).countCommon(set(size, other)));
        assertEquals(one.intersects(other), set(size, one).intersects(set(size, other)));
        PieceSet union = set(size, one);
        union.addAll(set(size, other));
        BitSet or = (BitSet) one.clone();
        or.or(other);
        assertSame(or, union);
        assertEquals(and.equals(other), set(size, one).containsAll(set(size, other)));
        assertEquals(size, PieceSet.full(size).count());
        assertEquals(union.count() == size, union.isFull());
    }

    @Test
    void refusesPiecesAndSetsThatDoNotFit() {
        PieceSet set = new PieceSet(65);
        assertThrows(IndexOutOfBoundsException.class, () -> set.contains(65));
        assertThrows(IndexOutOfBoundsException.class, () -> set.add(-1));
        assertThrows(IllegalArgumentException.class, () -> set.addAll(new PieceSet(64)));
        assertThrows(IllegalArgumentException.class, () -> new PieceSet(-1));
        assertThrows(IllegalArgumentException.class, () -> new PieceSet(Pieces.MAX + 1));
        assertNotEquals(new PieceSet(64), set);
    }

    @Test
    void refusesBytesThatAreNoSuchSet() {
        assertThrows(IllegalArgumentException.class, () -> PieceSet.ofBytes(9, ByteBuffer.wrap(new byte[] {1})));
        assertThrows(IllegalArgumentException.class, () -> PieceSet.ofBytes(9, ByteBuffer.wrap(new byte[] {1, 2})));
        assertEquals(2, PieceSet.ofBytes(9, ByteBuffer.wrap(new byte[] {1, 1})).count());
    }

    private static BitSet bits(int size, SplittableRandom random) {
        BitSet bits = new BitSet();
        int density = 1 + random.nextInt(8);
        for (int piece = 0; piece < size; piece++) {
            bits.set(piece, random.nextInt(density) == 0);
        }
        return bits;
    }

    private static PieceSet set(int size, BitSet bits) {
        PieceSet set = new PieceSet(size);
        bits.stream().forEach(set::add);
        return set;
    }

    private static void assertSame(BitSet expected, PieceSet set) {
        List<Integer> members = new ArrayList<>();
        set.forEach(members::add);
        assertEquals(expected.stream().boxed().toList(), members);
        assertEquals(expected.cardinality(), set.count());
    }
}
