package io.prestage.node;

import io.prestage.node.cluster.Feeder;
import io.prestage.protocol.NodeId;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Tells which peers a node receives from at present. Safe for every thread. */
final class Feeders {
    private final Tally tally;
    private final Map<NodeId, Pace> paces = new HashMap<>();

    Feeders(Tally tally) {
        this.tally = tally;
    }

    /**
     * The busiest, {@link Feeder#MOST} at most.
     *
     * @param now nanoseconds of a monotonic clock
     */
    synchronized List<Feeder> busiest(long now) {
        return tally.receivedFrom.entrySet().stream()
                .map(from -> new Feeder(
                        from.getKey(),
                        paces.computeIfAbsent(from.getKey(), any -> new Pace())
                                .perSecond(from.getValue().sum(), now)))
                .filter(feeder -> feeder.bytesPerSecond() > 0)
                .sorted(Comparator.comparingLong(Feeder::bytesPerSecond).reversed())
                .limit(Feeder.MOST)
                .toList();
    }
}
