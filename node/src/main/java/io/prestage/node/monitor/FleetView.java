package io.prestage.node.monitor;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.prestage.node.cluster.ClusterState;
import io.prestage.node.cluster.PlanOffer;
import io.prestage.node.cluster.ServerState;
import io.prestage.node.cluster.ServerStatus;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The whole fleet as one node sees it: the answer of {@code /api/v1/fleet}.
 *
 * @param cluster the cluster's name
 * @param seenBy the name of the server whose node answers
 * @param plan what it stages, once a seed has offered it
 * @param members members that JGroups sees
 * @param seeds members that fetch from the origin
 * @param complete servers that hold everything, those that left since included
 * @param states how many servers are in each state, all states named
 * @param totals sums over all servers
 * @param millisLeft until the last server that fills is done; nothing while nobody fills or it cannot be told
 * @param servers every server, those that left included, present ones first, by name
 */
public record FleetView(
        @JsonProperty("cluster") String cluster,
        @JsonProperty("seenBy") String seenBy,
        @JsonProperty("plan") Optional<PlanOffer> plan,
        @JsonProperty("members") int members,
        @JsonProperty("seeds") long seeds,
        @JsonProperty("complete") long complete,
        @JsonProperty("states") Map<String, Integer> states,
        @JsonProperty("totals") FleetTotals totals,
        @JsonProperty("millisLeft") Optional<Long> millisLeft,
        @JsonProperty("servers") List<ServerStatus> servers) {
    /** Puts the view together. */
    public static FleetView of(
            String cluster, String seenBy, ClusterState state, int members, List<ServerStatus> servers) {
        return new FleetView(
                cluster,
                seenBy,
                state.plan(),
                members,
                state.seeds(),
                servers.stream().filter(server -> server.progress().complete()).count(),
                states(servers),
                FleetTotals.of(servers),
                servers.stream()
                        .filter(server -> server.state() == ServerState.FILLING)
                        .flatMap(server -> server.millisLeft().stream())
                        .max(Long::compare),
                List.copyOf(servers));
    }

    /** Whether a present server still has something to receive. */
    @JsonIgnore
    public boolean isFilling() {
        return servers.stream()
                .anyMatch(server -> server.present() && !server.progress().complete());
    }

    /** How many servers are in a state. */
    public int in(ServerState state) {
        return states.getOrDefault(state.label(), 0);
    }

    private static Map<String, Integer> states(List<ServerStatus> servers) {
        Map<String, Integer> states = new TreeMap<>();
        for (ServerState state : ServerState.values()) {
            states.put(state.label(), 0);
        }
        servers.forEach(server -> states.merge(server.state().label(), 1, Integer::sum));
        return states;
    }
}
