package io.prestage.node.swarm;

import java.time.Duration;

/**
 * Decides when what is gathered for a node's neighbours leaves: at once after a silence, else some time after the last that left.
 *
 * <p>Pure; times are nanoseconds of any monotonic clock. Not thread-safe.
 */
public final class Gathering {
    private final long apart;
    private long leftAt;
    private boolean any;

    private Gathering(Duration apart, long now) {
        this.apart = apart.toNanos();
        this.leftAt = now - this.apart;
    }

    /**
     * Of {@link Commands#announce announcements}: at 100 Mbit/s a node with 8 neighbours tells of 190 pieces a second, each 8 times; a
     * message for each is most of what its thread does.
     */
    public static Gathering ofAnnouncements(long now) {
        return new Gathering(Duration.ofMillis(20), now);
    }

    /** Of {@link Commands#mention mentions}, which nobody waits for. */
    public static Gathering ofMentions(long now) {
        return new Gathering(Duration.ofMillis(250), now);
    }

    /**
     * Something is to leave.
     *
     * @return whether it is the first, so that {@link #due} tells something new
     */
    public boolean add() {
        boolean first = !any;
        any = true;
        return first;
    }

    /** When what has been gathered is to leave; maybe in the past. */
    public long due() {
        return leftAt + apart;
    }

    /** All that was gathered leaves. */
    public void left(long now) {
        leftAt = now;
        any = false;
    }
}
