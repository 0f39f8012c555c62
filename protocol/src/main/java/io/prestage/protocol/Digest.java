package io.prestage.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The SHA-256 of some content, the only name under which Prestage knows it.
 *
 * <p>Written {@code sha256:<64 lower-case hex digits>} as in the OCI image specification. SHA-512, which that
 * specification also registers, is refused: the layout of the data partition has one folder, {@code blobs/sha256}.
 *
 * @param hex the 64 lower-case hexadecimal digits, without the {@code sha256:} before them
 */
public record Digest(String hex) implements Comparable<Digest> {
    /** Bytes of a SHA-256. */
    public static final int LENGTH = 32;

    private static final String PREFIX = "sha256:";
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

    /** Checks the form of the digits. */
    public Digest {
        if (!HEX.matcher(hex).matches()) {
            throw new IllegalArgumentException("a SHA-256 is written with 64 digits of 0-9a-f, not '" + hex + "'");
        }
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
        return new Digest(text.substring(PREFIX.length()));
    }

    /** The digest whose 32 raw bytes these are. */
    public static Digest ofRaw(byte[] raw) {
        return new Digest(HexFormat.of().formatHex(raw));
    }

    /** The digest of the content. */
    public static Digest of(byte[] content) {
        return ofRaw(sha256().digest(content));
    }

    /** The digest of the buffer's remaining bytes, which it consumes. */
    public static Digest of(ByteBuffer content) {
        MessageDigest sha256 = sha256();
        sha256.update(content);
        return ofRaw(sha256.digest());
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
        return HexFormat.of().parseHex(hex);
    }

    /** The first 12 digits, for people to read. */
    public String brief() {
        return hex.substring(0, 12);
    }

    @Override
    public int compareTo(Digest other) {
        return hex.compareTo(other.hex);
    }

    @Override
    @JsonValue
    public String toString() {
        return PREFIX + hex;
    }
}
