package io.prestage.node.store;

import io.prestage.protocol.Digest;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * What a journal says of a piece that was written, so that a later run can tell whether the bytes reached the disk.
 *
 * <p>Its SHA-256; or where nobody needs that, because the piece goes to no peer, a CRC-32C, which costs next to nothing. 28 zeros
 * stand before one, which no SHA-256 that anybody will ever see begins with. The blob's digest is compared in any case.
 */
final class Claim {
    private static final int ZEROS = Digest.LENGTH - Integer.BYTES;

    private Claim() {}

    /** The claim of a piece whose hash is not known. */
    static byte[] ofUnhashed(ByteBuffer content) {
        CRC32C crc = new CRC32C();
        crc.update(content.duplicate());
        return ByteBuffer.allocate(Digest.LENGTH)
                .putInt(ZEROS, (int) crc.getValue())
                .array();
    }

    /**
     * The SHA-256 of the content, if it is what was claimed.
     *
     * @param claim 32 bytes
     * @param content holds the piece in its first {@code length} bytes
     */
    static Optional<byte[]> prove(byte[] claim, byte[] content, int length) {
        byte[] hash = Digest.of(ByteBuffer.wrap(content, 0, length)).raw();
        boolean unhashed = Arrays.equals(claim, 0, ZEROS, new byte[ZEROS], 0, ZEROS);
        byte[] actual = unhashed ? ofUnhashed(ByteBuffer.wrap(content, 0, length)) : hash;
        return Arrays.equals(claim, actual) ? Optional.of(hash) : Optional.empty();
    }
}
