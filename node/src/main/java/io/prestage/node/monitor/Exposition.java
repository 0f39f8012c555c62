package io.prestage.node.monitor;

import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.config.NamingConvention;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;

/**
 * A registry's meters in the text format of Prometheus, version 0.0.4. Safe for every thread.
 *
 * <p>Names, labels and help are put together when a meter is registered and not at every look, which reads nothing but values;
 * {@code docs/decisions/0012-metrics-text.md} has the figures. Gauges, counters and timers without percentiles are shown; a meter of
 * another kind is refused when it is registered.
 *
 * @see <a href="https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format">The format</a>
 */
final class Exposition {
    private final NamingConvention names;
    private final Map<Meter, List<Series>> meters = new ConcurrentHashMap<>();
    private final AtomicInteger changes = new AtomicInteger();
    private volatile Lines lines = new Lines(0, List.of());

    /**
     * Shows what is registered from now on, by the names of the registry's own convention.
     *
     * @param registry without meters as yet
     */
    Exposition(MeterRegistry registry) {
        this.names = registry.config().namingConvention();
        registry.config().onMeterAdded(this::added);
        registry.config().onMeterRemoved(this::removed);
    }

    /**
     * One value of one meter.
     *
     * @param family its family's name, by which lines are ordered
     * @param head its family's help and type, which the first of the family begins with
     * @param before all of its line up to the value
     */
    private record Series(String family, String head, String before, DoubleSupplier value) {}

    /** What is written before a value, and where the value comes from. */
    private record Line(String before, DoubleSupplier value) {}

    /**
     * All lines, good until meters come or go.
     *
     * @param asOf how many changes there had been before they were read
     */
    private record Lines(int asOf, List<Line> all) {}

    /** All meters as they are now. */
    String text() {
        StringBuilder text = new StringBuilder(16 << 10);
        for (Line line : current().all()) {
            text.append(line.before());
            append(text, line.value().getAsDouble());
            text.append('\n');
        }
        return text.toString();
    }

    private Lines current() {
        Lines known = lines;
        int now = changes.get();
        if (known.asOf() != now) {
            known = new Lines(now, ordered());
            lines = known;
        }
        return known;
    }

    private List<Line> ordered() {
        List<Series> all = meters.values().stream()
                .flatMap(List::stream)
                .sorted(Comparator.comparing(Series::family).thenComparing(Series::before))
                .toList();
        List<Line> ordered = new ArrayList<>();
        String family = "";
        for (Series series : all) {
            String head = series.family().equals(family) ? "" : series.head();
            ordered.add(new Line(head + series.before(), series.value()));
            family = series.family();
        }
        return ordered;
    }

    private void added(Meter meter) {
        meters.put(meter, series(meter));
        changes.incrementAndGet();
    }

    private void removed(Meter meter) {
        meters.remove(meter);
        changes.incrementAndGet();
    }

    private List<Series> series(Meter meter) {
        return meter.match(
                gauge -> gauge(gauge, gauge::value),
                counter -> counter(counter, counter::count),
                this::timer,
                summary -> refused(meter),
                longTaskTimer -> refused(meter),
                timeGauge -> gauge(timeGauge, () -> timeGauge.value(timeGauge.baseTimeUnit())),
                functionCounter -> counter(functionCounter, functionCounter::count),
                this::functionTimer,
                custom -> refused(meter));
    }

    private List<Series> gauge(Meter gauge, DoubleSupplier value) {
        String name = name(gauge);
        return List.of(series(gauge, name, "gauge", name, value));
    }

    private List<Series> counter(Meter counter, DoubleSupplier value) {
        String plain = name(counter);
        String name = plain.endsWith("_total") ? plain : plain + "_total";
        return List.of(series(counter, name, "counter", name, value));
    }

    private List<Series> timer(Timer timer) {
        String name = name(timer);
        String most = name + "_max";
        return Stream.concat(
                        summary(timer, name, timer::count, () -> timer.totalTime(timer.baseTimeUnit())),
                        Stream.of(series(timer, most, "gauge", most, () -> timer.max(timer.baseTimeUnit()))))
                .toList();
    }

    private List<Series> functionTimer(FunctionTimer timer) {
        return summary(timer, name(timer), timer::count, () -> timer.totalTime(timer.baseTimeUnit()))
                .toList();
    }

    private Stream<Series> summary(Meter meter, String name, DoubleSupplier count, DoubleSupplier sum) {
        return Stream.of(
                series(meter, name, "summary", name + "_count", count),
                series(meter, name, "summary", name + "_sum", sum));
    }

    private static List<Series> refused(Meter meter) {
        throw new IllegalArgumentException("a meter like " + meter.getId() + " cannot be shown");
    }

    private Series series(Meter meter, String family, String type, String name, DoubleSupplier value) {
        String help = Objects.requireNonNullElse(meter.getId().getDescription(), " ");
        String head = "# HELP " + family + ' ' + escaped(help) + "\n# TYPE " + family + ' ' + type + '\n';
        return new Series(family, head, name + labels(meter) + ' ', value);
    }

    private String labels(Meter meter) {
        List<String> labels = new ArrayList<>();
        for (Tag tag : meter.getId().getTagsAsIterable()) {
            String value = escaped(tag.getValue()).replace("\"", "\\\"");
            labels.add(names.tagKey(tag.getKey()) + "=\"" + value + '"');
        }
        return labels.isEmpty() ? "" : '{' + String.join(",", labels) + '}';
    }

    private String name(Meter meter) {
        return meter.getId().getConventionName(names);
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
