package io.prestage.disk;

import io.prestage.protocol.Bytes;
import java.util.Objects;

/**
 * The partition that somebody wants.
 *
 * @param number in the table, 1 to 128
 * @param label its name in the table
 * @param size at least {@link #SMALLEST}
 */
public record PartitionRequest(int number, PartitionLabel label, Bytes size) {
    /** What a new GPT has room for. */
    public static final int MOST = 128;

    /** What mkfs.xfs makes no filesystem below. */
    public static final Bytes SMALLEST = new Bytes(300L << 20);

    /**
     * Checks number and size.
     *
     * @throws IllegalArgumentException with a sentence
     */
    public PartitionRequest {
        Objects.requireNonNull(label, "label");
        if (number < 1 || number > MOST) {
            throw new IllegalArgumentException("a partition's number is 1 to " + MOST + ", not " + number);
        }
        if (size.compareTo(SMALLEST) < 0) {
            throw new IllegalArgumentException(
                    size + " is too small for a data partition: take " + SMALLEST + " at least");
        }
    }
}
