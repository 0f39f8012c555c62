package io.prestage.node.swarm;

import io.prestage.protocol.NodeId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Computes a node's neighbours from the member list, so that all nodes agree on the graph without asking.
 *
 * <p>The members stand on {@value #RINGS} rings, on each in the order of another hash, and a node's neighbours are the one
 * before it and the one after it on every ring. The union of random rings is a random graph that is connected for certain,
 * has degree 2 × {@value #RINGS} but for coincidences, and of which a join or leave changes at most two edges a ring. Fleets of more
 * than {@value #LARGE} members use {@value #RINGS_OF_LARGE} of the rings.
 * {@code docs/decisions/0003-neighbours-on-rings.md} has the comparison with nearest pairwise hashes. Stateless.
 */
public final class Neighbours {
    /** Rings; half the degree. */
    public static final int RINGS = 10;

    /** Members of a fleet in which coincidences are rare enough for fewer rings. */
    static final int LARGE = 1000;

    /** Rings of a fleet of more members than that. */
    static final int RINGS_OF_LARGE = 8;

    private Neighbours() {}

    /**
     * The neighbours of a node.
     *
     * @param self the node, a member or not
     * @param members all nodes of the swarm
     * @return all others if there are at most 2 × {@value #RINGS}, else the ring neighbours; never {@code self}
     */
    public static Set<NodeId> of(NodeId self, Collection<NodeId> members) {
        List<NodeId> others = new ArrayList<>(members);
        others.removeIf(self::equals);
        if (others.size() <= 2 * RINGS) {
            return Set.copyOf(others);
        }
        Set<NodeId> neighbours = new HashSet<>();
        for (int ring = 0; ring < rings(others.size() + 1); ring++) {
            long purpose = ring;
            Comparator<NodeId> byDistance = Comparator.comparingLong(
                            (NodeId node) -> Mixing.of(node, purpose) - Mixing.of(self, purpose) + Long.MIN_VALUE)
                    .thenComparing(Comparator.naturalOrder());
            neighbours.add(others.stream().min(byDistance).orElseThrow());
            neighbours.add(others.stream().max(byDistance).orElseThrow());
        }
        return Set.copyOf(neighbours);
    }

    /**
     * The neighbours of every node, by the same rule as {@link #of} but in the time of sorting the members once a ring.
     *
     * @param members all nodes of the swarm, each once
     */
    public static Map<NodeId, Set<NodeId>> graph(Collection<NodeId> members) {
        Map<NodeId, Set<NodeId>> graph = new HashMap<>();
        members.forEach(member -> graph.put(member, new HashSet<>()));
        if (members.size() - 1 <= 2 * RINGS) {
            graph.forEach((member, neighbours) -> {
                neighbours.addAll(graph.keySet());
                neighbours.remove(member);
            });
            return graph;
        }
        for (int ring = 0; ring < rings(members.size()); ring++) {
            long purpose = ring;
            List<NodeId> order = new ArrayList<>(graph.keySet());
            order.sort(Comparator.comparingLong((NodeId node) -> Mixing.of(node, purpose))
                    .thenComparing(Comparator.naturalOrder()));
            for (int place = 0; place < order.size(); place++) {
                NodeId one = order.get(place);
                NodeId next = order.get((place + 1) % order.size());
                graph.get(one).add(next);
                graph.get(next).add(one);
            }
        }
        return graph;
    }

    private static int rings(int members) {
        return members > LARGE ? RINGS_OF_LARGE : RINGS;
    }
}
