package io.prestage.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Which of a plan's pieces: a bit set of fixed size that counts its members.
 *
 * <p>Mutable, owned by one thread at a time.
 */
public final class PieceSet {
    private final int size;
    private final long[] words;
    private int count;

    /**
     * Makes an empty set.
     *
     * @param size the number of pieces that there are, 0 to {@link Pieces#MAX}
     */
    public PieceSet(int size) {
        if (size < 0 || size > Pieces.MAX) {
            throw new IllegalArgumentException("there cannot be " + size + " pieces");
        }
        this.size = size;
        this.words = new long[(size + Long.SIZE - 1) / Long.SIZE];
    }

    private PieceSet(int size, long[] words, int count) {
        this.size = size;
        this.words = words;
        this.count = count;
    }

    /** The set of all pieces. */
    public static PieceSet full(int size) {
        PieceSet set = new PieceSet(size);
        for (int piece = 0; piece < size; piece++) {
            set.add(piece);
        }
        return set;
    }

    /** A copy that shares nothing with this set. */
    public PieceSet copy() {
        return new PieceSet(size, words.clone(), count);
    }

    /** The number of pieces that there are, members or not. */
    public int size() {
        return size;
    }

    /** The number of members. */
    public int count() {
        return count;
    }

    /** Whether every piece is a member. */
    public boolean isFull() {
        return count == size;
    }

    /** Whether the piece is a member. */
    public boolean contains(int piece) {
        check(piece);
        return (words[piece >> 6] & 1L << piece) != 0;
    }

    /** Adds a piece; says whether it was absent. */
    public boolean add(int piece) {
        if (contains(piece)) {
            return false;
        }
        words[piece >> 6] |= 1L << piece;
        count++;
        return true;
    }

    /** Removes a piece; says whether it was a member. */
    public boolean remove(int piece) {
        if (!contains(piece)) {
            return false;
        }
        words[piece >> 6] &= ~(1L << piece);
        count--;
        return true;
    }

    /** Adds every member of another set of the same size. */
    public void addAll(PieceSet other) {
        requireSameSize(other);
        count = 0;
        for (int word = 0; word < words.length; word++) {
            words[word] |= other.words[word];
            count += Long.bitCount(words[word]);
        }
    }

    /** Whether every member of the other set is one of this. */
    public boolean containsAll(PieceSet other) {
        requireSameSize(other);
        for (int word = 0; word < words.length; word++) {
            if ((other.words[word] & ~words[word]) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Hands over the members in ascending order; the set must not change meanwhile. */
    public void forEach(IntConsumer action) {
        for (int word = 0; word < words.length; word++) {
            for (long left = words[word]; left != 0; left &= left - 1) {
                action.accept((word << 6) + Long.numberOfTrailingZeros(left));
            }
        }
    }

    /** The number of pieces that are members of both sets. */
    public int countCommon(PieceSet other) {
        requireSameSize(other);
        int common = 0;
        for (int word = 0; word < words.length; word++) {
            common += Long.bitCount(words[word] & other.words[word]);
        }
        return common;
    }

    /**
     * One of the pieces that are members of both sets.
     *
     * @param rank how many of them, in ascending order, come before it; 0 or more
     * @return the piece, or -1 if they have no more than {@code rank} pieces in common
     */
    public int common(PieceSet other, int rank) {
        requireSameSize(other);
        int before = rank;
        for (int word = 0; word < words.length; word++) {
            long left = words[word] & other.words[word];
            int here = Long.bitCount(left);
            if (before >= here) {
                before -= here;
                continue;
            }
            for (; before > 0; before--) {
                left &= left - 1;
            }
            return (word << 6) + Long.numberOfTrailingZeros(left);
        }
        return -1;
    }

    /** Whether the sets share a member. */
    public boolean intersects(PieceSet other) {
        requireSameSize(other);
        for (int word = 0; word < words.length; word++) {
            if ((words[word] & other.words[word]) != 0) {
                return true;
            }
        }
        return false;
    }

    /** One bit a piece, the first piece in the lowest bit of the first byte. */
    public byte[] toBytes() {
        ByteBuffer bytes = ByteBuffer.allocate(words.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(words);
        return Arrays.copyOf(bytes.array(), (size + 7) / 8);
    }

    /**
     * Reads what {@link #toBytes} wrote.
     *
     * @param size the number of pieces that there are
     * @param bytes exactly as many as that takes, with no bit set beyond it
     * @throws IllegalArgumentException if they are not
     */
    public static PieceSet ofBytes(int size, ByteBuffer bytes) {
        PieceSet set = new PieceSet(size);
        if (bytes.remaining() != (size + 7) / 8) {
            throw new IllegalArgumentException(bytes.remaining() + " bytes are no set of " + size + " pieces");
        }
        for (int at = 0; bytes.hasRemaining(); at++) {
            set.words[at >> 3] |= (bytes.get() & 0xFFL) << (8 * (at & 7));
        }
        if ((size & 63) != 0 && (set.words[set.words.length - 1] & -1L << size) != 0) {
            throw new IllegalArgumentException("a set of " + size + " pieces has a member beyond them");
        }
        for (long word : set.words) {
            set.count += Long.bitCount(word);
        }
        return set;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PieceSet that && size == that.size && Arrays.equals(words, that.words);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(words);
    }

    @Override
    public String toString() {
        return count + " of " + size + " pieces";
    }

    private void check(int piece) {
        if (piece < 0 || piece >= size) {
            throw new IndexOutOfBoundsException("there is no piece " + piece + " of " + size);
        }
    }

    private void requireSameSize(PieceSet other) {
        if (other.size != size) {
            throw new IllegalArgumentException("these are sets of " + size + " and of " + other.size + " pieces");
        }
    }
}
