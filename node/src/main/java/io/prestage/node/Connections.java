package io.prestage.node;

/**
 * How many ranges are fetched from an origin at a time. Each collects a piece in memory outside the heap, so it is as many as were asked
 * for only while pieces are small.
 */
final class Connections {
    /** Bytes of the pieces that are collected at a time; {@code bin/prestage} leaves a process 128 MiB outside the heap. */
    private static final long MOST_COLLECTED = 32 << 20;

    private Connections() {}

    /** As many as wanted, but no more than memory allows. */
    static int within(int wanted, int pieceSize) {
        return within(wanted, pieceSize, MOST_COLLECTED);
    }

    /**
     * The same where less than that may be on its way; two at the least, so that one is answered while the other is asked.
     *
     * @param bytes of whole pieces that are asked for at a time
     */
    static int within(int wanted, int pieceSize, long bytes) {
        long most = Math.min(bytes, MOST_COLLECTED) / pieceSize;
        return (int) Math.min(wanted, Math.max(2, most));
    }
}
