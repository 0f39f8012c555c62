package io.prestage.simulation;

/**
 * What a server's kernel holds for one neighbour. It takes as much as it has room for at once, and a piece counts as sent when it
 * has taken all of it.
 */
final class SendBuffer {
    private final long room;

    /** Bytes of pieces that were begun and are not through. */
    private long unsent;

    /** Whether not all of the last piece is taken. */
    private boolean waits;

    /** An empty one with room for so many bytes. */
    SendBuffer(long room) {
        this.room = room;
    }

    /** A piece is begun, those before it having been taken; returns whether the kernel takes all of it at once. */
    boolean begin(int bytes) {
        unsent += bytes;
        waits = unsent > room;
        return !waits;
    }

    /** So much of the last piece is through that the kernel takes the rest; returns whether it had not yet. */
    boolean take() {
        boolean waited = waits;
        waits = false;
        return waited;
    }

    /** A piece is through; returns whether the kernel now takes all of the last one. */
    boolean through(int bytes) {
        unsent -= bytes;
        return unsent <= room && take();
    }
}
