package io.prestage.node;

import io.prestage.node.cluster.Feeder;
import io.prestage.protocol.NodeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Tells which peers a node receives from at present. Safe for every thread. */
final class Feeders {
    private final Tally tally;
    private final Map<NodeId, Pace> paces = new HashMap<>();

    Feeders(Tally tally) {
        this.tally = tally;
    }

    /**
     * The busiest first, {@link Feeder#MOST} at most. Once a second, so that it is never compiled; loops do with a fraction of what
     * streams take.
     *
     * @param now nanoseconds of a monotonic clock
     */
    synchronized List<Feeder> busiest(long now) {
        List<Feeder> busiest = new ArrayList<>(Feeder.MOST + 1);
        for (Map.Entry<NodeId, LongAdder> from : tally.receivedFrom.entrySet()) {
            Pace pace = paces.get(from.getKey());
            if (pace == null) {
                pace = new Pace();
                paces.put(from.getKey(), pace);
            }
            long rate = pace.perSecond(from.getValue().sum(), now);
            if (rate > 0) {
                insert(busiest, new Feeder(from.getKey(), rate));
            }
        }
        return busiest;
    }

    private static void insert(List<Feeder> busiest, Feeder feeder) {
        int place = busiest.size();
        while (place > 0 && busiest.get(place - 1).bytesPerSecond() < feeder.bytesPerSecond()) {
            place--;
        }
        busiest.add(place, feeder);
        if (busiest.size() > Feeder.MOST) {
            busiest.remove(Feeder.MOST);
        }
    }
}
