package io.prestage.node.cluster;

import io.prestage.node.cluster.Progress.Phase;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.NodeId;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Concludes from a fleet's reports how each server gets on: which state it is in, why, and how long it will still take.
 *
 * <p>Pure: time is told in nanoseconds of a monotonic clock. Kept by every member from what is published, so that whoever becomes
 * coordinator knows what went before. Not thread-safe.
 */
final class Conditions {
    /**
     * Servers report every three seconds; one that is not heard of for so long hangs, or its network is cut. It is two reports, and as
     * late again as one may be on a busy server: whoever waits is told of it within 15 s.
     */
    private static final Duration SILENCE = Duration.ofMillis(7500);

    /** Without a new piece for so long, a server that could have one is stuck: pieces take tens of milliseconds. */
    private static final Duration STILL = Duration.ofSeconds(8);

    /** Over so long, a pace is compared with that of others. */
    private static final Duration CRAWL_SPAN = Duration.ofSeconds(10);

    /** So many times slower than the median server is stuck too: it takes hours where others take minutes. */
    private static final double CRAWL = 50;

    private final Map<NodeId, FillHistory> histories = new HashMap<>();
    private final Map<NodeId, Long> heardAt = new HashMap<>();
    private final Map<NodeId, Long> waitingSince = new HashMap<>();
    private Optional<Long> plannedAt = Optional.empty();

    /**
     * What a server could have.
     *
     * @param cluster whether there is a plan
     * @param fromPeers whether another present server holds a piece that it lacks
     * @param medianPace bytes a second of the fleet's median server so far
     */
    record Chances(boolean cluster, boolean fromPeers, double medianPace) {}

    /** A plan became known, or another took its place: nobody could have got on before. */
    void planned(long now) {
        plannedAt = Optional.of(now);
        histories.clear();
    }

    /** A server told how far it is, or the coordinator told it for the server. */
    void reported(NodeId id, Progress progress, long now) {
        heardAt.put(id, now);
        if (progress.phase() == Phase.WAITING) {
            waitingSince.putIfAbsent(id, now);
        } else {
            waitingSince.remove(id);
        }
        if (progress.phase() != Phase.FILLING) {
            histories.remove(id);
            return;
        }
        FillHistory history = histories.computeIfAbsent(id, unknown -> new FillHistory(progress.verifiedBytes(), now));
        history.filled(progress.verifiedBytes(), now);
    }

    /** Forgets all servers but these. */
    void retain(Collection<NodeId> known) {
        histories.keySet().retainAll(known);
        heardAt.keySet().retainAll(known);
        waitingSince.keySet().retainAll(known);
    }

    /** How a server gets on; the time that is left counts from when it last reported. */
    Condition of(ServerStatus server, Chances chances, long now) {
        Progress progress = server.progress();
        if (progress.complete()) {
            return Condition.of(ServerState.COMPLETE, "");
        }
        if (progress.phase() == Phase.FAILED) {
            return Condition.of(ServerState.FAILED, progress.problem());
        }
        if (!server.present()) {
            return Condition.of(
                    ServerState.STALLED,
                    "it left the cluster " + share(progress)
                            + " full: its node was stopped, or the server was switched off or cut off");
        }
        long silent = silentNanos(server.member().id(), now);
        if (isSilent(silent)) {
            return silent(silent);
        }
        return switch (progress.phase()) {
            case WAITING -> waiting(server, chances, now);
            case CHECKING -> Condition.of(ServerState.FILLING, "it checks what its disk holds already");
            default -> filling(server, chances, now);
        };
    }

    /** How long a server has not been heard of. */
    long silentNanos(NodeId id, long now) {
        return now - heardAt.getOrDefault(id, now);
    }

    /** Whether no report for so long is more than some lost messages. */
    static boolean isSilent(long nanos) {
        return nanos >= SILENCE.toNanos();
    }

    /** What is concluded of a server that has not reported for so long. */
    static Condition silent(long nanos) {
        return Condition.of(
                ServerState.STALLED,
                "nothing was heard of it for " + seconds(nanos) + " s: its node hangs, or its network is cut");
    }

    private Condition waiting(ServerStatus server, Chances chances, long now) {
        Progress progress = server.progress();
        if (!progress.problem().isEmpty()) {
            return Condition.of(ServerState.WAITING, progress.problem());
        }
        if (!chances.cluster()) {
            return Condition.of(ServerState.WAITING, "no seed has offered a plan yet");
        }
        long waiting = now - waitingSince.getOrDefault(server.member().id(), now);
        long late = Math.min(waiting, now - plannedAt.orElse(now));
        if (late < STILL.toNanos()) {
            return Condition.of(ServerState.WAITING, "it fetches the plan");
        }
        return Condition.of(
                ServerState.STALLED,
                progress.peers() == 0
                        ? "no other server is connected to it, so it has no plan: is its --swarm-port reachable?"
                        : "it could have had the plan for " + seconds(late) + " s and has not begun");
    }

    private Condition filling(ServerStatus server, Chances chances, long now) {
        Progress progress = server.progress();
        FillHistory history = histories.get(server.member().id());
        if (history == null) {
            return Condition.of(ServerState.FILLING, progress.problem());
        }
        if (progress.verifiedBytes() >= progress.planBytes()) {
            return new Condition(ServerState.FILLING, "it flushes the last blobs to its disk", Optional.of(0L));
        }
        long quiet = history.quietNanos(now);
        if (quiet >= STILL.toNanos()) {
            return still(server, chances, quiet);
        }
        Optional<Double> pace = history.pace(CRAWL_SPAN.toNanos(), now);
        if (chances.fromPeers() && pace.isPresent() && pace.get() < chances.medianPace() / CRAWL) {
            return Condition.of(
                    ServerState.STALLED,
                    "it receives " + new Bytes(Math.round(pace.get())) + "/s where the median server had "
                            + new Bytes(Math.round(chances.medianPace()))
                            + "/s: look at its link, its disk and --download-limit");
        }
        Optional<Long> left = history.nanosLeft(progress.planBytes()).map(TimeUnit.NANOSECONDS::toMillis);
        return new Condition(ServerState.FILLING, progress.problem(), left);
    }

    private static Condition still(ServerStatus server, Chances chances, long quiet) {
        String so = "nothing came for " + seconds(quiet) + " s: ";
        Progress progress = server.progress();
        if (!progress.problem().isEmpty()) {
            return Condition.of(ServerState.STALLED, progress.problem());
        }
        if (!chances.fromPeers() && server.member().fetches()) {
            return Condition.of(ServerState.STALLED, so + "the origin sends nothing more");
        }
        if (!chances.fromPeers()) {
            return Condition.of(ServerState.WAITING, "it holds all that the fleet holds: it waits for a seed");
        }
        return Condition.of(
                ServerState.STALLED,
                so
                        + (progress.peers() == 0
                                ? "it is connected to no other server; look at its link and its --swarm-port"
                                : "its peers hold what it lacks, so look at its link and its disk"));
    }

    private static String share(Progress progress) {
        return (progress.planBytes() == 0 ? 0 : 100 * progress.verifiedBytes() / progress.planBytes()) + "%";
    }

    private static long seconds(long nanos) {
        return Duration.ofNanos(nanos).toSeconds();
    }
}
