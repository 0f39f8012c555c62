package io.prestage.node;

import io.prestage.node.cluster.Cluster;
import io.prestage.node.cluster.FleetBrief;
import io.prestage.node.cluster.ServerState;
import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.monitor.Event;
import io.prestage.node.monitor.EventLog;
import io.prestage.node.monitor.FleetView;
import io.prestage.node.monitor.FleetWatcher;
import io.prestage.protocol.NodeId;
import java.util.HashMap;
import java.util.Map;

/**
 * Notes in the log when a server gets stuck and when it gets on again: on the server itself, and on the coordinator for all
 * others.
 */
final class StuckServers implements FleetWatcher {
    private final NodeId self;
    private final Cluster cluster;
    private final EventLog log;
    private final Map<NodeId, ServerState> known = new HashMap<>();

    StuckServers(NodeId self, Cluster cluster, EventLog log) {
        this.self = self;
        this.cluster = cluster;
        this.log = log;
    }

    @Override
    public boolean isCurious(FleetBrief before, FleetBrief now) {
        return cluster.speaksForAll() || now.stuck() > 0 || before.stuck() > 0;
    }

    @Override
    public void seen(FleetView fleet) {
        boolean all = cluster.speaksForAll();
        for (ServerStatus server : fleet.servers()) {
            NodeId id = server.member().id();
            ServerState before = known.put(id, server.state());
            boolean own = id.equals(self);
            // Nobody looks while all is well, so that this server may be seen here for the first time.
            boolean changed = before == null ? own : before != server.state();
            if (changed && (all || own)) {
                note(server, before);
            }
        }
    }

    private void note(ServerStatus server, ServerState before) {
        String name = server.member().name();
        if (server.state() == ServerState.STALLED) {
            log.add(Event.warn("server.stalled", name + " is stalled")
                    .because(server.reason())
                    .then("the others go on without it")
                    .withPeer(name));
        } else if (server.state() == ServerState.FAILED) {
            log.add(Event.error("server.failed", name + " has failed")
                    .because(server.reason())
                    .then("the others go on without it")
                    .withPeer(name));
        } else if (before == ServerState.STALLED) {
            log.add(Event.info("server.recovered", name + " gets on again").withPeer(name));
        }
    }
}
