package io.prestage.node;

import io.prestage.node.cluster.Feeder;
import io.prestage.protocol.NodeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Tells which peers a node receives from at present: how much of each came between the last two looks, which are a second and a
 * half or more apart. Safe for every thread.
 */
final class Feeders {
    /** So that who asks once a second looks every other time, and who asks every three seconds each time. */
    private static final long APART_NANOS = Duration.ofMillis(1500).toNanos();

    private final Tally tally;
    private final Map<NodeId, Long> counted = new HashMap<>();
    private boolean looked;
    private long lookedAt;
    private List<Feeder> busiest = List.of();

    Feeders(Tally tally) {
        this.tally = tally;
    }

    /**
     * The busiest first, {@link Feeder#MOST} at most.
     *
     * @param now nanoseconds of a monotonic clock
     */
    synchronized List<Feeder> busiest(long now) {
        if (!looked || now - lookedAt >= APART_NANOS) {
            busiest = look(now);
            looked = true;
            lookedAt = now;
        }
        return busiest;
    }

    /** Runs too seldom to be compiled: loops do with a fraction of what streams take. */
    private List<Feeder> look(long now) {
        double seconds = (now - lookedAt) / 1e9;
        List<Feeder> found = new ArrayList<>(Feeder.MOST + 1);
        for (Map.Entry<NodeId, LongAdder> from : tally.receivedFrom.entrySet()) {
            long bytes = from.getValue().sum();
            Long before = counted.put(from.getKey(), bytes);
            long rate = Math.round((bytes - (before == null ? 0 : before)) / seconds);
            if (looked && rate > 0) {
                insert(found, new Feeder(from.getKey(), rate));
            }
        }
        return List.copyOf(found);
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
