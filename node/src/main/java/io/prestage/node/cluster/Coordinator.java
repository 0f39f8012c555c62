package io.prestage.node.cluster;

import io.prestage.node.swarm.Ownership;
import io.prestage.protocol.Digest;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.Pieces;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * What the coordinator of a cluster concludes from the reports of its members.
 *
 * <p>Pure, and kept by every member from what is published, so that whoever becomes coordinator goes on from there. Not
 * thread-safe.
 */
final class Coordinator {
    /** As of when each was last heard of. */
    private final Map<NodeId, ServerStatus> servers = new LinkedHashMap<>();

    private final Map<NodeId, byte[]> pieces = new LinkedHashMap<>();
    private final Conditions conditions = new Conditions();
    private final LongSupplier clock;
    private Set<NodeId> view = Set.of();
    private ClusterState state = ClusterState.EMPTY;

    /**
     * Nobody is here.
     *
     * @param clock nanoseconds of a monotonic clock
     */
    Coordinator(LongSupplier clock) {
        this.clock = clock;
    }

    /** What was last published, or concluded since. */
    ClusterState state() {
        return state;
    }

    /** Every server that was heard of, present ones first, by name, as of now. */
    List<ServerStatus> servers() {
        long now = clock.getAsLong();
        return inOrder(
                servers.values().stream().map(server -> sinceHeard(server, now)).toList());
    }

    private ServerStatus sinceHeard(ServerStatus server, long now) {
        return server.after(conditions.silentNanos(server.member().id(), now));
    }

    /** Present servers first, by name. */
    static List<ServerStatus> inOrder(Collection<ServerStatus> servers) {
        return servers.stream()
                .sorted(Comparator.comparing((ServerStatus server) -> !server.present())
                        .thenComparing(server -> server.member().name())
                        .thenComparing(server -> server.member().id()))
                .toList();
    }

    /** Takes over what the coordinator published. */
    void published(ClusterState published) {
        if (!published.plan().map(PlanOffer::plan).equals(state.plan().map(PlanOffer::plan))) {
            conditions.planned(clock.getAsLong());
        }
        state = published;
    }

    /**
     * Takes over what the coordinator published of some servers.
     *
     * @param heardAt when that came, by the clock
     */
    void published(Collection<ServerStatus> published, long heardAt) {
        for (ServerStatus server : published) {
            servers.put(server.member().id(), server);
            if (server.present()) {
                conditions.reported(server.member().id(), server.progress(), heardAt);
            }
        }
        forgetFormerRuns();
    }

    /** The members that JGroups sees have changed. */
    void viewed(Collection<NodeId> members) {
        view = new LinkedHashSet<>(members);
        pieces.keySet().retainAll(view);
        servers.replaceAll((id, server) -> view.contains(id) ? server : server.gone());
        forgetFormerRuns();
        conclude();
    }

    /**
     * A member reports.
     *
     * @return whether that changes the state that all members know
     */
    boolean reported(Report report) {
        NodeId id = report.member().id();
        if (!view.contains(id)) {
            return false;
        }
        ServerStatus former = servers.get(id);
        boolean known = former != null && former.present() && former.member().equals(report.member());
        boolean another = report.plan().isPresent()
                && state.plan()
                        .filter(plan -> plan.generation() > report.plan().get().generation())
                        .isPresent();
        Progress progress = another ? Progress.NONE : report.progress();
        ServerStatus reported = ServerStatus.of(report.member(), progress, report.feeders());
        long now = clock.getAsLong();
        servers.put(id, former == null ? reported : reported.judgedLike(sinceHeard(former, now)));
        conditions.reported(id, progress, now);
        if (report.plan().map(PlanOffer::plan).equals(state.plan().map(PlanOffer::plan))) {
            putHoldings(id, report.pieces());
        } else {
            pieces.remove(id);
        }
        long before = state.version();
        report.plan().ifPresent(this::adopt);
        if (!known) { // who only got on changes nothing that all members know
            forgetFormerRuns();
            conclude();
        }
        return state.version() != before;
    }

    /**
     * A seed offers a plan, which is taken if the cluster has none, or if it is to replace the present one.
     *
     * @return whether that changes the state that all members know
     */
    boolean offered(PlanOffer offer, boolean replace) {
        Optional<PlanOffer> present = state.plan();
        if (present.isPresent() && (!replace || present.get().plan().equals(offer.plan()))) {
            return false;
        }
        Set<Digest> replaced = new LinkedHashSet<>();
        present.ifPresent(plan -> {
            replaced.addAll(plan.replaced());
            replaced.add(plan.plan());
        });
        replaced.remove(offer.plan());
        int generation = present.map(plan -> plan.generation() + 1).orElse(1);
        take(new PlanOffer(offer.plan(), offer.blobs(), offer.request(), generation, List.copyOf(replaced)));
        return true;
    }

