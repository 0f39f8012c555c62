package io.prestage.protocol;

import java.util.Arrays;
import java.util.List;

/**
 * Numbers a plan's pieces: which bytes of which blob piece number n is.
 *
 * <p>Pieces are numbered through the whole plan, blob after blob, so that a node's holdings are one bit set. Every piece of a
 * blob but its last has the plan's piece size; a blob of 0 bytes has no piece. Immutable.
 */
public final class Pieces {
    /** The most pieces of a plan: 8 TiB in the largest pieces. */
    public static final int MAX = 1 << 22;

    private final int pieceSize;
    private final long[] sizes;
    private final int[] firsts;
    private final int[] blobs;

    /**
     * Numbers the pieces of such blobs.
     *
     * @param pieceSize bytes of every piece but a blob's last, more than 0
     * @param sizes bytes of each blob, 0 or more
     */
    public Pieces(int pieceSize, List<Long> sizes) {
        if (pieceSize <= 0) {
            throw new IllegalArgumentException("a piece has more than 0 bytes, not " + pieceSize);
        }
        this.pieceSize = pieceSize;
        this.sizes = sizes.stream().mapToLong(Long::longValue).toArray();
        this.firsts = new int[this.sizes.length + 1];
        for (int blob = 0; blob < this.sizes.length; blob++) {
            long next = firsts[blob] + pieces(this.sizes[blob], pieceSize);
            if (this.sizes[blob] < 0 || next > MAX) {
                throw new IllegalArgumentException("blob " + blob + " of " + this.sizes[blob] + " bytes cannot be cut");
            }
            firsts[blob + 1] = (int) next;
        }
        this.blobs = new int[firsts[this.sizes.length]];
        for (int blob = 0; blob < this.sizes.length; blob++) {
            Arrays.fill(blobs, firsts[blob], firsts[blob + 1], blob);
        }
    }

    /**
     * The number of pieces that a blob is cut into.
     *
     * @param size bytes of the blob
     * @param pieceSize bytes of a full piece
     */
    static long pieces(long size, int pieceSize) {
        return size / pieceSize + (size % pieceSize == 0 ? 0 : 1);
    }

    /** Numbers the pieces of a plan. */
    public static Pieces of(Plan plan) {
        return new Pieces(
                plan.pieceSize(), plan.blobs().stream().map(Plan.Blob::size).toList());
    }

    /** Pieces of all blobs. */
    public int count() {
        return blobs.length;
    }

    /** Bytes of a full piece. */
    public int pieceSize() {
        return pieceSize;
    }

    /** Blobs, those of 0 bytes included. */
    public int blobs() {
        return sizes.length;
    }

    /** Bytes of a blob. */
    public long size(int blob) {
        return sizes[blob];
    }

    /** The blob's first piece; the next blob's first one if it has none. */
    public int first(int blob) {
        return firsts[blob];
    }

    /** The piece after the blob's last. */
    public int end(int blob) {
        return firsts[blob + 1];
    }

    /** The blob that a piece belongs to. */
    public int blob(int piece) {
        return blobs[piece];
    }

    /** Bytes from the start of its blob to the piece. */
    public long offset(int piece) {
        return (long) (piece - firsts[blob(piece)]) * pieceSize;
    }

    /** Bytes of the piece, 1 to {@link #pieceSize}. */
    public int length(int piece) {
        return (int) Math.min(pieceSize, sizes[blob(piece)] - offset(piece));
    }
}
