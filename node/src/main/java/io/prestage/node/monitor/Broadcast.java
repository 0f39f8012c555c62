package io.prestage.node.monitor;

import io.prestage.node.cluster.FleetBrief;
import io.prestage.node.http.EventStream;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tells everyone who listens how the fleet is, once a second; the text is made once for all of them. While nobody listens nothing
 * wakes up here: most nodes of a fleet are never looked at. Safe for every thread.
 *
 * <p>A listener first gets an event {@code history} with the {@link FleetHistory}, then events {@code fleet} with the {@link
 * FleetView}.
 */
final class Broadcast implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Broadcast.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Supplier<FleetView> fleet;
    private final FleetWatcher watcher;
    private final FleetHistory history = new FleetHistory();
    private final AtomicReference<FleetBrief> lastTold = new AtomicReference<>(FleetBrief.NONE);
    private final ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(
            1,
            run -> {
                Thread thread = new Thread(run, "events");
                thread.setDaemon(true);
                return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy()); // what comes after it is closed is for nobody

    // On the clock's thread.

    private final Set<EventStream> streams = new LinkedHashSet<>();
    private Optional<Future<?>> ticking = Optional.empty();

    /**
     * Begins to look.
     *
     * @param watcher looks, too, on a thread of its own
     */
    Broadcast(Supplier<FleetView> fleet, FleetWatcher watcher) {
        this.fleet = fleet;
        this.watcher = watcher;
    }

    /** Something new is known of the fleet; expected about once a second. */
    void told(FleetBrief now) {
        history.add(now, System.currentTimeMillis());
        FleetBrief before = lastTold.getAndSet(now);
        if (watcher.isCurious(before, now)) {
            execute(() -> watcher.seen(fleet.get()));
        }
    }

    /** Begins to tell one more. */
    void open(EventStream stream) {
        stream.onClose(() -> execute(() -> streams.remove(stream)));
        execute(() -> {
            stream.send("history", JSON.writeValueAsString(history.points()));
            stream.send("fleet", JSON.writeValueAsString(fleet.get()));
            if (stream.isOpen()) {
                streams.add(stream);
            }
            if (ticking.isEmpty()) {
                ticking = Optional.of(clock.scheduleAtFixedRate(guarded(this::tick), 1, 1, TimeUnit.SECONDS));
            }
        });
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }

    private void tick() {
        if (streams.isEmpty()) {
            ticking.ifPresent(task -> task.cancel(false));
            ticking = Optional.empty();
            return;
        }
        String text = JSON.writeValueAsString(fleet.get());
        List.copyOf(streams).forEach(stream -> stream.send("fleet", text));
    }

    private void execute(Runnable work) {
        clock.execute(guarded(work));
    }

    private static Runnable guarded(Runnable work) {
        return () -> {
            try {
                work.run();
            } catch (RuntimeException e) {
                LOG.error("the fleet cannot be shown, which is a mistake in Prestage", e);
            }
        };
    }
}
