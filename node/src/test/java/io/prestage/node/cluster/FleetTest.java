package io.prestage.node.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.prestage.node.cluster.Progress.Phase;
import io.prestage.protocol.NodeId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class FleetTest {
    private static final long TOLD_AT = -3_000_000_000L;
    private static final List<ServerStatus> TOLD =
            List.of(server(1, Optional.of(40_000L)), server(2, Optional.of(2_000L)), server(3, Optional.empty()));

    @Test
    void theTimeLeftOfWhatWasConcludedRunsOn() {
        assertRunsOn(Fleet.Known.of(TOLD, TOLD_AT));
    }

    @Test
    void theTimeLeftOfAnUnreadSummaryRunsOnFromWhenItCame() {
        assertRunsOn(new UnreadSummary(Bulletin.Summary.of(TOLD, TOLD), TOLD_AT));
    }

    private static void assertRunsOn(Fleet fleet) {
        assertEquals(TOLD, fleet.servers(TOLD_AT));
        List<ServerStatus> later = fleet.servers(TOLD_AT + TimeUnit.SECONDS.toNanos(5));
        assertEquals(
                List.of(Optional.of(35_000L), Optional.of(0L), Optional.empty()),
                later.stream().map(ServerStatus::millisLeft).toList());
        assertEquals(TOLD, fleet.servers(), "what was told stays as it was");
    }

    private static ServerStatus server(int number, Optional<Long> left) {
        Member member = new Member(new NodeId(7, number), "node-" + number, "10.0.0." + number, 7850, 8080, false, "");
        Progress filling = new Progress(Phase.FILLING, 16, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, "");
        return ServerStatus.of(member, filling, List.of()).in(new Condition(ServerState.FILLING, "", left));
    }
}
