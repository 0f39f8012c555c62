package io.prestage.node.monitor;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** A node's metrics in the format of Prometheus. Safe for every thread. */
public final class Metrics implements AutoCloseable {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final AtomicInteger peers = new AtomicInteger();
    private final Map<String, Runnable> refreshers = new ConcurrentHashMap<>();
    private final JvmGcMetrics collections = new JvmGcMetrics();

    /** Starts with the metrics of the JVM. */
    public Metrics() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        collections.bindTo(registry);
        gauge("prestage.peers", "Neighbours that are connected", peers::get);
    }

    /** Counts what an adder counts, under {@code <name>_<unit>_total}. */
    public void counter(String name, String unit, String help, LongAdder adder) {
        FunctionCounter.builder(name, adder, LongAdder::sum)
                .baseUnit(unit)
                .description(help)
                .register(registry);
    }

    /**
     * Counts by reason, under {@code <name>_total{reason}}.
     *
     * @param adders grows as reasons turn up; they are shown from the next {@link #text} on
     */
    public void counters(String name, String help, Map<String, LongAdder> adders) {
        refreshers.put(
                name,
                () -> adders.forEach((reason, adder) -> FunctionCounter.builder(name, adder, LongAdder::sum)
                        .tags(Tags.of("reason", reason))
                        .description(help)
                        .register(registry)));
    }

    /** Shows a number that goes up and down. */
    public void gauge(String name, String help, Supplier<Number> value) {
        Gauge.builder(name, value).description(help).register(registry);
    }

    /** Shows 1 while the node is in a state, else 0, as {@code prestage_node_state{state}}. */
    public void state(String state, BooleanSupplier is) {
        Gauge.builder("prestage.node.state", () -> is.getAsBoolean() ? 1 : 0)
                .tags(Tags.of("state", state.toLowerCase(Locale.ROOT)))
                .description("1 for the state that the node is in")
                .register(registry);
    }

    /** Sets how many neighbours are connected. */
    public void peers(int connected) {
        peers.set(connected);
    }

    /** How many neighbours are connected. */
    public int peers() {
        return peers.get();
    }

    /** All metrics, as Prometheus scrapes them. */
    public String text() {
        refreshers.values().forEach(Runnable::run);
        return registry.scrape();
    }

    @Override
    public void close() {
        collections.close();
        registry.close();
    }
}
