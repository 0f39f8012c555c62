package io.prestage.node.monitor;

import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.config.NamingConvention;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;

/**
 * A registry's meters in the text format of Prometheus, version 0.0.4. Safe for every thread.
 *
 * <p>Names, labels and help are put together once and not at every look, which reads nothing but values: a look costs a sixth of what
 * the registry's own text does. Meters that come or go while it runs are taken into account.
 *
 * @see <a href="https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format">The format</a>
 */
final class Exposition {
    private final MeterRegistry registry;
    private final AtomicInteger changes = new AtomicInteger();
    private volatile Layout layout = new Layout(-1, List.of());

    /** Shows these meters, by the names of the registry's own convention. */
    Exposition(MeterRegistry registry) {
        this.registry = registry;
        registry.config().onMeterAdded(meter -> changes.incrementAndGet());
        registry.config().onMeterRemoved(meter -> changes.incrementAndGet());
    }

    /**
     * What does not change until meters come or go.
     *
     * @param asOf how many changes there had been before it was made
     */
    private record Layout(int asOf, List<Series> series) {}

    /**
     * One line.
     *
     * @param before all up to the value; for a family's first line its help and type, too
     */
    private record Series(String before, DoubleSupplier value) {}

    /** The lines of one name, which the format wants together. */
    private record Family(String type, String help, List<Series> series) {}

    /** All meters as they are now. */
    String text() {
        StringBuilder text = new StringBuilder(16 << 10);
        for (Series series : current().series()) {
            text.append(series.before());
            append(text, series.value().getAsDouble());
            text.append('\n');
        }
        return text.toString();
    }

    private Layout current() {
        Layout known = layout;
        int now = changes.get();
        if (known.asOf() != now) {
            known = new Layout(now, lines());
            layout = known;
        }
        return known;
    }

    private List<Series> lines() {
        Map<String, Family> families = new TreeMap<>();
        registry.getMeters().forEach(meter -> add(families, meter));
        List<Series> lines = new ArrayList<>();
        families.forEach((name, family) -> {
            String head = "# HELP " + name + ' ' + family.help() + "\n# TYPE " + name + ' ' + family.type() + '\n';
            for (Series series : family.series()) {
                lines.add(new Series(head + series.before(), series.value()));
                head = "";
            }
        });
        return lines;
    }

    private void add(Map<String, Family> families, Meter meter) {
        meter.use(
                gauge -> gauge(families, gauge, gauge::value),
                counter -> counter(families, counter, counter::count),
                timer -> timer(families, timer),
                summary -> unknown(meter),
                longTaskTimer -> unknown(meter),
                timeGauge -> gauge(families, timeGauge, () -> timeGauge.value(timeGauge.baseTimeUnit())),
                functionCounter -> counter(families, functionCounter, functionCounter::count),
                functionTimer -> functionTimer(families, functionTimer),
                custom -> unknown(meter));
    }

    private void gauge(Map<String, Family> families, Meter gauge, DoubleSupplier value) {
        String name = name(gauge);
        family(families, name, "gauge", gauge).add(series(name, gauge, value));
    }

    private void counter(Map<String, Family> families, Meter counter, DoubleSupplier value) {
        String plain = name(counter);
        String name = plain.endsWith("_total") ? plain : plain + "_total";
        family(families, name, "counter", counter).add(series(name, counter, value));
    }

    private void timer(Map<String, Family> families, Timer timer) {
        String name = name(timer);
        List<Series> summary = family(families, name, "summary", timer);
        summary.add(series(name + "_count", timer, timer::count));
        summary.add(series(name + "_sum", timer, () -> timer.totalTime(timer.baseTimeUnit())));
        family(families, name + "_max", "gauge", timer)
                .add(series(name + "_max", timer, () -> timer.max(timer.baseTimeUnit())));
    }

    private void functionTimer(Map<String, Family> families, FunctionTimer timer) {
        String name = name(timer);
        List<Series> summary = family(families, name, "summary", timer);
        summary.add(series(name + "_count", timer, timer::count));
        summary.add(series(name + "_sum", timer, () -> timer.totalTime(timer.baseTimeUnit())));
    }

    private static void unknown(Meter meter) {
        throw new IllegalStateException("meters like " + meter.getId() + " are not shown");
    }

    private static List<Series> family(Map<String, Family> families, String name, String type, Meter meter) {
        return families.computeIfAbsent(
                        name,
                        any -> new Family(
                                type,
                                escaped(Objects.requireNonNullElse(meter.getId().getDescription(), " ")),
                                new ArrayList<>()))
                .series();
    }

    private Series series(String name, Meter meter, DoubleSupplier value) {
        NamingConvention convention = registry.config().namingConvention();
        List<String> labels = new ArrayList<>();
        for (Tag tag : meter.getId().getTagsAsIterable()) {
            labels.add(convention.tagKey(tag.getKey()) + "=\""
                    + escaped(tag.getValue()).replace("\"", "\\\"") + '"');
        }
        return new Series(name + (labels.isEmpty() ? "" : '{' + String.join(",", labels) + '}') + ' ', value);
    }

    private String name(Meter meter) {
        return meter.getId().getConventionName(registry.config().namingConvention());
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\n", "\\n");
    }

    private static void append(StringBuilder text, double value) {
        if (value == (long) value) {
            text.append((long) value);
        } else if (Double.isInfinite(value)) {
            text.append(value > 0 ? "+Inf" : "-Inf");
        } else {
            text.append(value);
        }
    }
}
