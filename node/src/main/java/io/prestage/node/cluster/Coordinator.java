package io.prestage.node.cluster;

import io.prestage.node.swarm.Ownership;
import io.prestage.protocol.Digest;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.PieceSet;
import io.prestage.protocol.Pieces;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the coordinator of a cluster concludes from the reports of its members.
 *
 * <p>Pure, and kept by every member from what is published, so that whoever becomes coordinator goes on from there. Not
 * thread-safe.
 */
final class Coordinator {
    private final Map<NodeId, ServerStatus> servers = new LinkedHashMap<>();
    private final Map<NodeId, byte[]> pieces = new LinkedHashMap<>();
    private Set<NodeId> view = Set.of();
    private ClusterState state = ClusterState.EMPTY;

    /** What was last published, or concluded since. */
    ClusterState state() {
        return state;
    }

    /** Every server that was heard of, present ones first, by name. */
    List<ServerStatus> servers() {
        return servers.values().stream()
                .sorted(Comparator.comparing((ServerStatus server) -> !server.present())
                        .thenComparing(server -> server.member().name())
                        .thenComparing(server -> server.member().id()))
                .toList();
    }

    /** Takes over what the coordinator published. */
    void published(ClusterState published) {
        state = published;
    }

    /** Takes over what the coordinator published of some servers. */
    void published(Collection<ServerStatus> published) {
        for (ServerStatus server : published) {
            servers.put(server.member().id(), server);
        }
        forgetFormerRuns();
    }

    /** The members that JGroups sees have changed. */
    void viewed(Collection<NodeId> members) {
        view = new LinkedHashSet<>(members);
        pieces.keySet().retainAll(view);
        servers.replaceAll((id, server) ->
                view.contains(id) ? server : new ServerStatus(server.member(), server.progress(), false, false, 0));
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
        boolean another = report.plan().isPresent()
                && state.plan()
                        .filter(plan -> plan.generation() > report.plan().get().generation())
                        .isPresent();
        Progress progress = another ? Progress.NONE : report.progress();
        boolean stillSafe = former != null && former.safeToPowerOff() && progress.complete();
        int alone = former == null ? 0 : former.soleHolderOf();
        servers.put(id, new ServerStatus(report.member(), progress, true, stillSafe, alone));
        if (report.plan().map(PlanOffer::plan).equals(state.plan().map(PlanOffer::plan))) {
            putHoldings(id, report.pieces());
        } else {
            pieces.remove(id);
        }
        forgetFormerRuns();
        long before = state.version();
        report.plan().ifPresent(this::adopt);
        conclude();
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
     * Tells which servers can be powered off, and what they alone hold.
     *
     * <p>Nothing is taken for granted: a member that has not reported may need everything, and a server that has not said what it
     * holds of the present plan is not safe.
     */
    void judge() {
        Map<NodeId, PieceSet> sets = new LinkedHashMap<>();
        Map<Integer, int[]> holders =
                new LinkedHashMap<>(); // by the length of what was reported, since one may be wrong
        pieces.forEach((id, held) -> {
            PieceSet set = PieceSet.ofBytes(held.length * Byte.SIZE, ByteBuffer.wrap(held));
            int[] counts = holders.computeIfAbsent(set.size(), int[]::new);
            set.forEach(piece -> counts[piece]++);
            sets.put(id, set);
        });
        boolean needed = view.stream()
                .map(servers::get)
                .anyMatch(server -> server == null || !server.progress().complete());
        servers.replaceAll((id, server) -> {
            PieceSet held = sets.get(id);
            int[] alone = {0};
            if (needed && server.present() && held != null) {
                int[] counts = holders.get(held.size());
                held.forEach(piece -> alone[0] += counts[piece] == 1 ? 1 : 0);
            }
            boolean safe = server.present() && server.progress().complete() && held != null && alone[0] == 0;
            return new ServerStatus(server.member(), server.progress(), server.present(), safe, alone[0]);
        });
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
        if (replaces) { // nobody has begun it, and those that left hold the one before
            servers.values().removeIf(server -> !server.present());
            servers.replaceAll((id, server) -> new ServerStatus(server.member(), Progress.NONE, true, false, 0));
        } else {
            servers.replaceAll(
                    (id, server) -> new ServerStatus(server.member(), server.progress(), server.present(), false, 0));
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
