package io.prestage.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.cluster.ClusterState;
import io.prestage.node.cluster.Member;
import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.Progress.Phase;
import io.prestage.node.cluster.ServerState;
import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.monitor.FleetView;
import io.prestage.protocol.NodeId;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class TopScreenTest {
    private static final String LONG =
            "nothing came for 9 s: its peers hold what it lacks, so look at its link and its disk";

    private final FleetView fleet = FleetView.of(
            "a-cluster-with-a-name-that-somebody-thought-would-never-be-too-long-for-anything",
            "h1",
            ClusterState.EMPTY,
            4,
            List.of(
                    server(10, ServerState.FILLING, 500, 90_000_000, Optional.of(754_000L), ""),
                    server(2, ServerState.FILLING, 250, 40_000_000_000L, Optional.of(7_500_000L), ""),
                    server(3, ServerState.STALLED, 100, 0, Optional.empty(), LONG),
                    server(1, ServerState.COMPLETE, 1000, 0, Optional.empty(), "")));

    @Test
    void fitsEightyColumnsAndLess() {
        for (int width : new int[] {40, 80, 200}) {
            TopScreen screen = new TopScreen(width, ServerOrder.NAME);
            Stream.concat(screen.head(fleet).stream(), screen.servers(fleet).stream())
                    .forEach(line -> assertTrue(
                            line.text().length() <= width,
                            () -> line.text() + " has " + line.text().length() + " columns"));
        }
    }

    @Test
    void showsEveryNumberOfAServerInEightyColumns() {
        List<String> lines = lines(ServerOrder.NAME);
        String h2 = lines.stream()
                .filter(line -> line.startsWith("h2 "))
                .findFirst()
                .orElseThrow();
        assertTrue(h2.matches("h2 +filling +\\[###\\.+] +25% +320\\.0 Gbit/s +2:05 h"), h2);
    }

    @Test
    void saysBelowAServerThatIsStuckWhy() {
        List<String> lines = lines(ServerOrder.NAME);
        int stalled = lines.indexOf(lines.stream()
                .filter(line -> line.startsWith("h3 "))
                .findFirst()
                .orElseThrow());
        assertTrue(lines.get(stalled + 1).startsWith("  nothing came for 9 s: its peers hold"), lines::toString);
    }

    @Test
    void sortsByEachKey() {
        assertEquals(List.of("h1", "h2", "h3", "h10"), order(ServerOrder.NAME));
        assertEquals(List.of("h3", "h2", "h10", "h1"), order(ServerOrder.STATE));
        assertEquals(List.of("h3", "h2", "h10", "h1"), order(ServerOrder.DONE));
        assertEquals(List.of("h2", "h10", "h1", "h3"), order(ServerOrder.RATE));
        assertEquals(List.of("h2", "h10", "h1", "h3"), order(ServerOrder.LEFT));
        assertEquals(Optional.of(ServerOrder.RATE), ServerOrder.of('r'));
        assertEquals(Optional.empty(), ServerOrder.of('x'));
    }

    @Test
    void saysTimesInAsFewLettersAsTheColumnHas() {
        assertEquals("0 s", TopScreen.span(0));
        assertEquals("59 s", TopScreen.span(59_400));
        assertEquals("1:00 min", TopScreen.span(59_600));
        assertEquals("59:59 min", TopScreen.span(3_599_000));
        assertEquals("1:00 h", TopScreen.span(3_600_000));
    }

    @Test
    void saysAmountsWithinHalfAPercent() {
        assertEquals("0 B", TopScreen.amount(0));
        assertEquals("1023 B", TopScreen.amount(1023));
        assertEquals("2.56 GiB", TopScreen.amount(2_746_492_256L));
        assertEquals("23.4 MiB", TopScreen.amount(24_536_678));
        assertEquals("128 MiB", TopScreen.amount(128L << 20));
    }

    private List<String> lines(ServerOrder order) {
        return new TopScreen(80, order)
                .servers(fleet).stream().map(TopScreen.Line::text).toList();
    }

    private List<String> order(ServerOrder order) {
        return order.sort(fleet.servers()).stream()
                .map(server -> server.member().name())
                .toList();
    }

    private static ServerStatus server(
            int number, ServerState state, long verified, long rate, Optional<Long> left, String reason) {
        Member member = new Member(new NodeId(1, number), "h" + number, "10.0.0." + number, 7850, 8080, false, "");
        Phase phase = state == ServerState.COMPLETE ? Phase.COMPLETE : Phase.FILLING;
        Progress progress = new Progress(phase, 1000, verified, 4, 0, 0, verified, 0, 0, rate, 3, 1000, "");
        return new ServerStatus(member, progress, true, false, 0, state, reason, left, List.of());
    }
}
