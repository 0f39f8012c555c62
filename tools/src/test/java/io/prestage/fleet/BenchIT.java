package io.prestage.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code prestage bench} as somebody sees it who wants a figure. */
final class BenchIT {
    private static final long SIZE = Fleet.bytes("8MiB");

    @TempDir
    private Path folder;

    @Test
    void measuresAFleetBesideBitTorrentAndDirectPulls() throws Exception {
        Ran.require("aria2c", "aria2");
        Ran.require("opentracker", "opentracker");
        Ran.require("mktorrent", "mktorrent");
        Path plot = folder.resolve("plot.svg");
        Path dir = Files.createDirectory(folder.resolve("dir"));
        Prestage bench = Prestage.start(
                new ProcessBuilder(Prestage.command(
                        "bench",
                        "--case",
                        "lan9",
                        "--servers",
                        "3",
                        "--size",
                        "8MiB",
                        "--runs",
                        "1",
                        "--json",
                        "--dir",
                        dir.toString(),
                        "--plot",
                        plot.toString())),
                folder,
                "bench");
        bench.assertSucceeds(Duration.ofMinutes(5));
        JsonNode result = JsonMapper.shared().readTree(bench.output());
        assertEquals("lan9", result.get("case").asString());
        assertTrue(result.get("bytes").asLong() >= SIZE);
        assertEquals(result.get("bytes").asLong(), result.get("origin_bytes").asLong(), bench::toString);
        double ideal = result.get("bytes").asLong() * 8 / 100e6;
        assertEquals(ideal, result.get("ideal_s").asDouble(), 0.001);
        assertEquals(
                result.get("time_s").asDouble() / result.get("ideal_s").asDouble(),
                result.get("ratio").asDouble(),
                0.01);
        assertTrue(result.get("ratio").asDouble() > 1, "nobody is faster than the link");
        assertTrue(result.get("first_s").asDouble() <= result.get("half_s").asDouble());
        assertTrue(result.get("half_s").asDouble() <= result.get("time_s").asDouble());
        assertEquals(
                List.of("h2", "h3", "h4"),
                result.get("finished_s").properties().stream()
                        .map(Map.Entry::getKey)
                        .toList());
        assertTrue(result.get("cpu_s_per_gb").asDouble() > 0);
        assertTrue(result.get("peak_memory_bytes").asLong() > Fleet.bytes("20MiB"));
        assertEquals("aria2", result.get("others").get(0).get("name").asString());
        assertTrue(result.get("others").get(0).get("ratio").asDouble() > 1, bench::toString);
        assertEquals("skopeo", result.get("others").get(1).get("name").asString());
        assertTrue(
                result.get("others").get(1).get("ratio").asDouble() > 2.5, "three servers share the registry's link");
        assertEquals(
                9,
                Files.readString(plot)
                        .lines()
                        .filter(line -> line.contains("<polyline"))
                        .count());
        try (Stream<Path> left = Files.list(dir)) {
            assertFalse(left.findAny().isPresent(), "everything is removed");
        }
    }

    @Test
    void comparesNoTorrentWithASeedThatHasToFetchFirst() throws Exception {
        Prestage bench = Prestage.start(
                new ProcessBuilder(Prestage.command(
                        "bench",
                        "--case",
                        "origin8",
                        "--servers",
                        "2",
                        "--size",
                        "8MiB",
                        "--runs",
                        "1",
                        "--against",
                        "aria2")),
                folder,
                "origin");
        bench.assertSucceeds(Duration.ofMinutes(2));
        assertTrue(
                bench.output().contains("aria2      not compared: a torrent is made of what the seed holds"),
                bench::output);
    }

    @Test
    void saysWhatCannotBeMeasured() throws Exception {
        Ran unknown = Ran.of(new ProcessBuilder(Prestage.command("bench", "--case", "lan99")));
        assertEquals(2, unknown.code());
        assertEquals(
                "prestage: --case takes lan9, lan17, origin8, not 'lan99'; try 'prestage bench --help'",
                unknown.err().strip());
        Ran stranger = Ran.of(new ProcessBuilder(Prestage.command("bench", "--against", "carrier-pigeons")));
        assertEquals(2, stranger.code());
        for (String size : List.of("1023KiB", "2TiB", "800000TB")) {
            Ran absurd = Ran.of(new ProcessBuilder(Prestage.command("bench", "--size", size)));
            assertEquals(2, absurd.code(), absurd::toString);
            assertTrue(absurd.err().startsWith("prestage: a case moves 1MiB to 1TiB, not "), absurd::toString);
        }
        Ran large = Ran.of(new ProcessBuilder(Prestage.command("bench", "--size", "1TiB")));
        assertEquals(1, large.code());
        assertTrue(large.err().contains("choose less with --size"), large::toString);
    }
}
