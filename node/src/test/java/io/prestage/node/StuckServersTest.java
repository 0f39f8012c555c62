package io.prestage.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.cluster.ClusterState;
import io.prestage.node.cluster.FleetBrief;
import io.prestage.node.cluster.Member;
import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.ServerState;
import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.monitor.Event;
import io.prestage.node.monitor.EventLog;
import io.prestage.node.monitor.FleetView;
import io.prestage.protocol.NodeId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StuckServersTest {
    private static final NodeId SELF = new NodeId(0, 1);
    private static final NodeId OTHER = new NodeId(0, 2);
    private static final FleetBrief WELL = FleetBrief.NONE;
    private static final FleetBrief ONE_STUCK = new FleetBrief(2, 0, 1, 0, 0, 0);

    private final EventLog log = EventLog.silent();
    private boolean speaks;
    private final StuckServers stuck = new StuckServers(SELF, () -> speaks, log);

    @Test
    void whoDoesNotSpeakForAllLooksWhileSomebodyIsStuckAndOnceMore() {
        assertFalse(stuck.isCurious(WELL, WELL));
        assertTrue(stuck.isCurious(WELL, ONE_STUCK));
        assertTrue(stuck.isCurious(ONE_STUCK, WELL));
        speaks = true;
        assertTrue(stuck.isCurious(WELL, WELL));
    }

    @Test
    void aServerNotesThatItIsStuckItselfAndWhoSpeaksForAllNotesTheOthersToo() {
        stuck.seen(fleet(ServerState.STALLED, ServerState.STALLED));
        assertEquals(List.of("server.stalled h1"), noted());
        speaks = true;
        stuck.seen(fleet(ServerState.FILLING, ServerState.FAILED));
        stuck.seen(fleet(ServerState.FILLING, ServerState.FAILED));
        assertEquals(List.of("server.failed h2", "server.recovered h1", "server.stalled h1"), noted());
    }

    @Test
    void aServerLooksOnUntilItIsToldThatItGetsOnItself() {
        stuck.seen(fleet(ServerState.STALLED, ServerState.FILLING));
        assertTrue(stuck.isCurious(WELL, WELL), "the fleet's numbers are known before all rows are");
        stuck.seen(fleet(ServerState.FILLING, ServerState.FILLING));
        assertFalse(stuck.isCurious(WELL, WELL));
        assertEquals(List.of("server.recovered h1", "server.stalled h1"), noted());
    }

    @Test
    void aServerThatFailedHasSaidSoItself() {
        speaks = true;
        stuck.seen(fleet(ServerState.FILLING, ServerState.FILLING));
        stuck.seen(fleet(ServerState.FAILED, ServerState.FILLING));
        assertEquals(List.of(), noted());
    }

    @Test
    void aServerThatIsStartedAgainGetsOn() {
        speaks = true;
        stuck.seen(fleet(ServerState.FILLING, ServerState.FAILED));
        stuck.seen(FleetView.of(
                "rack", "h1", ClusterState.EMPTY, 2, List.of(server("h2", new NodeId(0, 3), ServerState.FILLING))));
        assertEquals(List.of("server.recovered h2", "server.failed h2"), noted());
    }

    @Test
    void ofTwoServersOfOneNameEachIsNotedOnce() {
        speaks = true;
        FleetView twins = FleetView.of(
                "rack",
                "h1",
                ClusterState.EMPTY,
                2,
                List.of(server("h2", OTHER, ServerState.STALLED), server("h2", new NodeId(0, 3), ServerState.FILLING)));
        stuck.seen(fleet(ServerState.FILLING, ServerState.FILLING));
        stuck.seen(twins);
        stuck.seen(twins);
        assertEquals(List.of("server.stalled h2"), noted());
    }

    private List<String> noted() {
        return log.last().stream().map(StuckServersTest::brief).toList();
    }

    private static String brief(Event event) {
        return event.kind() + " " + event.peer().orElse("");
    }

    private static FleetView fleet(ServerState self, ServerState other) {
        return FleetView.of(
                "rack", "h1", ClusterState.EMPTY, 2, List.of(server("h1", SELF, self), server("h2", OTHER, other)));
    }

    private static ServerStatus server(String name, NodeId id, ServerState state) {
        Member member = new Member(id, name, "10.77.0.1", 7900, 8080, false, "");
        return new ServerStatus(member, Progress.NONE, true, false, 0, state, "no reason", Optional.empty(), List.of());
    }
}
