package io.prestage.node;

import io.prestage.node.cluster.Cluster;
import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.Progress.Phase;
import io.prestage.node.monitor.Metrics;
import java.nio.file.Path;
import java.util.function.Supplier;

/** Names a node's metrics and says where each comes from. */
final class NodeMetrics {
    private NodeMetrics() {}

    static Metrics of(Tally tally, Supplier<Progress> progress, Cluster cluster, Path folder) {
        Metrics metrics = new Metrics();
        metrics.counter(
                "prestage.origin.received", "bytes", "Bytes of blobs received from the origin", tally.originBytes);
        metrics.counter("prestage.peer.received", "bytes", "Bytes of pieces received from peers", tally.peerBytes);
        metrics.counter("prestage.peer.sent", "bytes", "Bytes of pieces sent to peers", tally.sentBytes);
        metrics.counter("prestage.registry.sent", "bytes", "Bytes of blobs sent by the registry", tally.registryBytes);
        metrics.counter(
                "prestage.wasted", "bytes", "Bytes of pieces received and not needed or not usable", tally.wastedBytes);
        metrics.counter(
                "prestage.pieces.verified", null, "Pieces from peers that matched their hash", tally.piecesVerified);
        metrics.counters("prestage.pieces.rejected", "Pieces that were not taken", tally.piecesRejected);
        metrics.counters("prestage.origin.errors", "Requests to the origin that failed", tally.originErrors);
        metrics.gauge(
                "prestage.plan.bytes",
                "Bytes of the plan's blobs",
                () -> progress.get().planBytes());
        metrics.gauge(
                "prestage.verified.bytes",
                "Bytes of pieces held verified",
                () -> progress.get().verifiedBytes());
        metrics.gauge(
                "prestage.blobs", "Blobs in the plan", () -> progress.get().blobs());
        metrics.gauge(
                "prestage.blobs.complete",
                "Blobs visible in the layout",
                () -> progress.get().blobsComplete());
        metrics.gauge("prestage.cluster.members", "Members of the cluster", cluster::members);
        metrics.gauge(
                "prestage.seeds",
                "Members that fetch from the origin",
                () -> cluster.state().seeds());
        metrics.gauge(
                "prestage.disk.free.bytes",
                "Bytes free on the data partition",
                () -> folder.toFile().getUsableSpace());
        for (Phase phase : Phase.values()) {
            metrics.state(phase.name(), () -> progress.get().phase() == phase);
        }
        return metrics;
    }
}
