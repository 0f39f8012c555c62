package io.prestage.cli;

import io.prestage.protocol.Bytes;
import io.prestage.simulation.Finish;
import io.prestage.simulation.Outcome;
import io.prestage.simulation.Scenario;
import io.prestage.simulation.ServerModel;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What a simulation came to, as text, JSON and a table of servers. */
final class SimulationReport {
    private static final Map<String, Double> QUANTILES = quantiles();

    private final Scenario scenario;
    private final Outcome outcome;
    private final Duration wall;
    private final long heap;

    /**
     * Takes what is reported.
     *
     * @param wall how long the simulation took
     */
    SimulationReport(Scenario scenario, Outcome outcome, Duration wall) {
        this.scenario = scenario;
        this.outcome = outcome;
        this.wall = wall;
        this.heap = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .mapToLong(pool -> pool.getPeakUsage().getUsed())
                .sum();
    }

    /** One line a figure. */
    String text() {
        StringBuilder text = new StringBuilder();
        line(text, "nodes %d", outcome.ratios().size());
        line(
                text,
                "pieces %d of %s",
                scenario.pieces().count(),
                new Bytes(scenario.pieces().pieceSize()));
        line(text, "last %.3f s", outcome.took().toNanos() / 1e9);
        QUANTILES.forEach((name, part) -> line(text, "%s %.3f", name, outcome.ratio(part)));
        line(text, "duplicates sent by seeds %d", outcome.duplicates());
        line(text, "wasted bytes %d (%.3f%%)", outcome.wastedBytes(), 100 * outcome.waste());
        line(text, "messages per piece %.1f", outcome.messagesPerPiece());
        line(text, "events %d", outcome.events());
        line(text, "wall %.1f s", wall.toMillis() / 1e3);
        line(text, "heap %s", new Bytes(heap));
        return text.toString();
    }

    /** One object; ratios of nodes that did not finish are null. */
    String json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("nodes", outcome.ratios().size());
        json.put("pieces", scenario.pieces().count());
        json.put("piece_size", scenario.pieces().pieceSize());
        json.put("last_s", outcome.took().toNanos() / 1e9);
        QUANTILES.forEach((name, part) -> {
            double ratio = outcome.ratio(part);
            json.put(name, Double.isFinite(ratio) ? ratio : null);
        });
        json.put("duplicates", outcome.duplicates());
        json.put("wasted_bytes", outcome.wastedBytes());
        json.put("delivered_bytes", outcome.deliveredBytes());
        json.put("messages_per_piece", outcome.messagesPerPiece());
        json.put("events", outcome.events());
        json.put("wall_s", wall.toMillis() / 1e3);
        json.put("heap_bytes", heap);
        return JsonMapper.builder()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .build()
                        .writeValueAsString(json)
                + System.lineSeparator();
    }

    /** One line a server, with a line of names above. */
    String csv() {
        StringBuilder csv = new StringBuilder();
        line(csv, "server,role,link_bits_per_second,joined_s,finished_s,ideal_s,received_bytes,sent_bytes");
        for (Finish finish : outcome.servers()) {
            ServerModel model = scenario.servers().get(finish.server());
            line(
                    csv,
                    "%d,%s,%d,%.6f,%s,%.6f,%d,%d",
                    finish.server(),
                    role(model),
                    model.down().bitsPerSecond(),
                    model.joins().toNanos() / 1e9,
                    finish.finished()
                            .map(at -> String.format(Locale.ROOT, "%.6f", at.toNanos() / 1e9))
                            .orElse(""),
                    scenario.ideal(finish.server()),
                    finish.receivedBytes(),
                    finish.sentBytes());
        }
        return csv.toString();
    }

    private static String role(ServerModel model) {
        if (!(model.source() instanceof ServerModel.Source.Swarm)) {
            return "seed";
        }
        if (model.conduct() != ServerModel.Conduct.HONEST) {
            return "crashes";
        }
        return model.lingers().isPresent() ? "leaves" : "node";
    }

    private static Map<String, Double> quantiles() {
        Map<String, Double> quantiles = new LinkedHashMap<>();
        quantiles.put("p50", 0.5);
        quantiles.put("p90", 0.9);
        quantiles.put("p99", 0.99);
        quantiles.put("p99.9", 0.999);
        quantiles.put("max", 1.0);
        return quantiles;
    }

    private static void line(StringBuilder to, String format, Object... values) {
        to.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
