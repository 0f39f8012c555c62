package io.prestage.node.cluster;

import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * How one server filled so far, kept thin: enough to tell when it last got on, how fast of late, and how long the rest takes.
 *
 * <p>The rest is foretold from the latter two thirds of the time so far. That forgets the slow first seconds of a fleet, yet is long
 * enough to even out that pieces come in bursts. Pure; times are nanoseconds of a monotonic clock.
 */
final class FillHistory {
    /** Samples kept; when there are more, every other one goes. */
    private static final int MOST = 64;

    private static final long FIRST_SPACING = TimeUnit.MILLISECONDS.toNanos(500);

    /** Less time than this says nothing of the pace. */
    private static final long LEAST_SPAN = TimeUnit.SECONDS.toNanos(2);

    private final long[] at = new long[MOST];
    private final long[] bytes = new long[MOST];
    private int samples;
    private long spacing = FIRST_SPACING;
    private long lastAt;
    private long lastBytes;
    private long grownAt;

    /** Begins with what was there at the beginning. */
    FillHistory(long verified, long now) {
        begin(verified, now);
    }

    /** So much is there now; less than before means that a blob was begun anew. */
    void filled(long verified, long now) {
        if (verified < lastBytes) {
            begin(verified, now);
            return;
        }
        if (verified > lastBytes) {
            grownAt = now;
        }
        lastAt = now;
        lastBytes = verified;
        if (now - at[samples - 1] >= spacing) {
            add(verified, now);
        }
    }

    /** What was there when it was last told. */
    long verified() {
        return lastBytes;
    }

    /** How long nothing has been added. */
    long quietNanos(long now) {
        return now - grownAt;
    }

    /** Counts the time without growth from now on: before, there was nothing to be had. */
    void excuse(long now) {
        grownAt = now;
    }

    /** Bytes a second over about so long; nothing before it has filled for that long. */
    Optional<Double> pace(long span, long now) {
        if (now - at[0] < span) {
            return Optional.empty();
        }
        int since = samples - 1;
        while (since > 0 && now - at[since] < span) {
            since--;
        }
        return Optional.of((lastBytes - bytes[since]) * 1e9 / (now - at[since]));
    }

    /**
     * How long the rest will take.
     *
     * @param total bytes in the end
     * @return nothing if there is no pace yet
     */
    Optional<Long> nanosLeft(long total, long now) {
        long begun = at[0] + (lastAt - at[0]) / 3;
        int since = samples - 1;
        while (since > 0 && at[since] > begun) {
            since--;
        }
        long span = lastAt - at[since];
        long grown = lastBytes - bytes[since];
        if (span < LEAST_SPAN || grown <= 0) {
            return Optional.empty();
        }
        double rest = (double) span * (total - lastBytes) / grown;
        return Optional.of(Math.max(0, (long) rest - (now - lastAt)));
    }

    private void begin(long verified, long now) {
        samples = 0;
        spacing = FIRST_SPACING;
        lastAt = now;
        lastBytes = verified;
        grownAt = now;
        add(verified, now);
    }

    private void add(long verified, long now) {
        if (samples == MOST) {
            for (int kept = 0; kept < MOST / 2; kept++) {
                at[kept] = at[2 * kept];
                bytes[kept] = bytes[2 * kept];
            }
            samples = MOST / 2;
            spacing *= 2;
        }
        at[samples] = now;
        bytes[samples] = verified;
        samples++;
    }
}
