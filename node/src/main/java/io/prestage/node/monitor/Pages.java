package io.prestage.node.monitor;

import io.prestage.node.cluster.FleetBrief;
import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.ServerState;
import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.http.Answer;
import io.prestage.node.http.Request;
import io.prestage.node.http.Route;
import io.prestage.protocol.NodeId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;

/** What a node answers over HTTP, but for the registry's API. Safe for every thread. */
public final class Pages implements AutoCloseable {
    /**
     * A page that was loaded from one node asks another when that one dies; nothing here is secret or can be changed.
     */
    private static final Map<String, String> FOR_ANY_PAGE =
            Map.of("Access-Control-Allow-Origin", "*", "Cache-Control", "no-store");

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Supplier<FleetView> fleet;
    private final Supplier<NodeView> node;
    private final Supplier<List<NodeId>> speakers;
    private final Metrics metrics;
    private final Broadcast broadcast;
    private final RemoteNodes others = new RemoteNodes();

    /**
     * Pages that show what these give.
     *
     * @param fleet the fleet as this node sees it
     * @param node this node in detail
     * @param speakers the coordinator and the next in rank, one of whom names servers that are stuck
     * @param watcher looks at the fleet when something new is {@link #told}
     */
    public Pages(
            Supplier<FleetView> fleet,
            Supplier<NodeView> node,
            Supplier<List<NodeId>> speakers,
            Metrics metrics,
            FleetWatcher watcher) {
        this.fleet = fleet;
        this.node = node;
        this.speakers = speakers;
        this.metrics = metrics;
        this.broadcast = new Broadcast(fleet, watcher);
    }

    /** Something new is known of the fleet; expected about once a second. */
    public void told(FleetBrief now) {
        broadcast.told(now);
    }

    /** Which page is where. */
    public List<Route> routes() {
        List<Route> routes = new ArrayList<>(Assets.routes());
        routes.add(new Route("/api/v1/node", this::node));
        routes.add(new Route("/api/v1/fleet", request -> json(fleet.get())));
        routes.add(new Route("/api/v1/events", request -> new Answer.Events(FOR_ANY_PAGE, broadcast::open)));
        routes.add(new Route("/metrics", request -> metrics()));
        routes.add(new Route("/sd", request -> json(targets())));
        routes.add(new Route("/healthz", request -> health()));
        return routes;
    }

    @Override
    public void close() {
        broadcast.close();
        others.close();
    }

    /** This node, or with {@code ?server=NAME} another one, which is asked: a browser may not reach it. */
    private Answer node(Request request) {
        Optional<String> name = request.parameter("server");
        NodeView self = node.get();
        if (name.isEmpty() || name.get().equals(self.server().member().name())) {
            return json(self);
        }
        Optional<ServerStatus> named = fleet.get().servers().stream()
                .filter(server -> server.member().name().equals(name.get()))
                .findFirst();
        if (named.isEmpty()) {
            return problem(404, "the fleet has no server called '" + name.get() + "': see /api/v1/fleet");
        }
        try {
            return json(others.ask(named.get().member()));
        } catch (IOException e) {
            return problem(502, e.getMessage());
        }
    }

    private Answer metrics() {
        return new Answer.Content(
                200,
                "text/plain; version=0.0.4; charset=utf-8",
                metrics.text().getBytes(StandardCharsets.UTF_8),
                Map.of());
    }

    private Answer health() {
        Progress progress = node.get().server().progress();
        return progress.problem().isEmpty() ? Answer.text(200, "ok") : Answer.text(503, progress.problem());
    }

    /**
     * Prometheus' HTTP service discovery: every server of the fleet as a target of its own. Those that left unfinished stay, so
     * that Prometheus goes on saying that they are down. The label {@code __meta_prestage_speaks} tells the one or two whose view of
     * the fleet is to be read often from the others.
     */
    private List<Map<String, Object>> targets() {
        FleetView view = fleet.get();
        List<NodeId> speaking = speakers.get();
        return view.servers().stream()
                .filter(server -> server.present() || server.state() != ServerState.COMPLETE)
                .map(server -> Map.<String, Object>of(
                        "targets",
                        List.of(server.member().host() + ":" + server.member().httpPort()),
                        "labels",
                        Map.of(
                                "server",
                                server.member().name(),
                                "cluster",
                                view.cluster(),
                                "__meta_prestage_speaks",
                                speaking.contains(server.member().id()) ? "yes" : "no")))
                .toList();
    }

    private static Answer problem(int status, String sentence) {
        return json(status, JSON.writeValueAsBytes(Map.of("problem", sentence)));
    }

    private static Answer json(Object value) {
        return json(JSON.writeValueAsBytes(value));
    }

    private static Answer json(byte[] value) {
        return json(200, value);
    }

    private static Answer json(int status, byte[] value) {
        return new Answer.Content(status, "application/json", value, FOR_ANY_PAGE);
    }
}
