package io.prestage.node.cluster;

import io.prestage.protocol.NodeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Chooses which servers a second's summary tells of, so that what a fleet's display costs is bounded.
 *
 * <p>First those whose state changed since they were last told of, so that everybody knows within a second who is stuck; then the
 * others in turn. Pure, not thread-safe.
 */
final class SummaryRows {
    /** Rows of one summary, where it is sent once for all. */
    private static final int MOST = 250;

    /** Rows a second altogether, where a copy goes to each member: at 170 bytes, a hundredth of a gigabit link. */
    private static final int MOST_COPIES = 7_000;

    private static final int LEAST = 10;

    private final boolean once;
    private final Map<NodeId, Told> told = new HashMap<>();
    private int turn;

    private record Told(ServerState state, boolean present) {
        static Told of(ServerStatus server) {
            return new Told(server.state(), server.present());
        }
    }

    /**
     * Nothing is told yet.
     *
     * @param once whether one packet reaches all members
     */
    SummaryRows(boolean once) {
        this.once = once;
    }

    /**
     * The rows of the next summary.
     *
     * @param all every server that is known
     * @param members how many the summary goes to
     */
    List<ServerStatus> next(List<ServerStatus> all, int members) {
        int most = once ? MOST : Math.max(LEAST, Math.min(MOST, MOST_COPIES / Math.max(1, members)));
        Map<NodeId, ServerStatus> rows = new LinkedHashMap<>();
        for (ServerStatus server : all) {
            boolean changed = !Told.of(server).equals(told.get(server.member().id()));
            if (changed && rows.size() < most) {
                rows.put(server.member().id(), server);
            }
        }
        int passed = 0;
        while (passed < all.size() && rows.size() < most) {
            ServerStatus server = all.get((turn + passed++) % all.size());
            rows.putIfAbsent(server.member().id(), server);
        }
        turn = all.isEmpty() ? 0 : (turn + passed) % all.size();
        rows.forEach((id, server) -> told.put(id, Told.of(server)));
        told.keySet().retainAll(all.stream().map(server -> server.member().id()).toList());
        return new ArrayList<>(rows.values());
    }
}
