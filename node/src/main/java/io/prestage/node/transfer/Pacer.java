package io.prestage.node.transfer;

import io.prestage.protocol.Rate;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Says when the next bytes may go, so that no more go than a rate allows.
 *
 * <p>Bytes are counted when they go and waited for afterwards, so what goes at once should be small. Time that was not used is
 * made up for, but no more than {@link #SLACK} of it: enough for a thread that wakes late, too little for a burst. Safe for every
 * thread; {@code now} is {@link System#nanoTime}.
 */
public final class Pacer {
    private static final Duration SLACK = Duration.ofMillis(20);

    private final double nanosPerByte;
    private boolean begun;
    /** When what has gone would all have gone, at the rate. */
    private long due;

    /** Nothing has gone yet. */
    public Pacer(Rate rate) {
        this.nanosPerByte = TimeUnit.SECONDS.toNanos(1) * (double) Byte.SIZE / rate.bitsPerSecond();
    }

    /** Counts bytes that go now. */
    public synchronized void count(long bytes, long now) {
        long earliest = now - SLACK.toNanos();
        if (!begun || due - earliest < 0) {
            due = begun ? earliest : now;
            begun = true;
        }
        due += Math.round(bytes * nanosPerByte);
    }

    /** Nanoseconds until more may go; 0 if it may at once. */
    public synchronized long delay(long now) {
        return begun ? Math.max(0, due - now) : 0;
    }

    /** Counts bytes that came, and holds the calling thread up until more may. */
    public void pass(long bytes) throws InterruptedException {
        long now = System.nanoTime();
        count(bytes, now);
        TimeUnit.NANOSECONDS.sleep(delay(now));
    }

    /** How long so many bytes take. */
    public Duration timeOf(long bytes) {
        return Duration.ofNanos(Math.round(bytes * nanosPerByte));
    }

    /** How many bytes go in a while. */
    public int bytesIn(Duration stretch) {
        return (int) Math.min(Integer.MAX_VALUE, Math.round(stretch.toNanos() / nanosPerByte));
    }
}
