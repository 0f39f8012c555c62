package io.prestage.node.monitor;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyAllocatorMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyEventExecutorMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.util.concurrent.EventExecutor;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * A node's metrics in the format of Prometheus. Safe for every thread.
 *
 * <p>Every series is there from the start, with 0 before the first event: a rate over a counter that appears with its first
 * increment misses that increment.
 */
public final class Metrics implements AutoCloseable {
    /**
     * Gauges of Micrometer's binders that cost more than all others together: threads by state look at every thread once for each
     * state, shares of the processors read the control group's files. The rate of {@code process_cpu_time} are the processors that
     * the process uses.
     */
    private static final List<String> LEFT_OUT = List.of("jvm.threads.states", "process.cpu.usage", "system.cpu.usage");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Exposition exposition = new Exposition(registry);
    private final JvmGcMetrics collections = new JvmGcMetrics();
    private final List<Runnable> refreshers = new CopyOnWriteArrayList<>();

    /** Starts with the metrics of the process and its JVM. */
    public Metrics() {
        LEFT_OUT.forEach(name -> registry.config().meterFilter(MeterFilter.denyNameStartsWith(name)));
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collections.bindTo(registry);
    }

    /** Adds the metrics of Netty's buffers and of these event loops. */
    public void netty(Iterable<EventExecutor> loops) {
        if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider provider) {
            new NettyAllocatorMetrics(provider).bindTo(registry);
        }
        new NettyEventExecutorMetrics(loops).bindTo(registry);
    }

    /** Counts what an adder counts, under {@code <name>_<unit>_total}. */
    public void counter(String name, String unit, String help, LongAdder adder) {
        FunctionCounter.builder(name, adder, LongAdder::sum)
                .baseUnit(unit)
                .description(help)
                .register(registry);
    }

    /** Counts by reason, under {@code <name>_total{reason}}. */
    public void counters(String name, String help, Map<String, LongAdder> adders) {
        adders.forEach((reason, adder) -> FunctionCounter.builder(name, adder, LongAdder::sum)
                .tags(Tags.of("reason", reason))
                .description(help)
                .register(registry));
    }

    /** Counts something that takes time, under {@code <name>_seconds_count} and {@code <name>_seconds_sum}. */
    public void timer(String name, String help, LongAdder count, LongAdder nanos) {
        FunctionTimer.builder(name, count, LongAdder::sum, any -> nanos.sum(), TimeUnit.NANOSECONDS)
                .description(help)
                .register(registry);
    }

    /** Shows a number that goes up and down. */
    public void gauge(String name, String help, Supplier<Number> value) {
        Gauge.builder(name, value).description(help).register(registry);
    }

    /** Shows a number for each of some values of one label, all of them known from the start. */
    public <T> void gauges(
            String name,
            String help,
            String label,
            Iterable<T> values,
            Labelled<T> labelled,
            ToDoubleFunction<T> value) {
        for (T each : values) {
            Gauge.builder(name, () -> value.applyAsDouble(each))
                    .tags(Tags.of(label, labelled.label(each)))
                    .description(help)
                    .register(registry);
        }
    }

    /** Shows 1 for each of what there is at the moment of a look, labelled so. */
    public void present(String name, String help, Supplier<List<Tags>> labels) {
        MultiGauge gauge = MultiGauge.builder(name).description(help).register(registry);
        refreshers.add(() -> gauge.register(
                labels.get().stream()
                        .map(tags -> MultiGauge.Row.of(tags, () -> 1))
                        .toList(),
                false));
    }

    /**
     * What many gauges of one look are read from, taken once for all of them; of two looks at the same time, either's.
     *
     * @param source asked at the beginning of each look
     * @return what the source said last, which is kept until the next look; null before the first
     */
    public <T> Supplier<T> atEachLook(Supplier<T> source) {
        AtomicReference<T> last = new AtomicReference<>();
        refreshers.add(() -> last.set(source.get()));
        return last::get;
    }

    /** All metrics, as Prometheus scrapes them. */
    public String text() {
        refreshers.forEach(Runnable::run);
        return exposition.text();
    }

    @Override
    public void close() {
        collections.close();
        registry.close();
    }

    /** The word that stands for a value in a label. */
    @FunctionalInterface
    public interface Labelled<T> {
        /** The label's value. */
        String label(T value);
    }
}
