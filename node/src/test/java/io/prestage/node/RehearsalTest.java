package io.prestage.node;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.http.Answer;
import io.prestage.node.http.HttpServer;
import io.prestage.node.http.Route;
import io.prestage.node.store.LayoutVerification;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RehearsalTest {
    @TempDir
    private Path stage;

    @Test
    void goesAllTheWayToTwoFullFolders() throws Exception {
        assertTrue(new Rehearsal(Duration.ZERO).play(stage));
        LayoutVerification.Result taken = LayoutVerification.of(stage.resolve("taker"), 1, bytes -> {});
        assertEquals(List.of(), taken.problems());
        assertTrue(Files.exists(stage.resolve("taker").resolve("receipt.json")));
    }

    @Test
    void looksAtTheNodesMetricsAsPrometheusWillBeforeAnythingElse() throws Exception {
        Set<Path> before = stages();
        AtomicBoolean first = new AtomicBoolean();
        AtomicInteger looks = new AtomicInteger();
        Route metrics = new Route("/metrics", request -> {
            first.set(stages().equals(before));
            looks.incrementAndGet();
            return Answer.text(200, "metrics");
        });
        Rehearsal rehearsal = new Rehearsal(Duration.ZERO);
        try (HttpServer node =
                new HttpServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), List.of(metrics))) {
            rehearsal.start(node.address());
            await().atMost(Duration.ofSeconds(60)).until(() -> looks.get() == 1);
            assertTrue(first.get());
            rehearsal.close();
            rehearsal.awaitCleared();
        }
    }

    @Test
    void endsAtOnceWhenThereIsSomethingBetterToDo() throws Exception {
        Rehearsal rehearsal = new Rehearsal(Duration.ZERO);
        rehearsal.close();
        assertFalse(rehearsal.play(stage));
    }

    @Test
    void leavesNothingBehindWhenItIsBrokenOff() throws Exception {
        Set<Path> before = stages();
        Rehearsal rehearsal = new Rehearsal(Duration.ZERO);
        rehearsal.start(new InetSocketAddress(0));
        await().until(() -> !stages().equals(before));
        rehearsal.close();
        rehearsal.awaitCleared();
        assertEquals(before, stages());
    }

    private static Set<Path> stages() throws IOException {
        try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return all.filter(path -> path.getFileName().toString().startsWith("prestage-rehearsal-"))
                    .collect(Collectors.toSet());
        }
    }
}
