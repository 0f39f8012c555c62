package io.prestage.lab.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.prestage.protocol.Bytes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a case gave: the run of the median ratio, and what others took on the same links.
 *
 * @param name of the case
 * @param servers empty ones
 * @param link bits a second
 * @param origin bits a second
 * @param bytes what every server held in the end
 * @param ideal seconds
 * @param time seconds until the last server had everything
 * @param ratio of these two
 * @param ratios of all runs, in their order
 * @param first seconds until the first server had everything
 * @param half seconds until half of the servers had
 * @param finished seconds until each had
 * @param wasted bytes that servers received in vain
 * @param wastedPart the same, over all bytes that servers received
 * @param fromOrigin bytes that the registry sent, for one filling of the fleet
 * @param cpuPerGigabyte processor seconds of all nodes for 10⁹ bytes brought to a server
 * @param peakMemory bytes that one node was resident with at most, in any run
 * @param others the other contenders, a run each
 */
public record Report(
        @JsonProperty("case") String name,
        @JsonProperty("servers") int servers,
        @JsonProperty("link_bits_per_second") long link,
        @JsonProperty("origin_bits_per_second") long origin,
        @JsonProperty("bytes") long bytes,
        @JsonProperty("ideal_s") double ideal,
        @JsonProperty("time_s") double time,
        @JsonProperty("ratio") double ratio,
        @JsonProperty("ratios") List<Double> ratios,
        @JsonProperty("first_s") double first,
        @JsonProperty("half_s") double half,
        @JsonProperty("finished_s") Map<String, Double> finished,
        @JsonProperty("wasted_bytes") long wasted,
        @JsonProperty("wasted_part") double wastedPart,
        @JsonProperty("origin_bytes") long fromOrigin,
        @JsonProperty("cpu_s_per_gb") double cpuPerGigabyte,
        @JsonProperty("peak_memory_bytes") long peakMemory,
        @JsonProperty("others") List<Other> others) {
    /**
     * Another way of doing the same.
     *
     * @param name what it is called
     * @param time seconds until the last server had everything; nothing if it did not run
     * @param ratio of this to the ideal
     * @param first seconds until the first server had everything
     * @param half seconds until half of the servers had
     * @param finished seconds until each had; empty if it did not run
     * @param cpuPerGigabyte processor seconds of all its processes for 10⁹ bytes brought to a server
     * @param peakMemory bytes that one of its processes was resident with at most
     * @param note why it did not run
     */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    public record Other(
            @JsonProperty("name") String name,
            @JsonProperty("time_s") Optional<Double> time,
            @JsonProperty("ratio") Optional<Double> ratio,
            @JsonProperty("first_s") Optional<Double> first,
            @JsonProperty("half_s") Optional<Double> half,

            @JsonProperty("finished_s") @JsonInclude(JsonInclude.Include.NON_EMPTY)
            Map<String, Double> finished,

            @JsonProperty("cpu_s_per_gb") Optional<Double> cpuPerGigabyte,
            @JsonProperty("peak_memory_bytes") Optional<Long> peakMemory,
            @JsonProperty("note") Optional<String> note) {
        static Other of(Run run) {
            return new Other(
                    run.contender(),
                    Optional.of(rounded(run.time())),
                    Optional.of(rounded(run.ratio())),
                    Optional.of(rounded(run.quantile(0))),
                    Optional.of(rounded(run.quantile(0.5))),
                    Report.finished(run),
                    run.cpuPerGigabyte().map(Report::rounded),
                    run.peakMemory(),
                    Optional.empty());
        }

        static Other absent(String name, String note) {
            return new Other(
                    name,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Map.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(note));
        }
    }

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /** Copies the lists. */
    public Report {
        ratios = List.copyOf(ratios);
        others = List.copyOf(others);
    }

    static Report of(BenchCase what, List<Run> runs, List<Other> others) {
        Run median = median(runs);
        long wasted = median.wasted().orElseThrow();
        double received = wasted + median.bytes() * (double) what.servers();
        return new Report(
                what.name(),
                what.servers(),
                what.link().bitsPerSecond(),
                what.origin().bitsPerSecond(),
                median.bytes(),
                rounded(median.ideal()),
                rounded(median.time()),
                rounded(median.ratio()),
                runs.stream().map(run -> rounded(run.ratio())).toList(),
                rounded(median.quantile(0)),
                rounded(median.quantile(0.5)),
                finished(median),
                wasted,
                rounded(wasted / received),
                median.fromOrigin().orElseThrow(),
                rounded(median.cpuPerGigabyte().orElseThrow()),
                runs.stream()
                        .mapToLong(run -> run.peakMemory().orElseThrow())
                        .max()
                        .orElseThrow(),
                others);
    }

    /** The run in the middle; of an even number, the slower one of the two. */
    static Run median(List<Run> runs) {
        return runs.stream()
                .sorted(Comparator.comparingDouble(Run::ratio))
                .toList()
                .get(runs.size() / 2);
    }

    /** One JSON object. */
    public String json() {
        return JSON.writeValueAsString(this);
    }

    /** A table for people. */
    public List<String> table() {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "%s: %d empty servers, links %.0f Mbit/s, origin %.0f Mbit/s, %s; ideal %.2f s",
                name,
                servers,
                link / 1e6,
                origin / 1e6,
                new Bytes(bytes),
                ideal));
        lines.add(String.format(
                Locale.ROOT,
                "%-10s %8s %7s %8s %8s %10s %12s",
                "",
                "time",
                "ratio",
                "first",
                "half",
                "CPU/GB",
                "peak memory"));
        lines.add(row("prestage", time, ratio, first, half, Optional.of(cpuPerGigabyte), Optional.of(peakMemory)));
        for (Other other : others) {
            lines.add(
                    other.time.isEmpty()
                            ? String.format(Locale.ROOT, "%-10s %s", other.name, other.note.orElse(""))
                            : row(
                                    other.name,
                                    other.time.get(),
                                    other.ratio.orElseThrow(),
                                    other.first.orElseThrow(),
                                    other.half.orElseThrow(),
                                    other.cpuPerGigabyte,
                                    other.peakMemory));
        }
        lines.add("prestage's runs: " + ratios + ", their median is shown");
        lines.add(String.format(
                Locale.ROOT,
                "wasted %s (%.2f%%), registry sent %d bytes, unique %d",
                new Bytes(wasted),
                100 * wastedPart,
                fromOrigin,
                bytes));
        return lines;
    }

    private static String row(
            String name,
            double time,
            double ratio,
            double first,
            double half,
            Optional<Double> cpu,
            Optional<Long> memory) {
        return String.format(
                Locale.ROOT,
                "%-10s %6.2f s %7.3f %6.2f s %6.2f s %10s %12s",
                name,
                time,
                ratio,
                first,
                half,
                cpu.map(seconds -> String.format(Locale.ROOT, "%.1f s", seconds))
                        .orElse("-"),
                memory.map(most -> new Bytes(most).toString()).orElse("-"));
    }

    private static Map<String, Double> finished(Run run) {
        Map<String, Double> finished = run.finishedInOrder();
        finished.replaceAll((server, seconds) -> rounded(seconds));
        return finished;
    }

    private static double rounded(double value) {
        return Math.round(value * 1e4) / 1e4;
    }
}
