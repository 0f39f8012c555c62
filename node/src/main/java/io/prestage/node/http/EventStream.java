package io.prestage.node.http;

/** The way to one client that listens to events. Safe for use by many threads. */
public interface EventStream extends AutoCloseable {
    /**
     * Sends an event, unless the client has not taken the earlier ones yet: events tell the newest state, so those that
     * a slow client cannot take are left out rather than kept in memory.
     *
     * @param event the event's name, of one line
     * @param data any text
     * @return whether the event was accepted
     */
    boolean send(String event, String data);

    /** Whether the client may still be there. */
    boolean isOpen();

    /** Runs an action when the stream ends, at once if it has; on an event loop, so it must not block. */
    void onClose(Runnable action);

    /** Ends the stream. */
    @Override
    void close();
}
