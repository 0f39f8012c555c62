package io.prestage.node.monitor;

import io.prestage.node.cluster.FleetBrief;
import io.prestage.node.http.EventStream;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tells everyone who listens how the fleet is, once a second; the text is made once for all of them. While nobody listens it looks
 * at a few numbers only: most nodes of a fleet are never looked at, and reading how all the others are is not for nothing. Safe for
 * every thread.
 *
 * <p>A listener first gets an event {@code history} with the {@link FleetHistory}, then events {@code fleet} with the {@link
 * FleetView}.
 */
final class Broadcast implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Broadcast.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Supplier<FleetBrief> brief;
    private final Supplier<FleetView> fleet;
    private final FleetWatcher watcher;
    private final FleetHistory history = new FleetHistory();
    private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(run -> {
        Thread thread = new Thread(run, "events");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * Begins to look.
     *
     * @param watcher told, too, on a thread of its own
     */
    Broadcast(Supplier<FleetBrief> brief, Supplier<FleetView> fleet, FleetWatcher watcher) {
        this.brief = brief;
        this.fleet = fleet;
        this.watcher = watcher;
        clock.scheduleAtFixedRate(this::tick, 0, 1, TimeUnit.SECONDS);
    }

    /** Begins to tell one more. */
    void open(EventStream stream) {
        stream.onClose(() -> streams.remove(stream));
        clock.execute(() -> {
            stream.send("history", JSON.writeValueAsString(history.points()));
            stream.send("fleet", JSON.writeValueAsString(fleet.get()));
            streams.add(stream);
            if (!stream.isOpen()) {
                streams.remove(stream);
            }
        });
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }

    private void tick() {
        try {
            FleetBrief known = brief.get();
            history.add(known, System.currentTimeMillis());
            if (streams.isEmpty() && !watcher.isCurious(known)) {
                return;
            }
            FleetView seen = fleet.get();
            watcher.seen(seen);
            if (!streams.isEmpty()) {
                String text = JSON.writeValueAsString(seen);
                streams.forEach(stream -> stream.send("fleet", text));
            }
        } catch (RuntimeException e) {
            LOG.error("the fleet cannot be shown, which is a mistake in Prestage", e);
        }
    }
}
