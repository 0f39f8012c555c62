package io.prestage.node;

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
import java.util.function.BooleanSupplier;

/**
 * Notes in the log when a server gets stuck and when it gets on again: on the server itself, and on the coordinator for all
 * others.
 */
final class StuckServers implements FleetWatcher {
    private final NodeId self;
    private final BooleanSupplier speaksForAll;
    private final EventLog log;
    private final Map<NodeId, ServerState> known = new HashMap<>();

    /** Whether this server was stuck when it was last looked at; in a large fleet its row may come later than the numbers. */
    private volatile boolean selfStuck;

    StuckServers(NodeId self, BooleanSupplier speaksForAll, EventLog log) {
        this.self = self;
        this.speaksForAll = speaksForAll;
        this.log = log;
    }

    @Override
    public boolean isCurious(FleetBrief before, FleetBrief now) {
        return speaksForAll.getAsBoolean() || selfStuck || now.stuck() > 0 || before.stuck() > 0;
    }

    @Override
    public void seen(FleetView fleet) {
        boolean all = speaksForAll.getAsBoolean();
        for (ServerStatus server : fleet.servers()) {
            NodeId id = server.member().id();
            ServerState before = known.put(id, server.state());
            boolean own = id.equals(self);
            // Nobody looks while all is well, so that this server may be seen here for the first time.
            boolean changed = before == null ? own : before != server.state();
            if (changed && (all || own)) {
                note(server, before);
            }
            selfStuck = own ? isStuck(server.state()) : selfStuck;
        }
    }

    private static boolean isStuck(ServerState state) {
        return state == ServerState.STALLED || state == ServerState.FAILED;
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
