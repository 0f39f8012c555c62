package io.prestage.node.cluster;

import java.util.List;

/** What a node shows of its fleet. Safe for every thread. */
interface Fleet {
    /** Every server that is known, in {@link Coordinator#inOrder order}. */
    List<ServerStatus> servers();

    /** The whole fleet in a few numbers, as its coordinator adds it up; it may know of more servers. */
    FleetBrief brief();

    /**
     * What this node has put together.
     *
     * @param servers every server that it knows of
     * @param brief the fleet in a few numbers
     */
    record Known(List<ServerStatus> servers, FleetBrief brief) implements Fleet {
        /** With what these servers add up to. */
        static Known of(List<ServerStatus> servers) {
            return new Known(servers, FleetBrief.of(servers));
        }
    }
}
