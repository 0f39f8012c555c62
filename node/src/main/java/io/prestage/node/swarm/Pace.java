package io.prestage.node.swarm;

/**
 * How fast pieces follow each other in one direction while there is something to carry: a moving average of the time from one's end,
 * or from when the next was begun if that was later, to the next one's end. Not thread-safe.
 */
final class Pace {
    private final double weight;
    private double nanos;
    private long lastEnd = Long.MIN_VALUE;

    /**
     * Knows nothing yet.
     *
     * @param weight of the latest piece in the average, more than 0 and at most 1
     */
    Pace(double weight) {
        this.weight = weight;
    }

    /** A piece is through, which was begun or asked for at some time. */
    void ended(long begun, long now) {
        double took = Math.max(1, now - Math.max(begun, lastEnd));
        nanos = nanos == 0 ? took : (1 - weight) * nanos + weight * took;
        lastEnd = now;
    }

    /** Whether a piece has been through. */
    boolean isKnown() {
        return nanos > 0;
    }

    /** Nanoseconds from piece to piece; 0 before the first. */
    double nanos() {
        return nanos;
    }
}
