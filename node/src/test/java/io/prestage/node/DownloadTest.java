package io.prestage.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.origin.BlobSource;
import io.prestage.node.origin.ByteSink;
import io.prestage.node.origin.OriginException;
import io.prestage.node.origin.OriginException.Reason;
import io.prestage.node.store.LayoutVerification;
import io.prestage.node.store.StagedFiles;
import io.prestage.node.store.StagedPlan;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A download from an origin that serves, fails and lies on command. */
final class DownloadTest {
    private static final ServerName SERVER = new ServerName("server", Optional.empty(), List.of());

    @TempDir
    private Path folder;

    private final Map<Digest, byte[]> contents = new HashMap<>();
    private final AtomicLong fetched = new AtomicLong();
    private final Map<Digest, OriginException> failing = new ConcurrentHashMap<>();
    private final Set<Digest> lying = ConcurrentHashMap.newKeySet();
    private final List<String> staged = new CopyOnWriteArrayList<>();
    private final List<String> failed = new CopyOnWriteArrayList<>();

    private Digest blob(long seed, int size) {
        byte[] content = new byte[size];
        new Random(seed).nextBytes(content);
        contents.put(Digest.of(content), content);
        return Digest.of(content);
    }

    private Plan plan(Map<String, List<Digest>> images, Digest... files) {
        List<Plan.Image> planned = new ArrayList<>();
        Map<Digest, Plan.Manifest> manifests = new LinkedHashMap<>();
        Map<Digest, Plan.Blob> blobs = new LinkedHashMap<>();
        images.forEach((name, layers) -> {
            StringBuilder json = new StringBuilder("{\"layers\":[");
            for (Digest layer : layers) {
                int size = contents.get(layer).length;
                json.append(json.toString().endsWith("[") ? "" : ",")
                        .append("{\"digest\":\"" + layer + "\",\"size\":" + size + "}");
                blobs.put(layer, new Plan.Blob(layer.toString(), size, "r.io/" + name));
            }
            Plan.Manifest manifest = new Plan.Manifest(
                    "application/vnd.oci.image.manifest.v1+json",
                    json.append("],\"name\":\"" + name + "\"}").toString().getBytes(UTF_8));
            manifests.put(manifest.digest(), manifest);
            planned.add(new Plan.Image(
                    name,
                    "r.io/" + name + ":1",
                    manifest.digest().toString(),
                    List.of(),
                    layers.stream().map(Digest::toString).toList()));
        });
        List<Plan.NamedFile> named = new ArrayList<>();
        for (Digest file : files) {
            named.add(new Plan.NamedFile("file-" + file.brief(), file.toString()));
            blobs.put(file, new Plan.Blob(file.toString(), contents.get(file).length, "https://h/" + file.brief()));
        }
        return Plan.of("test", planned, manifests.values(), blobs.values(), List.of(), named);
    }

    private final class Source implements BlobSource {
        @Override
        public void fetch(Plan.Blob blob, long from, long to, ByteSink sink) throws IOException {
            Digest digest = blob.contentDigest();
            if (failing.containsKey(digest)) {
                throw failing.get(digest);
            }
            byte[] content = contents.get(digest).clone();
            if (lying.contains(digest)) {
                content[0]++;
            }
            fetched.addAndGet(to - from);
            sink.accept(ByteBuffer.wrap(content, (int) from, (int) (to - from)));
        }

        @Override
        public void close() {}
    }

    private Download.Outcome download(Plan plan) throws IOException {
        Download.Listener listener = new Download.Listener() {
            @Override
            public void staged(Plan.Image image, boolean before) {
                staged.add(image.name() + (before ? " before" : ""));
            }

            @Override
            public void failed(Plan.Image image, String reason) {
                failed.add(image.name() + ": " + reason);
            }
        };
        try (Source source = new Source();
                Download download = Download.into(folder, plan, source, listener)) {
            return download.run(3, SERVER, fetched::get);
        }
    }

    private boolean verifies() throws IOException {
        return LayoutVerification.of(folder, 2, bytes -> {}).isGood();
    }

