package io.prestage.node.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
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
        Timer.builder("pause").tag("kind", "long").register(registry).record(Duration.ofMillis(1500));
        TimeGauge.builder("up", () -> 90_000, TimeUnit.MILLISECONDS).register(registry);
        MultiGauge.builder("stuck")
                .register(registry)
                .register(List.of(
                        MultiGauge.Row.of(Tags.of("name", "SN-1"), () -> 1),
                        MultiGauge.Row.of(Tags.of("name", "SN-2"), () -> 1)));
        assertSame();
    }

    @Test
    void marksInLabelsAndHelpAreEscapedAsTheRegistryEscapesThem() {
        Gauge.builder("odd", number::get)
                .description("a \\ and \"this\"\nand a second line")
                .tags("name.of", "a \\ and \"this\"\nand a second line")
                .register(registry);
        assertSame();
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
        assertSame();
    }

    @Test
    void theMetersOfTheJvmAreThere() {
        new JvmMemoryMetrics().bindTo(registry);
        assertEquals(
                registry.scrape()
                        .lines()
                        .map(ExpositionTest::beforeValue)
                        .sorted()
                        .toList(),
                exposition
                        .text()
                        .lines()
                        .map(ExpositionTest::beforeValue)
                        .sorted()
                        .toList());
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
        assertSame();
    }

    private void assertSame() {
        assertEquals(read(registry.scrape()), read(exposition.text()));
    }

    /** Every line, its value as a number; lines of one family follow each other in any order. */
    private static List<String> read(String text) {
        return text.lines()
                .flatMap(line -> line.startsWith("#")
                        ? Stream.of(line.stripTrailing())
                        : Stream.of(beforeValue(line) + value(line)))
                .sorted()
                .toList();
    }

    private static String beforeValue(String line) {
        return line.startsWith("#") ? line.stripTrailing() : line.substring(0, line.lastIndexOf(' ') + 1);
    }

    private static double value(String line) {
        String value = line.substring(line.lastIndexOf(' ') + 1);
        return switch (value) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(value);
        };
    }
}
