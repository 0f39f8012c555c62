package io.prestage.node;

import io.prestage.node.cluster.Cluster;
import io.prestage.node.cluster.Member;
import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.monitor.EventLog;
import io.prestage.node.monitor.FleetView;
import io.prestage.node.monitor.NodeView;
import io.prestage.protocol.PieceSet;
import io.prestage.protocol.Pieces;
import io.prestage.protocol.Plan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What a node shows of its fleet and of itself. Safe for every thread. */
final class Views {
    private final String clusterName;
    private final Cluster cluster;
    private final Supplier<Member> member;
    private final Supplier<Progress> progress;
    private final Supplier<Optional<Session>> session;
    private final Feeders feeders;
    private final EventLog log;

    /**
     * Views of these.
     *
     * @param member this node
     * @param progress how far it is
     * @param session what it stages, once there is a plan
     */
    Views(
            String clusterName,
            Cluster cluster,
            Supplier<Member> member,
            Supplier<Progress> progress,
            Supplier<Optional<Session>> session,
            Feeders feeders,
            EventLog log) {
        this.clusterName = clusterName;
        this.cluster = cluster;
        this.member = member;
        this.progress = progress;
        this.session = session;
        this.feeders = feeders;
        this.log = log;
    }

    /** The fleet as its coordinator last told of it. */
    FleetView fleet() {
        return FleetView.of(clusterName, member.get().name(), cluster.state(), cluster.members(), cluster.servers());
    }

    /** This node as it is now, judged as its coordinator last did. */
    ServerStatus server() {
        ServerStatus now = ServerStatus.of(member.get(), progress.get(), feeders.busiest(System.nanoTime()));
        return cluster.servers().stream()
                .filter(server -> server.member().id().equals(now.member().id()))
                .findFirst()
                .map(now::judgedLike)
                .orElse(now);
    }

    /** This node in detail. */
    NodeView node() {
        return new NodeView(server(), session.get().map(Views::blobs).orElse(List.of()), log.last());
    }

    /** What a server is called, by the id of its node; the id itself if nobody knows. */
    static String nameOf(Cluster cluster, String id) {
        return cluster.servers().stream()
                .map(ServerStatus::member)
                .filter(known -> known.id().toString().equals(id))
                .map(Member::name)
                .findFirst()
                .orElse(id);
    }

    private static List<NodeView.Blob> blobs(Session session) {
        Pieces pieces = session.pieces();
        PieceSet held = session.store().held();
        List<NodeView.Blob> blobs = new ArrayList<>();
        for (int blob = 0; blob < pieces.blobs(); blob++) {
            Plan.Blob planned = session.plan().blobs().get(blob);
            long verified = 0;
            for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
                verified += held.contains(piece) ? pieces.length(piece) : 0;
            }
            blobs.add(new NodeView.Blob(
                    planned.digest(), planned.size(), verified, session.store().isVerified(blob)));
        }
        blobs.sort(Comparator.comparingLong(NodeView.Blob::bytes).reversed());
        return blobs;
    }
}
