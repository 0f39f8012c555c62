package io.prestage.node.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyAllocatorMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is put together here is what the registry itself would say, which takes longer over it. */
final class ExpositionTest {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Exposition exposition = new Exposition(registry);
    private final AtomicLong number = new AtomicLong(3);

    @Test
    void everyKindOfMeterReadsAsTheRegistryWritesIt() {
        FunctionCounter.builder("sent", number, AtomicLong::get)
                .baseUnit("bytes")
                .description("Bytes that went out")
                .register(registry);
        Counter.builder("tries").tag("why", "time").register(registry).increment(2);
        Counter.builder("tries").tag("why", "size").register(registry);
        FunctionTimer.builder("write", number, AtomicLong::get, nanos -> 2.5e9, TimeUnit.NANOSECONDS)
                .description("Writing")
                .register(registry);
        Timer.builder("pause")
                .description("Waiting")
                .tag("kind", "long")
                .register(registry)
                .record(Duration.ofMillis(1500));
        TimeGauge.builder("up", () -> 90_000, TimeUnit.MILLISECONDS).register(registry);
        MultiGauge.builder("stuck")
                .register(registry)
                .register(List.of(
                        MultiGauge.Row.of(Tags.of("name", "SN-1"), () -> 1),
                        MultiGauge.Row.of(Tags.of("name", "SN-2"), () -> 1)));
        assertReadsAsTheRegistryWritesIt();
    }

    @Test
    void marksInLabelsAndHelpAreEscapedAsTheRegistryEscapesThem() {
        Gauge.builder("odd", number::get)
                .description("a \\ and \"this\"\nand a second line")
                .tags("name.of", "a \\ and \"this\"\nand a second line")
                .register(registry);
        assertReadsAsTheRegistryWritesIt();
    }

    @ParameterizedTest
    @ValueSource(
            doubles = {
                0,
                1,
                -7,
                0.1,
                1e9,
                123_456_789_012_345.0,
                1e21,
                -1e300,
                4.9e-324,
                Long.MAX_VALUE,
                Double.NaN,
                Double.POSITIVE_INFINITY,
                Double.NEGATIVE_INFINITY
            })
    void everyNumberIsReadAsWhatItIs(double value) {
        Gauge.builder("number", () -> value).register(registry);
        assertReadsAsTheRegistryWritesIt();
    }

    @Test
    void whatIsBoundToEveryNodeReadsAsTheRegistryWritesIt() {
        List.of(
                        new JvmMemoryMetrics(),
                        new JvmThreadMetrics(),
                        new ClassLoaderMetrics(),
                        new ProcessorMetrics(),
                        new FileDescriptorMetrics(),
                        new UptimeMetrics(),
                        new NettyAllocatorMetrics((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT))
                .forEach(binder -> binder.bindTo(registry));
        assertEquals(withoutValues(read(registry.scrape())), withoutValues(read(exposition.text())));
    }

    @Test
    void aMeterThatCannotBeShownIsRefusedWhenItIsRegistered() {
        assertThrows(
                IllegalArgumentException.class,
                () -> DistributionSummary.builder("sizes").register(registry));
    }

    @Test
    void whatIsPresentAgainAndAgainIsRegisteredOnce() {
        try (Metrics metrics = new Metrics()) {
            metrics.present("stuck", "1 for each that is", () -> List.of(Tags.of("name", "SN-1")));
            assertTrue(metrics.text().contains("\nstuck{name=\"SN-1\"} 1\n"));
            assertTrue(metrics.text().contains("\nstuck{name=\"SN-1\"} 1\n"));
        }
    }

    @Test
    void metersComeAndGoBetweenLooks() {
        Gauge first = Gauge.builder("first", number::get).register(registry);
        assertTrue(exposition.text().contains("\nfirst 3\n"));
        Gauge.builder("second", number::get).register(registry);
        number.set(4);
        assertTrue(exposition.text().contains("\nsecond 4\n"));
        registry.remove(first);
        assertFalse(exposition.text().contains("first"));
        assertReadsAsTheRegistryWritesIt();
    }

    private void assertReadsAsTheRegistryWritesIt() {
        assertEquals(read(registry.scrape()), read(exposition.text()));
    }

    /** A family's help and type, in this order, and its series in any. */
    private record Family(String help, String type, Map<String, Double> series) {}

    /** The families of a text, each of which begins with its help and comes once. */
    private static Map<String, Family> read(String text) {
        Map<String, Family> families = new TreeMap<>();
        Iterator<String> lines = text.lines().iterator();
        String line = lines.hasNext() ? lines.next() : "";
        while (!line.isEmpty()) {
            assertTrue(line.startsWith("# HELP "), line);
            String name = line.split(" ", -1)[2];
            String type = lines.next();
            assertTrue(type.startsWith("# TYPE " + name + ' '), type);
            Family family = new Family(line.stripTrailing(), type, new TreeMap<>());
            assertNull(families.put(name, family), () -> name + " comes twice");
            line = lines.next();
            while (!line.isEmpty() && !line.startsWith("#")) {
                assertTrue(line.startsWith(name), line);
                int space = line.lastIndexOf(' ');
                family.series().put(line.substring(0, space), number(line.substring(space + 1)));
                line = lines.hasNext() ? lines.next() : "";
            }
        }
        return families;
    }

    private static Map<String, Set<String>> withoutValues(Map<String, Family> families) {
        Map<String, Set<String>> names = new TreeMap<>();
        families.forEach((name, family) ->
                names.put(family.help() + '\n' + family.type(), family.series().keySet()));
        return names;
    }

    private static double number(String text) {
        return switch (text) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }
}