    @Test
    void fetchesWhatImagesShareOnceAndTellsOfEachImage() throws IOException {
        Digest shared = blob(1, 300_000);
        Digest own = blob(2, 1_000_000);
        Digest empty = blob(3, 0);
        Plan plan = plan(Map.of("a", List.of(shared, own), "b", List.of(shared, empty)));
        assertTrue(download(plan).full());
        assertEquals(1_300_000, fetched.get());
        assertEquals(Set.of("a", "b"), new HashSet<>(staged));
        assertTrue(verifies());
        staged.clear();
        assertTrue(download(plan).full());
        assertEquals(1_300_000, fetched.get(), "nothing is fetched twice");
        assertEquals(Set.of("a before", "b before"), new HashSet<>(staged));
    }

    @Test
    void aBlobThatIsNotThereCostsTheImagesThatNeedIt() throws IOException {
        Digest missing = blob(1, 100_000);
        Digest present = blob(2, 100_000);
        failing.put(missing, new OriginException(Reason.NOT_FOUND, "r.io does not have it"));
        Download.Outcome outcome = download(plan(Map.of("bad", List.of(missing, present), "good", List.of(present))));
        assertFalse(outcome.full());
        assertFalse(outcome.mayPass());
        assertEquals(Map.of("bad", "r.io does not have it"), outcome.failed());
        assertEquals(List.of("bad: r.io does not have it"), failed);
        assertEquals(List.of("good"), staged);
    }

    @Test
    void aBlobThatIsServedWrongIsTriedAgainAndThenNamed() throws IOException {
        Digest wrong = blob(1, 200_000);
        lying.add(wrong);
        Download.Outcome outcome = download(plan(Map.of("bad", List.of(wrong))));
        assertEquals(Download.TRIES * 200_000L, fetched.get());
        assertTrue(outcome.failed().get("bad").contains(wrong.toString()), outcome::toString);
        assertFalse(Files.exists(folder.resolve("blobs/sha256").resolve(wrong.hex())));
        lying.clear();
        assertTrue(download(plan(Map.of("bad", List.of(wrong)))).full());
        assertTrue(verifies());
    }

    @Test
    void anOriginThatDoesNotAnswerEndsTheRunAndTheNextGoesOn() throws IOException {
        Map<String, List<Digest>> images = new HashMap<>();
        Digest first = blob(0, 3_000_000);
        images.put("first", List.of(first));
        for (int number = 1; number <= 50; number++) {
            Digest layer = blob(number, 10_000);
            images.put("image" + number, List.of(layer));
            failing.put(layer, new OriginException(Reason.UNREACHABLE, "the link is down"));
        }
        Plan plan = plan(images);
        Download.Outcome outcome = download(plan);
        assertFalse(outcome.full());
        assertTrue(outcome.mayPass());
        assertEquals(50, outcome.failed().size());
        assertTrue(outcome.failed().values().stream().allMatch("the link is down"::equals), outcome::toString);
        failing.clear();
        assertTrue(download(plan).full());
        assertEquals(3_000_000 + 50 * 10_000, fetched.get());
        assertTrue(verifies());
    }

    @Test
    void aFileStandsUnderItsOwnNameAndIsTheBlob() throws IOException {
        Digest file = blob(1, 500_000);
        Plan plan = plan(Map.of(), file);
        assertTrue(download(plan).full());
        Path named = folder.resolve("file-" + file.brief());
        assertTrue(Files.isSameFile(named, folder.resolve("blobs/sha256").resolve(file.hex())));
        assertTrue(verifies());
        Files.delete(named);
        Files.write(named, contents.get(file));
        assertFalse(verifies(), "a copy is not the blob");
    }

    @Test
    void theReceiptMakesThePlanAgain() throws IOException {
        Plan plan = plan(Map.of("a", List.of(blob(1, 70_000), blob(2, 70_000))), blob(3, 1_000));
        assertTrue(download(plan).full());
        assertEquals(plan.digest(), StagedPlan.of(StagedFiles.at(folder)).digest());
        assertThrows(IOException.class, () -> StagedPlan.of(StagedFiles.at(folder.resolve("absent"))));
    }
}
