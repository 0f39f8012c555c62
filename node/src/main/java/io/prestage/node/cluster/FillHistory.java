package io.prestage.node.cluster;

import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * How one server filled so far, kept thin: enough to tell when it last got on, how fast of late, and how long the rest takes.
 *
 * <p>The rest is foretold from the latter two thirds of the time so far, or of the bytes so far where that is later. The first forgets
 * a pace that fell, the second the slow first seconds of a fleet; both are long enough to even out that pieces come in bursts. Pure;
 * times are nanoseconds of a monotonic clock.
 */
final class FillHistory {
    /** Samples kept; when there are more, every other one goes. */
    private static final int MOST = 64;

    private static final long FIRST_SPACING = TimeUnit.MILLISECONDS.toNanos(500);

    /** Less time than this says nothing of the pace. */
    private static final long LEAST_SPAN = TimeUnit.SECONDS.toNanos(2);

    /** Both grow from sample to sample; the last sample is what was told last. */
    private final long[] at = new long[MOST];

    private final long[] bytes = new long[MOST];
    private int samples;
    private long spacing = FIRST_SPACING;
    private long grownAt;

    /** Begins with what was there at the beginning. */
    FillHistory(long verified, long now) {
        begin(verified, now);
    }

    /** So much is there now; less than before means that a blob was begun anew. */
    void filled(long verified, long now) {
        if (verified < verified()) {
            begin(verified, now);
            return;
        }
        if (verified > verified()) {
            grownAt = now;
        }
        if (samples > 1 && at[samples - 1] - at[samples - 2] < spacing) {
            samples--;
        }
        add(verified, now);
    }

    /** What was there when it was last told. */
    long verified() {
        return bytes[samples - 1];
    }

    /** How long nothing has been added. */
    long quietNanos(long now) {
        return now - grownAt;
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
        return Optional.of((verified() - bytes[since]) * 1e9 / (now - at[since]));
    }

    /**
     * How long the rest will take, from when the last was told.
     *
     * @param total bytes in the end
     * @return nothing if there is no pace yet
     */
    Optional<Long> nanosLeft(long total) {
        long since = Math.max(third(at), read(bytes, third(bytes), at));
        long span = at[samples - 1] - since;
        long grown = verified() - read(at, since, bytes);
        if (span < LEAST_SPAN || grown <= 0) {
            return Optional.empty();
        }
        return Optional.of((long) ((double) span * (total - verified()) / grown));
    }

    /** What was a third of the way from the first to the last. */
    private long third(long[] of) {
        return of[0] + (of[samples - 1] - of[0]) / 3;
    }

    /** One of the two quantities where the other first was so much, had both grown evenly between samples. */
    private long read(long[] other, long much, long[] wanted) {
        int upper = 0;
        while (other[upper] < much) {
            upper++;
        }
        if (upper == 0) {
            return wanted[0];
        }
        int lower = upper - 1;
        double part = (double) (much - other[lower]) / (other[upper] - other[lower]);
        return wanted[lower] + (long) (part * (wanted[upper] - wanted[lower]));
    }

    private void begin(long verified, long now) {
        samples = 0;
        spacing = FIRST_SPACING;
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
