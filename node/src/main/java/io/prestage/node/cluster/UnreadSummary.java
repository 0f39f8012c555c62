package io.prestage.node.cluster;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the coordinator told of all servers, read when somebody asks for the first time. Thread-safe. */
final class UnreadSummary implements Fleet {
    private static final Logger LOG = LoggerFactory.getLogger(UnreadSummary.class);

    private final Bulletin.Summary summary;
    private final long toldAt;
    private List<ServerStatus> servers;

    /**
     * Keeps it.
     *
     * @param toldAt when it came, in nanoseconds of the coordinator's clock
     */
    UnreadSummary(Bulletin.Summary summary, long toldAt) {
        this.summary = summary;
        this.toldAt = toldAt;
    }

    /** The servers in {@link Coordinator#inOrder order}; none if the rows cannot be read. */
    @Override
    public synchronized List<ServerStatus> servers() {
        if (servers == null) {
            try {
                servers = Coordinator.inOrder(summary.servers());
            } catch (IllegalArgumentException e) {
                LOG.warn("the coordinator's summary cannot be read: {}", e.getMessage());
                servers = List.of();
            }
        }
        return servers;
    }

    @Override
    public FleetBrief brief() {
        return summary.brief();
    }

    @Override
    public long toldAt() {
        return toldAt;
    }
}
