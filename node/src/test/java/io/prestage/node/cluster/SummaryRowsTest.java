package io.prestage.node.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.NodeId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SummaryRowsTest {
    @Test
    void aSmallFleetIsToldWholeEverySecond() {
        SummaryRows rows = new SummaryRows(true);
        List<ServerStatus> fleet = fleet(17);
        for (int second = 0; second < 5; second++) {
            assertEquals(17, new HashSet<>(rows.next(fleet, 17)).size());
        }
    }

    @Test
    void aThousandServersGoRoundInFourSeconds() {
        SummaryRows rows = new SummaryRows(true);
        List<ServerStatus> fleet = fleet(1000);
        Set<NodeId> told = new HashSet<>();
        for (int second = 0; second < 4; second++) {
            List<ServerStatus> next = rows.next(fleet, 1000);
            assertEquals(250, next.size());
            next.forEach(server -> told.add(server.member().id()));
        }
        assertEquals(1000, told.size());
    }

    @Test
    void whoseStateChangedIsToldAtOnce() {
        SummaryRows rows = new SummaryRows(true);
        List<ServerStatus> fleet = fleet(1000);
        for (int second = 0; second < 8; second++) {
            rows.next(fleet, 1000);
        }
        for (int index : new int[] {3, 500, 998}) {
            ServerStatus stalled = fleet.get(index).in(Condition.of(ServerState.STALLED, "its link is cut"));
            fleet.set(index, stalled);
            assertTrue(rows.next(fleet, 1000).contains(stalled), "server " + index);
        }
    }

    @Test
    void whereEachMemberGetsItsOwnCopyThereAreFewerRows() {
        SummaryRows rows = new SummaryRows(false);
        List<ServerStatus> fleet = fleet(1000);
        assertEquals(10, rows.next(fleet, 1000).size());
        assertEquals(50, new SummaryRows(false).next(fleet(50), 50).size());
    }

    @Test
    void aRowIsToldOnceInASecond() {
        SummaryRows rows = new SummaryRows(true);
        List<ServerStatus> next = rows.next(fleet(300), 300);
        assertEquals(250, next.size());
        assertEquals(
                250,
                next.stream().map(server -> server.member().id()).distinct().count());
    }

    private static List<ServerStatus> fleet(int servers) {
        List<ServerStatus> fleet = new ArrayList<>();
        for (int server = 0; server < servers; server++) {
            Member member = new Member(new NodeId(9, server), "h" + server, "10.0.0.1", 7850, 8080, false, "");
            fleet.add(ServerStatus.of(member, Progress.NONE, List.of()));
        }
        return fleet;
    }
}
