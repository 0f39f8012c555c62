package io.prestage.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The SHA-256 of some content, the only name under which Prestage knows it.
 *
 * <p>Written {@code sha256:<64 lower-case hex digits>} as in the OCI image specification. SHA-512, which that
 * specification also registers, is refused: the layout of the data partition has one folder, {@code blobs/sha256}.
 *
 * <p>Kept as its 32 bytes: every piece that passes a node carries one, and hardly any of them is ever written.
 */
public final class Digest implements Comparable<Digest> {
    /** Bytes of a SHA-256. */
    public static final int LENGTH = 32;

    private static final String PREFIX = "sha256:";

    private final byte[] raw;

    private Digest(byte[] raw) {
        this.raw = raw;
    }

    /**
     * The digest that is written with these digits.
     *
     * @param hex the 64 lower-case hexadecimal digits, without the {@code sha256:} before them
     * @throws IllegalArgumentException if the text is anything else, with a sentence that quotes it
     */
    public static Digest ofHex(String hex) {
        boolean written = hex.length() == 2 * LENGTH
                && hex.chars().allMatch(digit -> (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f'));
        if (!written) {
            throw new IllegalArgumentException("a SHA-256 is written with 64 digits of 0-9a-f, not '" + hex + "'");
        }
        return new Digest(HexFormat.of().parseHex(hex));
    }

    /**
     * Reads the written form.
     *
     * @param text {@code sha256:} and 64 lower-case hexadecimal digits
     * @throws IllegalArgumentException if the text is anything else, with a sentence that quotes it
     */
    @JsonCreator
    public static Digest parse(String text) {
        if (!text.startsWith(PREFIX)) {
            throw new IllegalArgumentException("only sha256 digests are supported, not '" + text + "'");
        }
        return ofHex(text.substring(PREFIX.length()));
    }

    /**
     * The digest whose 32 raw bytes these are.
     *
     * @throws IllegalArgumentException if there are more or fewer
     */
    public static Digest ofRaw(byte[] raw) {
        if (raw.length != LENGTH) {
            throw new IllegalArgumentException("a SHA-256 has " + LENGTH + " bytes, not " + raw.length);
        }
        return new Digest(raw.clone());
    }

    /** The digest of the content. */
    public static Digest of(byte[] content) {
        return new Digest(sha256().digest(content));
    }

    /** The digest of the buffer's remaining bytes, which it consumes. */
    public static Digest of(ByteBuffer content) {
        MessageDigest sha256 = sha256();
        sha256.update(content);
        return new Digest(sha256.digest());
    }

    /** A new SHA-256, which every Java runtime has to have. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no SHA-256", e);
        }
    }

    /** The 32 raw bytes, a new array. */
    public byte[] raw() {
        return raw.clone();
    }

    /** The 64 lower-case hexadecimal digits, without the {@code sha256:} before them. */
    public String hex() {
        return HexFormat.of().formatHex(raw);
    }

    /** The first 12 digits, for people to read. */
    public String brief() {
        return hex().substring(0, 12);
    }

    @Override
    public int compareTo(Digest other) {
        return Arrays.compareUnsigned(raw, other.raw);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Digest digest && Arrays.equals(raw, digest.raw);
    }

    @Override
    public int hashCode() {
        return ByteBuffer.wrap(raw).getInt();
    }

    @Override
    @JsonValue
    public String toString() {
        return PREFIX + hex();
    }
}
