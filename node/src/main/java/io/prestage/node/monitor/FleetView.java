package io.prestage.node.monitor;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.prestage.node.cluster.ClusterState;
import io.prestage.node.cluster.PlanOffer;
import io.prestage.node.cluster.ServerStatus;
import java.util.List;
import java.util.Optional;

/**
 * The whole fleet as one node sees it: the answer of {@code /api/v1/fleet}.
 *
 * @param cluster the cluster's name
 * @param plan what it stages, once a seed has offered it
 * @param members members that JGroups sees
 * @param seeds members that fetch from the origin
 * @param complete servers that hold everything, those that left since included
 * @param servers every server, those that left included, present ones first, by name
 */
public record FleetView(
        @JsonProperty("cluster") String cluster,
        @JsonProperty("plan") Optional<PlanOffer> plan,
        @JsonProperty("members") int members,
        @JsonProperty("seeds") long seeds,
        @JsonProperty("complete") long complete,
        @JsonProperty("servers") List<ServerStatus> servers) {
    /** Puts the view together. */
    public FleetView(String cluster, ClusterState state, int members, List<ServerStatus> servers) {
        this(
                cluster,
                state.plan(),
                members,
                state.seeds(),
                servers.stream().filter(server -> server.progress().complete()).count(),
                List.copyOf(servers));
    }

    /** Whether a present server still has something to receive. */
    public boolean isFilling() {
        return servers.stream()
                .anyMatch(server -> server.present() && !server.progress().complete());
    }
}
