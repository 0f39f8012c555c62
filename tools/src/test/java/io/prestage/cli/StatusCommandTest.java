package io.prestage.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.prestage.node.cluster.ClusterState;
import io.prestage.node.cluster.Member;
import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.Progress.Phase;
import io.prestage.node.cluster.ServerState;
import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.monitor.FleetView;
import io.prestage.protocol.NodeId;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import tools.jackson.databind.json.JsonMapper;

final class StatusCommandTest {
    @ParameterizedTest
    @CsvSource({
        "status --expect 3, --wait",
        "status --timeout 5s, --wait",
        "status --wait --expect 0, from 1 on",
        "status --wait --timeout soon, --timeout"
    })
    void wrongInputIsOneSentenceThatNamesWhatIsMissingAndExit2(String line, String named) {
        StringWriter err = new StringWriter();
        CommandLine command = Main.commandLine();
        command.setErr(new PrintWriter(err));
        assertEquals(2, command.execute(line.split(" ", -1)));
        assertEquals(1, err.toString().strip().lines().count(), err.toString());
        assertTrue(err.toString().contains(named), err.toString());
    }

    @Test
    void goesOnWithAnotherNodeWhenTheOneThatItAskedDies() throws Exception {
        HttpServer dies = server();
        HttpServer other = server();
        dies.createContext("/", exchange -> {
            answer(exchange, view(other.getAddress().getPort(), false));
            new Thread(() -> dies.stop(0)).start();
        });
        other.createContext(
                "/", exchange -> answer(exchange, view(other.getAddress().getPort(), true)));
        dies.start();
        other.start();
        try {
            StringWriter out = new StringWriter();
            CommandLine command = Main.commandLine();
            command.setOut(new PrintWriter(out));
            String node = "127.0.0.1:" + dies.getAddress().getPort();
            assertEquals(0, command.execute("status", "--node", node, "--wait", "--timeout", "30s"));
            assertTrue(out.toString().contains("1 complete"), out::toString);
        } finally {
            dies.stop(0);
            other.stop(0);
        }
    }

    @Test
    void tellsOfTheVeryLookThatEndedTheWaitSinceNodesLeaveOnceAllAreComplete() throws Exception {
        HttpServer leaves = server();
        leaves.createContext("/", exchange -> {
            leaves.removeContext("/");
            answer(exchange, view(leaves.getAddress().getPort(), true));
        });
        leaves.start();
        try {
            StringWriter out = new StringWriter();
            CommandLine command = Main.commandLine();
            command.setOut(new PrintWriter(out));
            String node = "127.0.0.1:" + leaves.getAddress().getPort();
            assertEquals(0, command.execute("status", "--node", node, "--wait", "--expect", "1", "--json"));
            FleetView told = JsonMapper.builder().build().readValue(out.toString(), FleetView.class);
            assertEquals(view(leaves.getAddress().getPort(), true), told);
        } finally {
            leaves.stop(0);
        }
    }

    @Test
    void doesNotWaitForWhatIsNoAddress() {
        StringWriter err = new StringWriter();
        CommandLine command = Main.commandLine();
        command.setErr(new PrintWriter(err));
        assertEquals(1, command.execute("status", "--node", "http://10.0.0.2/", "--wait"));
        assertEquals("prestage: 'http://10.0.0.2/' is not HOST or HOST:PORT; see --node\n", err.toString());
    }

    private static HttpServer server() throws IOException {
        return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    }

    private static void answer(HttpExchange exchange, FleetView view) throws IOException {
        byte[] body = JsonMapper.builder().build().writeValueAsBytes(view);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    /** A fleet of one, which can be asked at a port. */
    private static FleetView view(int port, boolean complete) {
        Member member = new Member(new NodeId(1, 2), "h2", "127.0.0.1", 7850, port, false, "");
        Phase phase = complete ? Phase.COMPLETE : Phase.FILLING;
        Progress progress = new Progress(phase, 1000, complete ? 1000 : 0, 4, 0, 0, 0, 0, 0, 0, 3, 1000, "");
        ServerState state = complete ? ServerState.COMPLETE : ServerState.FILLING;
        ServerStatus server =
                new ServerStatus(member, progress, true, complete, 0, state, "", Optional.empty(), List.of());
        return FleetView.of("prestage", "h2", ClusterState.EMPTY, 1, List.of(server));
    }
}
