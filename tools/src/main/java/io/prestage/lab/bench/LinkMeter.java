package io.prestage.lab.bench;

import io.prestage.lab.Lab;
import io.prestage.lab.LabException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Reads what the links have carried, four times a second, on a thread of its own. */
final class LinkMeter implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(250);

    private record Sample(Instant at, Map<String, Lab.Traffic> traffic) {}

    private final Lab lab;
    private final List<Sample> samples = new ArrayList<>();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();

    private LinkMeter(Lab lab) {
        this.lab = lab;
    }

    static LinkMeter start(Lab lab) {
        LinkMeter meter = new LinkMeter(lab);
        meter.thread.scheduleAtFixedRate(meter::sample, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        return meter;
    }

    /** What came in at these servers from a moment on. */
    synchronized List<Curve> received(List<String> servers, Instant from) {
        return servers.stream().map(server -> curve(server, from)).toList();
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    private void sample() {
        try {
            Sample sample = new Sample(Instant.now(), lab.traffic());
            synchronized (this) {
                samples.add(sample);
            }
        } catch (LabException e) {
            // One point less in a plot; what keeps the lab from working shows where it is used.
            return;
        }
    }

    private Curve curve(String server, Instant from) {
        long before = 0;
        List<Curve.Point> points = new ArrayList<>();
        for (Sample sample : samples) {
            long bytes =
                    sample.traffic().getOrDefault(server, new Lab.Traffic(0, 0)).received();
            if (sample.at().isBefore(from)) {
                before = bytes;
            } else {
                points.add(new Curve.Point(Duration.between(from, sample.at()).toNanos() / 1e9, bytes - before));
            }
        }
        return new Curve(server, points);
    }
}
