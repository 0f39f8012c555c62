package io.prestage.node.cluster;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.prestage.node.swarm.Ownership;
import io.prestage.protocol.NodeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What all members know of the cluster, as its coordinator published it.
 *
 * @param version one more for each publication of one coordinator
 * @param plan the one plan of the cluster, once a seed has offered it
 * @param members who is here
 * @param owners for each of the plan's blobs the index in {@code members} of the seed that fetches it, or -1
 */
public record ClusterState(
        @JsonProperty("version") long version,
        @JsonProperty("plan") Optional<PlanOffer> plan,
        @JsonProperty("members") List<Member> members,
        @JsonProperty("owners") List<Integer> owners) {
    /** Nobody is here. */
    public static final ClusterState EMPTY = new ClusterState(0, Optional.empty(), List.of(), List.of());

    /** Copies the lists. */
    public ClusterState {
        members = List.copyOf(members);
        owners = List.copyOf(owners);
    }

    /** A state with the given owners. */
    public static ClusterState of(long version, Optional<PlanOffer> plan, List<Member> members, Ownership ownership) {
        Map<NodeId, Integer> indices = new HashMap<>();
        members.forEach(member -> indices.put(member.id(), indices.size()));
        List<Integer> owners = ownership.owners().stream()
                .map(owner -> owner.map(indices::get).orElse(-1))
                .toList();
        return new ClusterState(version, plan, members, owners);
    }

    /** The member with this id. */
    public Optional<Member> member(NodeId id) {
        return members.stream().filter(member -> member.id().equals(id)).findFirst();
    }

    /** Who owns which blob. */
    public Ownership ownership() {
        List<Optional<NodeId>> ids = new ArrayList<>();
        for (int owner : owners) {
            boolean known = owner >= 0 && owner < members.size();
            ids.add(known ? Optional.of(members.get(owner).id()) : Optional.empty());
        }
        return new Ownership(ids);
    }

    /** Members that can own fetches from the origin. */
    public long seeds() {
        return members.stream().filter(Member::fetches).count();
    }
}
