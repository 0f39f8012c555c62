package io.prestage.node.swarm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.NodeId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class NeighboursTest {
    @Property(tries = 100)
    void neighboursAreMutualAndConnectEveryone(@ForAll @IntRange(min = 1, max = 150) int count, @ForAll long seed) {
        List<NodeId> members = members(count, seed);
        Map<NodeId, Set<NodeId>> graph = Neighbours.graph(members);
        for (NodeId member : members) {
            Set<NodeId> neighbours = Neighbours.of(member, members);
            assertEquals(neighbours, graph.get(member));
            assertFalse(neighbours.contains(member));
            assertTrue(neighbours.size() <= 2 * Neighbours.RINGS, "degree " + neighbours.size());
            neighbours.forEach(neighbour -> assertTrue(graph.get(neighbour).contains(member)));
        }
        assertEquals(count, reachable(members.get(0), graph).size());
    }

    @Test
    void aLargeFleetHasFewerNeighboursEach() {
        List<NodeId> members = members(Neighbours.LARGE + 1, 1);
        Map<NodeId, Set<NodeId>> graph = Neighbours.graph(members);
        int largest = graph.values().stream().mapToInt(Set::size).max().orElseThrow();
        assertEquals(2 * Neighbours.RINGS_OF_LARGE, largest);
        assertEquals(graph.get(members.get(0)), Neighbours.of(members.get(0), members));
        members.remove(1);
        assertEquals(Neighbours.graph(members).get(members.get(0)), Neighbours.of(members.get(0), members));
    }

    @Property(tries = 50)
    void aJoinOrLeaveChangesFewEdges(@ForAll @IntRange(min = 40, max = 200) int count, @ForAll long seed) {
        List<NodeId> members = members(count, seed);
        Set<Set<NodeId>> with = edges(Neighbours.graph(members));
        NodeId leaver = members.remove(count / 2);
        Set<Set<NodeId>> without = edges(Neighbours.graph(members));
        Set<Set<NodeId>> lost = new HashSet<>(with);
        lost.removeAll(without);
        lost.removeIf(edge -> edge.contains(leaver));
        without.removeAll(with);
        assertTrue(lost.isEmpty(), "a leave cuts others' edges: " + lost);
        assertTrue(without.size() <= Neighbours.RINGS, "a leave makes " + without.size() + " edges");
    }

    @Property(tries = 50)
    void theOrderOfTheMembersDoesNotMatter(@ForAll @IntRange(min = 20, max = 60) int count, @ForAll long seed) {
        List<NodeId> members = members(count, seed);
        Set<NodeId> neighbours = Neighbours.of(members.get(0), members);
        List<NodeId> reversed = new ArrayList<>(members);
        Collections.reverse(reversed);
        assertEquals(neighbours, Neighbours.of(members.get(0), reversed));
    }

    private static List<NodeId> members(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<NodeId> members = new ArrayList<>();
        for (int member = 0; member < count; member++) {
            members.add(NodeId.random(random));
        }
        return members;
    }

    private static Set<Set<NodeId>> edges(Map<NodeId, Set<NodeId>> graph) {
        Set<Set<NodeId>> edges = new HashSet<>();
        graph.forEach((one, neighbours) -> neighbours.forEach(other -> edges.add(Set.of(one, other))));
        return edges;
    }

    private static Set<NodeId> reachable(NodeId from, Map<NodeId, Set<NodeId>> graph) {
        Set<NodeId> reached = new HashSet<>(Set.of(from));
        Deque<NodeId> left = new ArrayDeque<>(List.of(from));
        while (!left.isEmpty()) {
            graph.get(left.removeFirst()).stream().filter(reached::add).forEach(left::addLast);
        }
        return reached;
    }
}
