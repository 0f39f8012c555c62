package io.prestage.lab.bench;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One filling of the servers.
 *
 * @param contender who did it
 * @param ideal seconds
 * @param bytes what every server held in the end
 * @param finished seconds after the start, by server
 * @param wasted bytes that servers received in vain; unknown of other programs
 * @param fromOrigin bytes that the registry sent for it; unknown where the content did not come from one
 * @param cpu seconds of processor time of all its processes on servers while it ran
 * @param peakMemory the most bytes that one server's process was resident with
 * @param curves what the links carried meanwhile
 */
record Run(
        String contender,
        double ideal,
        long bytes,
        Map<String, Double> finished,
        Optional<Long> wasted,
        Optional<Long> fromOrigin,
        Optional<Double> cpu,
        Optional<Long> peakMemory,
        List<Curve> curves) {
    Run {
        finished = Map.copyOf(finished);
        curves = List.copyOf(curves);
    }

    /** Seconds until the last server had everything. */
    double time() {
        return quantile(1);
    }

    /** Seconds after the start, by server, in the order of their numbers. */
    Map<String, Double> finishedInOrder() {
        Map<String, Double> sorted =
                new TreeMap<>(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()));
        sorted.putAll(finished);
        return sorted;
    }

    double ratio() {
        return time() / ideal;
    }

    /** Seconds until such a part of the servers, 0 to 1, had everything. */
    double quantile(double part) {
        List<Double> sorted = finished.values().stream().sorted().toList();
        return sorted.get((int) Math.round(part * (sorted.size() - 1)));
    }

    /** Processor seconds for each 10⁹ bytes that were brought to a server. */
    Optional<Double> cpuPerGigabyte() {
        return cpu.map(seconds -> seconds / (bytes * (double) finished.size() / 1e9));
    }
}
