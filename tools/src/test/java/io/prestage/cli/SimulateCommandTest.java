package io.prestage.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class SimulateCommandTest {
    private static final String FLEET = "simulate --nodes 20 --size 20MB --rate 100Mbit/s";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    @Test
    void printsOneLineForEachQuantileTheSameEachTime() {
        assertEquals(0, run(FLEET));
        List<String> first = figures();
        for (String name : List.of("p50", "p90", "p99", "p99.9", "max")) {
            List<String> lines =
                    first.stream().filter(line -> line.startsWith(name + " ")).toList();
            assertEquals(1, lines.size(), name);
            double ratio = Double.parseDouble(lines.get(0).split(" ", -1)[1]);
            assertTrue(ratio >= 1 && ratio < 1.5, lines.get(0));
        }
        out.getBuffer().setLength(0);
        assertEquals(0, run(FLEET));
        assertEquals(first, figures());
    }

    @Test
    void writesEveryServerToAFile() throws IOException {
        Path csv = folder.resolve("nodes.csv");
        assertEquals(0, run(FLEET + " --spread 10%:0.1 --loss 10% --late 10%:1s --csv " + csv));
        List<String> lines = Files.readAllLines(csv);
        assertEquals(1 + 1 + 20, lines.size());
        assertEquals(
                2, lines.stream().filter(line -> line.contains(",10000000,")).count());
        assertEquals(
                2, lines.stream().filter(line -> line.contains(",crashes,")).count());
    }

    @Test
    void printsJson() {
        assertEquals(0, run(FLEET + " --json --origin-rate 20Mbit/s --seeds 2"));
        JsonNode json = JsonMapper.builder().build().readTree(out.toString());
        assertTrue(json.get("p99.9").doubleValue() >= 1, out.toString());
        assertEquals(65536, json.get("piece_size").intValue());
    }

    @Test
    void saysBeforeTheWorkThatAFileCannotBeWritten() {
        assertEquals(1, run(FLEET + " --csv /no/such/folder/nodes.csv"));
        assertTrue(err.toString().contains("--csv"), err.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "simulate --nodes 0 --size 1GB --rate 1Gbit/s",
                "simulate --nodes 5 --size much --rate 1Gbit/s",
                "simulate --nodes 5 --size 1GB --rate fast",
                "simulate --nodes 5 --size 1GB",
                "simulate --nodes 5 --size 1GB --rate 1Gbit/s --spread 10%",
                "simulate --nodes 5 --size 1GB --rate 1Gbit/s --spread 10%:0",
                "simulate --nodes 5 --size 1GB --rate 1Gbit/s --spread 10%:NaN",
                "simulate --nodes 5 --size 1GB --rate 1Gbit/s --loss 100%",
                "simulate --nodes 5 --size 1GB --rate 1Gbit/s --loss 99%",
                "simulate --nodes 5 --size 1GB --rate 1Gbit/s --late 5s",
                "simulate --nodes 5 --size 1GB --rate 1Gbit/s --late 50%:999999999d",
                "simulate --nodes 5 --size 1GB --rate 1Gbit/s --leave 50%:1s:2s",
                "simulate --nodes 5 --size 1GB --rate 1Gbit/s --leave 150%",
                "simulate --nodes 5 --size 1GB --rate 1Gbit/s --delay 999999999d",
                "simulate --nodes 5 --size 1TB --rate 1kbit/s",
                "simulate --nodes 5 --size 1GB --rate 1Gbit/s --seeds 0",
                "simulate --nodes 5 --size 1GB --rate 1Gbit/s --piece-size 100kB"
            })
    void wrongInputIsOneSentenceAndExit2(String line) {
        assertEquals(2, run(line));
        assertEquals(1, err.toString().strip().lines().count(), err.toString());
        assertFalse(err.toString().contains("Exception"), err.toString());
        assertEquals("", out.toString());
    }

    private int run(String line) {
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out));
        command.setErr(new PrintWriter(err));
        return command.execute(line.split(" ", -1));
    }

    /** Everything but what depends on the machine. */
    private List<String> figures() {
        return out.toString()
                .lines()
                .filter(line -> !line.startsWith("wall ") && !line.startsWith("heap "))
                .toList();
    }
}
