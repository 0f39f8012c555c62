package io.prestage.node.cluster;

import java.util.List;

/** What a node shows of its fleet. Safe for every thread. */
interface Fleet {
    /** Every server that is known, in {@link Coordinator#inOrder order}, as of {@link #toldAt}. */
    List<ServerStatus> servers();

    /** When that was so, in nanoseconds of the coordinator's clock. */
    long toldAt();

    /** The whole fleet in a few numbers, as its coordinator adds it up; it may know of more servers. */
    FleetBrief brief();

    /** The servers as of then, as far as time alone changes what is told of them. */
    default List<ServerStatus> servers(long now) {
        return servers().stream().map(server -> server.after(now - toldAt())).toList();
    }

    /**
     * What this node has put together.
     *
     * @param servers every server that it knows of
     * @param brief the fleet in a few numbers
     * @param toldAt when that was so
     */
    record Known(List<ServerStatus> servers, FleetBrief brief, long toldAt) implements Fleet {
        /** With what these servers add up to. */
        static Known of(List<ServerStatus> servers, long toldAt) {
            return new Known(servers, FleetBrief.of(servers), toldAt);
        }
    }
}