    /**
     * Tells which servers can be powered off, what they alone hold, and how each gets on.
     *
     * <p>Nothing is taken for granted: a member that has not reported may need everything, and a server that has not said what it
     * holds of the present plan is not safe.
     */
    void judge() {
        PieceCounts counts = new PieceCounts(pieces);
        boolean needed = view.stream()
                .map(servers::get)
                .anyMatch(server -> server == null || !server.progress().complete());
        double median = medianPace();
        long now = clock.getAsLong();
        servers.replaceAll((id, server) -> {
            boolean known = counts.knows(id);
            int alone = needed && server.present() && known ? counts.alone(id) : 0;
            boolean safe = server.present() && server.progress().complete() && known && alone == 0;
            boolean fromPeers = server.present() && !server.progress().complete() && counts.othersHoldMore(id);
            Conditions.Chances chances = new Conditions.Chances(state.plan().isPresent(), fromPeers, median);
            return server.holding(safe, alone).in(conditions.of(server, chances, now));
        });
        conditions.retain(servers.keySet());
    }

    /** Bytes a second that the median server has filled with so far; 0 if none has begun. */
    private double medianPace() {
        double[] paces = servers.values().stream()
                .map(ServerStatus::progress)
                .filter(progress -> progress.elapsedMillis() > 0 && progress.verifiedBytes() > 0)
                .mapToDouble(progress -> progress.verifiedBytes() * 1e3 / progress.elapsedMillis())
                .sorted()
                .toArray();
        return paces.length == 0 ? 0 : paces[paces.length / 2];
    }

    /**
     * The coordinator itself is not heard of: all that a member can tell of the fleet until there is another.
     *
     * @param silentNanos for how long
     * @return whether that is so long that it counts as stalled
     */
    boolean suspect(NodeId coordinator, long silentNanos) {
        ServerStatus server = servers.get(coordinator);
        if (server == null
                || !Conditions.isSilent(silentNanos)
                || server.progress().complete()) {
            return false;
        }
        servers.put(coordinator, server.in(Conditions.silent(silentNanos)));
        return true;
    }

    private void putHoldings(NodeId id, byte[] held) {
        if (held.length <= Pieces.MAX / Byte.SIZE) {
            pieces.put(id, held);
        } else {
            pieces.remove(id);
        }
    }

    private void adopt(PlanOffer known) {
        int present = state.plan().map(PlanOffer::generation).orElse(0);
        if (known.generation() > present) {
            take(known);
        }
    }

    private void take(PlanOffer offer) {
        boolean replaces = state.plan().isPresent();
        state = new ClusterState(state.version() + 1, Optional.of(offer), state.members(), List.of());
        pieces.clear();
        conditions.planned(clock.getAsLong());
        if (replaces) { // nobody has begun it, and those that left hold the one before
            servers.values().removeIf(server -> !server.present());
            servers.replaceAll((id, server) -> ServerStatus.of(server.member(), Progress.NONE, List.of()));
        } else {
            servers.replaceAll((id, server) -> server.holding(false, 0));
        }
        conclude();
    }

    private void conclude() {
        List<Member> members = new ArrayList<>();
        for (NodeId id : view) {
            ServerStatus server = servers.get(id);
            if (server != null) {
                members.add(server.member());
            }
        }
        Ownership ownership = new Ownership(List.of());
        if (state.plan().isPresent()) {
            PlanOffer plan = state.plan().get();
            Ownership former = state.owners().size() == plan.blobs() ? state.ownership() : Ownership.none(plan.blobs());
            List<NodeId> seeds =
                    members.stream().filter(Member::fetches).map(Member::id).toList();
            ownership = former.after(plan.plan(), seeds);
        }
        ClusterState next = ClusterState.of(state.version() + 1, state.plan(), members, ownership);
        boolean same = next.members().equals(state.members()) && next.owners().equals(state.owners());
        if (!same) {
            state = next;
        }
    }

    /** A server that came back is known by its present run alone. */
    private void forgetFormerRuns() {
        Set<String> present = new LinkedHashSet<>();
        servers.values().stream()
                .filter(ServerStatus::present)
                .forEach(server -> present.add(server.member().name()));
        servers.values()
                .removeIf(server ->
                        !server.present() && present.contains(server.member().name()));
    }
}
