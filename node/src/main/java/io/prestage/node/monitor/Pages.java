package io.prestage.node.monitor;

import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.http.Answer;
import io.prestage.node.http.EventStream;
import io.prestage.node.http.Request;
import io.prestage.node.http.Route;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;

/** What a node answers over HTTP, but for the registry's API. Safe for every thread. */
public final class Pages implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Supplier<FleetView> fleet;
    private final Supplier<ServerStatus> server;
    private final Metrics metrics;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(run -> {
        Thread thread = new Thread(run, "events");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * Pages that show what these give.
     *
     * @param fleet the fleet as this node sees it
     * @param server this node
     */
    public Pages(Supplier<FleetView> fleet, Supplier<ServerStatus> server, Metrics metrics) {
        this.fleet = fleet;
        this.server = server;
        this.metrics = metrics;
    }

    /** Which page is where. */
    public List<Route> routes() {
        return List.of(
                new Route(
                        "/",
                        request -> Answer.text(
                                200,
                                "Prestage node "
                                        + server.get().member().name()
                                        + ": /api/v1/node /api/v1/fleet /api/v1/events /metrics /sd /healthz /v2/")),
                new Route("/api/v1/node", request -> json(server.get())),
                new Route("/api/v1/fleet", request -> json(fleet.get())),
                new Route("/api/v1/events", request -> new Answer.Events(this::stream)),
                new Route("/metrics", this::metrics),
                new Route("/sd", request -> json(targets())),
                new Route("/healthz", request -> health()));
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }

    private Answer metrics(Request request) {
        return new Answer.Content(
                200,
                "text/plain; version=0.0.4; charset=utf-8",
                metrics.text().getBytes(StandardCharsets.UTF_8),
                Map.of());
    }

    private Answer health() {
        String problem = server.get().progress().problem();
        return problem.isEmpty() ? Answer.text(200, "ok") : Answer.text(503, problem);
    }

    /** Prometheus' HTTP service discovery: every present server of the fleet as a target of its own. */
    private List<Map<String, Object>> targets() {
        FleetView view = fleet.get();
        return view.servers().stream()
                .filter(ServerStatus::present)
                .map(present -> Map.<String, Object>of(
                        "targets",
                        List.of(present.member().host() + ":" + present.member().httpPort()),
                        "labels",
                        Map.of("server", present.member().name(), "cluster", view.cluster())))
                .toList();
    }

    private void stream(EventStream stream) {
        ScheduledFuture<?> ticking = clock.scheduleAtFixedRate(
                () -> stream.send("fleet", JSON.writeValueAsString(fleet.get())), 0, 1, TimeUnit.SECONDS);
        stream.onClose(() -> ticking.cancel(false));
    }

    private static Answer json(Object value) {
        return Answer.json(200, JSON.writeValueAsBytes(value));
    }
}
