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
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Notes in the log when a server gets stuck and when it gets on again: on the server itself, which says by itself that it failed,
 * and on the coordinator for all others.
 */
final class StuckServers implements FleetWatcher {
    private final NodeId self;
    private final BooleanSupplier speaksForAll;
    private final EventLog log;
    private final Map<NodeId, Seen> known = new HashMap<>();

    /** Whether this server was stuck when it was last looked at; in a large fleet its row may come later than the numbers. */
    private volatile boolean selfStuck;

    /** How a server was when it was last looked at. */
    private record Seen(String name, ServerState state) {}

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
        Set<NodeId> here = new HashSet<>();
        fleet.servers().forEach(server -> here.add(server.member().id()));
        for (ServerStatus server : fleet.servers()) {
            NodeId id = server.member().id();
            boolean own = id.equals(self);
            Seen seen = new Seen(server.member().name(), server.state());
            Seen last = known.put(id, seen);
            Optional<ServerState> before = last == null ? formerRun(seen.name(), here) : Optional.of(last.state());
            // Nobody looks while all is well, so that a server may be seen here for the first time.
            boolean changed = before.map(state -> state != seen.state())
                    .orElse(seen.state().isStuck());
            if (changed && (all || own)) {
                note(server, before);
            }
            selfStuck = own ? seen.state().isStuck() : selfStuck;
        }
    }

    /** How a server was before it was started again, which gave its node another id; that is forgotten. */
    private Optional<ServerState> formerRun(String name, Set<NodeId> here) {
        Optional<NodeId> former = known.entrySet().stream()
                .filter(entry -> entry.getValue().name().equals(name) && !here.contains(entry.getKey()))
                .map(Map.Entry::getKey)
                .findFirst();
        return former.map(id -> known.remove(id).state());
    }

    private void note(ServerStatus server, Optional<ServerState> before) {
        String name = server.member().name();
        if (server.state() == ServerState.STALLED) {
            log.add(Event.warn("server.stalled", name + " is stalled")
                    .because(server.reason())
                    .then("the others go on without it")
                    .withPeer(name));
        } else if (server.state() == ServerState.FAILED) {
            if (!server.member().id().equals(self)) { // which has said so itself, and better
                log.add(Event.error("server.failed", name + " has failed")
                        .because(server.reason())
                        .then("the others go on without it")
                        .withPeer(name));
            }
        } else if (before.filter(ServerState::isStuck).isPresent()) {
            log.add(Event.info("server.recovered", name + " gets on again").withPeer(name));
        }
    }
}
