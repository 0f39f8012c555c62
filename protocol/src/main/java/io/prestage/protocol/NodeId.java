package io.prestage.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * Names one run of one node: 128 random bits, drawn at its start.
 *
 * <p>A restarted node is a new one, so nothing that was known of its former run is mistaken for its present state. People
 * see the server's name instead.
 *
 * @param high the first 64 bits
 * @param low the last 64 bits
 */
public record NodeId(long high, long low) implements Comparable<NodeId> {
    /** Bytes of an id on the wire. */
    public static final int LENGTH = 16;

    /** Draws a new id. */
    public static NodeId random(RandomGenerator random) {
        return new NodeId(random.nextLong(), random.nextLong());
    }

    /**
     * Reads the 32 hexadecimal digits that {@link #toString} writes.
     *
     * @throws IllegalArgumentException if the text is anything else
     */
    @JsonCreator
    public static NodeId parse(String text) {
        if (text.length() != 2 * LENGTH) {
            throw new IllegalArgumentException("a node's id has 32 hexadecimal digits, not '" + text + "'");
        }
        return new NodeId(
                HexFormat.fromHexDigitsToLong(text, 0, LENGTH),
                HexFormat.fromHexDigitsToLong(text, LENGTH, 2 * LENGTH));
    }

    // Looked up with every message; what records have by themselves goes through method handles, which cost more than
    // the look.

    @Override
    public boolean equals(Object other) {
        return other instanceof NodeId node && node.high == high && node.low == low;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(high ^ low);
    }

    @Override
    public int compareTo(NodeId other) {
        int first = Long.compareUnsigned(high, other.high);
        return first != 0 ? first : Long.compareUnsigned(low, other.low);
    }

    @Override
    @JsonValue
    public String toString() {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(high) + hex.toHexDigits(low);
    }
}
