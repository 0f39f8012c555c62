package io.prestage.node;

import java.time.Duration;

/** How fast a count grows, averaged over about three seconds. Safe for every thread. */
final class Pace {
    private static final double SPAN_NANOS = Duration.ofSeconds(3).toNanos();
    private static final long SHORTEST_NANOS = Duration.ofMillis(250).toNanos();

    private boolean started;
    private long lastCount;
    private long lastAt;
    private double perSecond;

    /**
     * Takes note of the count; looks closer together than a quarter of a second change nothing.
     *
     * @param count what has been counted so far
     * @param now nanoseconds of a monotonic clock
     * @return growth a second
     */
    synchronized long perSecond(long count, long now) {
        long since = now - lastAt;
        if (!started) {
            started = true;
        } else if (since < SHORTEST_NANOS) {
            return Math.round(perSecond);
        } else {
            double recent = (count - lastCount) * 1e9 / since;
            perSecond += Math.min(1, 2 * since / SPAN_NANOS) * (recent - perSecond);
        }
        lastAt = now;
        lastCount = count;
        return Math.round(perSecond);
    }
}
