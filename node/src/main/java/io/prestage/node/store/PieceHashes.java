package io.prestage.node.store;

import io.prestage.protocol.Digest;
import java.util.Arrays;

/**
 * Keeps the SHA-256 of every piece that is held, 32 bytes each.
 *
 * <p>A hash is put before its piece is published as held, by the lock that publishes it, and not changed while it is held.
 */
final class PieceHashes {
    private static final int PER_CHUNK = 1 << 14;

    private final byte[][] chunks;

    /**
     * Knows none yet.
     *
     * @param pieces the number of pieces that there are
     */
    PieceHashes(int pieces) {
        chunks = new byte[(pieces + PER_CHUNK - 1) / PER_CHUNK][];
    }

    /** Keeps the hash of a piece; not for two threads at once. */
    void put(int piece, byte[] sha256) {
        int chunk = piece / PER_CHUNK;
        if (chunks[chunk] == null) {
            chunks[chunk] = new byte[PER_CHUNK * Digest.LENGTH];
        }
        System.arraycopy(sha256, 0, chunks[chunk], piece % PER_CHUNK * Digest.LENGTH, Digest.LENGTH);
    }

    /** The hash that was put, a new array; zeros if none was. */
    byte[] get(int piece) {
        if (chunks[piece / PER_CHUNK] == null) {
            return new byte[Digest.LENGTH];
        }
        int at = piece % PER_CHUNK * Digest.LENGTH;
        return Arrays.copyOfRange(chunks[piece / PER_CHUNK], at, at + Digest.LENGTH);
    }
}
