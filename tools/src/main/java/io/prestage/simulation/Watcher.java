package io.prestage.simulation;

/** Sees a simulation run. Servers are their places in the scenario, times nanoseconds from its start. */
public interface Watcher {
    /** Sees nothing. */
    Watcher NONE = new Watcher() {};

    /** A server begins to send a piece. */
    default void sends(int from, int to, int piece, long now) {}

    /** A server has verified a piece. */
    default void verified(int server, int piece, long now) {}

    /** A server closes its connection to another. */
    default void drops(int server, int other, String reason, long now) {}

    /** A server holds everything. */
    default void finished(int server, long now) {}
}
