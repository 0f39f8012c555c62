package io.prestage.node;

import io.micrometer.core.instrument.Tags;
import io.prestage.node.cluster.Cluster;
import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.ServerState;
import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.monitor.FleetTotals;
import io.prestage.node.monitor.FleetView;
import io.prestage.node.monitor.Metrics;
import io.prestage.node.store.StoreCounters;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** Names a node's metrics and says where each comes from; {@code docs/watching.md} lists them for people. */
final class NodeMetrics {
    private final Metrics metrics = new Metrics();

    private NodeMetrics() {}

    /**
     * The metrics of one node.
     *
     * @param peers neighbours that are connected
     */
    static Metrics of(
            Tally tally, StoreCounters store, Views views, Supplier<Integer> peers, Cluster cluster, Path folder) {
        NodeMetrics named = new NodeMetrics();
        named.traffic(tally);
        named.node(named.metrics.atEachLook(views::server), peers, folder);
        named.store(store);
        named.cluster(cluster);
        named.fleet(named.metrics.atEachLook(views::fleet), cluster);
        return named.metrics;
    }

    private void traffic(Tally tally) {
        metrics.counter(
                "prestage.origin.received", "bytes", "Bytes of blobs received from the origin", tally.originBytes);
        metrics.counter("prestage.peer.received", "bytes", "Bytes of pieces received from peers", tally.peerBytes);
        metrics.counter("prestage.peer.sent", "bytes", "Bytes of pieces sent to peers", tally.sentBytes);
        metrics.counter("prestage.registry.sent", "bytes", "Bytes of blobs sent by the registry", tally.registryBytes);
        metrics.counter(
                "prestage.wasted", "bytes", "Bytes of pieces received and not needed or not usable", tally.wastedBytes);
        metrics.counter(
                "prestage.pieces.verified", null, "Pieces from peers that matched their hash", tally.piecesVerified);
        metrics.counters(
                "prestage.pieces.rejected", "Pieces that were not taken, by why they were not", tally.piecesRejected);
        metrics.counters("prestage.origin.errors", "Requests to the origin that failed, by why", tally.originErrors);
    }

    private void node(Supplier<ServerStatus> server, Supplier<Integer> peers, Path folder) {
        progress(
                "prestage.plan.bytes",
                "Bytes of the plan's blobs; 0 before there is a plan",
                server,
                Progress::planBytes);
        progress("prestage.verified.bytes", "Bytes of pieces held verified", server, Progress::verifiedBytes);
        progress("prestage.blobs", "Blobs in the plan", server, Progress::blobs);
        progress("prestage.blobs.complete", "Blobs visible in the layout", server, Progress::blobsComplete);
        metrics.gauge("prestage.peers", "Neighbours that are connected", peers::get);
        metrics.gauge(
                "prestage.disk.free.bytes",
                "Bytes free on the data partition",
                () -> folder.toFile().getUsableSpace());
        metrics.gauge(
                "prestage.disk.size.bytes",
                "Size of the data partition",
                () -> folder.toFile().getTotalSpace());
        metrics.gauges(
                "prestage.node.state",
                "1 for the state that the node is in, as its coordinator judges",
                "state",
                List.of(ServerState.values()),
                ServerState::label,
                state -> server.get().state() == state ? 1 : 0);
    }

    private void store(StoreCounters store) {
        metrics.counter("prestage.store.written", "bytes", "Bytes of pieces written to the disk", store.writtenBytes);
        metrics.timer("prestage.store.write", "Writing a piece to the disk", store.writes, store.writeNanos);
        metrics.timer(
                "prestage.store.finish",
                "Checking a blob against its digest, flushing it and making it visible",
                store.finishes,
                store.finishNanos);
    }

    private void cluster(Cluster cluster) {
        metrics.gauge("prestage.cluster.members", "Members of the cluster", cluster::members);
        metrics.gauge(
                "prestage.seeds",
                "Members that fetch from the origin",
                () -> cluster.state().seeds());
    }

    /** What this node knows of the whole fleet: even of a server whose own metrics cannot be had. */
    private void fleet(Supplier<FleetView> fleet, Cluster cluster) {
        metrics.gauges(
                "prestage.fleet.servers",
                "Servers of the fleet by state, as this node sees it",
                "state",
                List.of(ServerState.values()),
                ServerState::label,
                state -> fleet.get().in(state));
        totals("prestage.fleet.plan.bytes", "Bytes that the fleet will hold in the end", fleet, FleetTotals::planBytes);
        totals(
                "prestage.fleet.verified.bytes",
                "Bytes that the fleet holds verified",
                fleet,
                FleetTotals::verifiedBytes);
        totals("prestage.fleet.unique.bytes", "Bytes of the plan's blobs, each once", fleet, FleetTotals::uniqueBytes);
        totals(
                "prestage.fleet.origin.received.bytes",
                "Bytes that the fleet's present and former nodes had from the origin",
                fleet,
                FleetTotals::originBytes);
        metrics.gauge(
                "prestage.fleet.left.seconds",
                "Until the last server that fills is done; NaN while that cannot be told",
                () -> fleet.get().millisLeft().map(millis -> millis / 1e3).orElse(Double.NaN));
        metrics.present(
                "prestage.fleet.stuck",
                "1 for each server that is stalled or failed; told by the coordinator alone",
                () -> stuck(fleet.get(), cluster.speaksForAll()));
    }

    private static List<Tags> stuck(FleetView fleet, boolean told) {
        return fleet.servers().stream()
                .filter(server -> told && server.state().isStuck())
                .map(server -> Tags.of(
                        "name", server.member().name(), "state", server.state().label()))
                .toList();
    }

    private void progress(String name, String help, Supplier<ServerStatus> server, ToLongFunction<Progress> part) {
        metrics.gauge(name, help, () -> part.applyAsLong(server.get().progress()));
    }

    private void totals(String name, String help, Supplier<FleetView> fleet, Function<FleetTotals, Long> part) {
        metrics.gauge(name, help, () -> part.apply(fleet.get().totals()));
    }
}
