package io.prestage.node.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.PieceSet;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoreCrashTest {
    @TempDir
    private Path folder;

    @Test
    void losesNoPieceToAKilledProcess() throws Exception {
        Fixture fixture = KilledWriter.fixture();
        List<Integer> written = new ArrayList<>();
        for (int lines : new int[] {1, 150, 400, 400}) {
            written.addAll(killedAfter(lines));
            try (Store store = Store.open(folder, fixture.plan())) {
                PieceSet held = store.recover((piece, sha256) -> {});
                assertTrue(held.count() >= written.size());
                assertTrue(written.stream().allMatch(held::contains));
                assertTrue(fixture.servesWhatItHolds(store));
            }
        }
        try (Store store = Store.open(folder, fixture.plan())) {
            store.recover((piece, sha256) -> {});
            fixture.putAll(store);
            store.complete(fixture.receipt());
            assertTrue(store.isComplete());
        }
    }

    private List<Integer> killedAfter(int lines) throws IOException, InterruptedException {
        Process writer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledWriter.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<Integer> written = new ArrayList<>();
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8))) {
            while (written.size() < lines) {
                written.add(Integer.valueOf(said.readLine()));
            }
            writer.toHandle().destroyForcibly();
            // Readable still: what it said between our last line and its end.
            for (String line = said.readLine(); line != null && line.matches("\\d+"); line = said.readLine()) {
                written.add(Integer.valueOf(line));
            }
        }
        assertEquals(128 + 9, writer.waitFor());
        return written.subList(0, lines);
    }
}
