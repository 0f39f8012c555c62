package io.prestage.node.swarm;

import io.prestage.protocol.Digest;
import java.nio.ByteBuffer;

/**
 * Remembers what was said of each piece's hash, so that two different statements are noticed.
 *
 * <p>Only the first 64 bits are kept and announced. They are no proof of content, which the full hash beside each piece and
 * the digest of the whole blob are; they show that two nodes do not speak of the same content. Not thread-safe.
 */
public final class Statements {
    private final long[] fingerprints;
    private final boolean[] known;

    /**
     * Starts with nothing said.
     *
     * @param pieces the number of pieces in the plan
     */
    public Statements(int pieces) {
        this.fingerprints = new long[pieces];
        this.known = new boolean[pieces];
    }

    /** The first 64 bits of a piece's hash. */
    public static long fingerprint(Digest hash) {
        return fingerprint(hash.raw());
    }

    /** The first 64 bits of a piece's hash, given as 32 raw bytes. */
    public static long fingerprint(byte[] hash) {
        return ByteBuffer.wrap(hash).getLong();
    }

    /**
     * Notes a statement.
     *
     * @return whether it agrees with what was said before, if anything was
     */
    public boolean agree(int piece, long fingerprint) {
        if (!known[piece]) {
            known[piece] = true;
            fingerprints[piece] = fingerprint;
            return true;
        }
        return fingerprints[piece] == fingerprint;
    }

    /** Forgets what was said of a piece, because its blob turned out to be void. */
    public void forget(int piece) {
        known[piece] = false;
    }
}
