package io.prestage.node.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.store.StoreException.Reason;
import io.prestage.protocol.Digest;
import io.prestage.protocol.PieceSet;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class StoreTest {
    /** How a piece is written: for peers, or for this folder alone. */
    enum Way {
        HASHED,
        UNHASHED;

        boolean write(Store store, Fixture fixture, int piece) throws IOException {
            return this == HASHED
                    ? store.write(piece, fixture.content(piece), fixture.hash(piece))
                    : store.writeUnhashed(piece, fixture.content(piece));
        }

        void put(Store store, Fixture fixture, int piece) throws IOException {
            if (write(store, fixture, piece)) {
                store.finish(fixture.pieces().blob(piece));
            }
        }
    }

    private static final int PIECE = Fixture.PIECE;

    /** The fixture's one blob of many pieces. */
    private static final int LARGE = 4;

    @TempDir
    private Path folder;

    private final Fixture fixture = Fixture.of(7, 0, 1, PIECE, PIECE + 1, 40 * PIECE + 17);

    @Test
    void fillsFromPiecesInAnyOrder() throws IOException {
        List<Integer> order = new ArrayList<>();
        for (int piece = 0; piece < fixture.pieces().count(); piece++) {
            order.add(piece);
        }
        Collections.shuffle(order, new Random(1));
        try (Store store = opened(fixture)) {
            order.forEach(piece -> fixture.put(store, piece));

            assertTrue(store.isFull());
            assertFalse(store.isComplete());
            assertTrue(fixture.servesWhatItHolds(store));
            store.complete(fixture.receipt());
            assertTrue(store.isComplete());
        }
        for (int blob = 0; blob < fixture.contents().size(); blob++) {
            assertArrayEquals(fixture.contents().get(blob), Files.readAllBytes(blobFile(fixture, blob)));
        }
        assertFalse(Files.exists(folder.resolve("ingest")));
    }

    @Test
    void takesPiecesFromManyThreads() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try (Store store = opened(fixture)) {
            List<Callable<Void>> writes = new ArrayList<>();
            for (int copy = 0; copy < 3; copy++) {
                for (int piece = 0; piece < fixture.pieces().count(); piece++) {
                    int one = piece;
                    writes.add(() -> {
                        fixture.put(store, one);
                        return null;
                    });
                }
            }
            Collections.shuffle(writes, new Random(2));
            for (Future<Void> write : pool.invokeAll(writes)) {
                write.get();
            }
            assertTrue(store.isFull());
            assertTrue(fixture.servesWhatItHolds(store));
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void showsABlobOnlyOnceItIsVerified() throws IOException {
        Digest large = fixture.plan().blobs().get(4).contentDigest();
        try (Store store = opened(fixture)) {
            int first = fixture.pieces().first(4);
            for (int piece = first + 1; piece < fixture.pieces().end(4); piece++) {
                fixture.put(store, piece);
            }
            assertEquals(Optional.empty(), store.blob(large));
            assertFalse(Files.exists(blobFile(fixture, 4)));
            fixture.put(store, first);
            assertEquals(Optional.of(blobFile(fixture, 4)), store.blob(large));
        }
    }

    @Test
    void knowsManifestsAndEmptyBlobsAtOnce() throws IOException {
        try (Store store = opened(fixture)) {
            Plan.Manifest manifest = fixture.plan().manifests().get(0);
            assertArrayEquals(
                    manifest.content(),
                    Files.readAllBytes(store.blob(manifest.digest()).orElseThrow()));
            assertTrue(store.isVerified(0));
            assertEquals(0, Files.size(blobFile(fixture, 0)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void resumesFromVerifiedPiecesAfterCrash(Way way) throws IOException {
        try (Store store = opened(fixture)) {
            for (int piece = 0; piece < fixture.pieces().count(); piece += 2) {
                way.put(store, fixture, piece);
            }
        }
        PieceSet heard = new PieceSet(fixture.pieces().count());
        try (Store store = Store.open(folder, fixture.plan())) {
            PieceSet held = store.recover((piece, sha256) -> {
                assertArrayEquals(fixture.hash(piece), sha256);
                synchronized (heard) {
                    heard.add(piece);
                }
            });
            assertEquals((fixture.pieces().count() + 1) / 2, held.count());
            assertEquals(held, heard);
            assertTrue(fixture.servesWhatItHolds(store));
            fixture.putAll(store);
            assertTrue(store.isFull());
        }
    }

    @ParameterizedTest
    @EnumSource
    void countsNoPieceWhoseBytesWereLost(Way way) throws IOException {
        int first = fixture.pieces().first(4);
        try (Store store = opened(fixture)) {
            for (int piece = first; piece < first + 30; piece++) {
                way.put(store, fixture, piece);
            }
        }
        Path partial = folder.resolve("ingest").resolve(hex(fixture, 4));
        flip(partial, 3L * PIECE + 5);
        truncate(partial, 20L * PIECE + 9);
        flip(partial.resolveSibling(hex(fixture, 4) + ".journal"), 40 * 8 + 7);
        truncate(partial.resolveSibling(hex(fixture, 4) + ".journal"), 40 * 29 + 11);

        try (Store store = opened(fixture)) {
            PieceSet held = store.held();
            assertEquals(20 - 2, held.count());
            assertFalse(held.contains(first + 3));
            assertFalse(held.contains(first + 7));
            assertTrue(fixture.servesWhatItHolds(store));
            fixture.putAll(store);
            store.complete(fixture.receipt());
        }
        assertTrue(fixture.plan().contents().stream().allMatch(this::isRight));
    }

    @ParameterizedTest
    @EnumSource
    void finishesABlobWhoseLastPieceCameJustBeforeTheCrash(Way way) throws IOException {
        try (Store store = opened(fixture)) {
            for (int piece = fixture.pieces().first(4); piece < fixture.pieces().end(4); piece++) {
                way.write(store, fixture, piece);
            }
        }
        try (Store store = opened(fixture)) {
            assertTrue(store.isVerified(4));
            assertTrue(fixture.servesWhatItHolds(store));
        }
    }

    @ParameterizedTest
    @EnumSource
    void fetchesOnlyTheDamagedPieceOfACompleteFolderAgain(Way way) throws IOException {
        try (Store store = opened(fixture)) {
            for (int piece = 0; piece < fixture.pieces().count(); piece++) {
                way.put(store, fixture, piece);
            }
            store.complete(fixture.receipt());
        }
        Map<String, Digest> complete = Fixture.snapshot(folder);
        int damaged = fixture.pieces().first(LARGE) + 3;
        flip(blobFile(fixture, LARGE), 3L * PIECE + 5);

        try (Store store = opened(fixture)) {
            assertFalse(store.isComplete());
            assertFalse(Files.exists(folder.resolve("receipt.json")));
            assertFalse(Files.exists(folder.resolve("images/image_1")));
            assertFalse(Files.exists(blobFile(fixture, LARGE)));
            assertTrue(store.isVerified(3));
            assertFalse(store.isVerified(LARGE));
            assertEquals(List.of(damaged), missing(store));
            assertTrue(fixture.servesWhatItHolds(store));
            way.put(store, fixture, damaged);
            store.complete(fixture.receipt());
        }
        assertEquals(complete, Fixture.snapshot(folder));
    }

    @Test
    void fetchesOnlyTheEndOfABlobAgainThatWasCut() throws IOException {
        fixture.fill(folder);
        truncate(blobFile(fixture, LARGE), 38 * PIECE + 1);
        assertEquals(
                IntStream.range(38, 41)
                        .mapToObj(index -> fixture.pieces().first(LARGE) + index)
                        .toList(),
                missingThenMended());
    }

    @Test
    void fetchesNothingOfABlobAgainThatGrew() throws IOException {
        fixture.fill(folder);
        Files.write(blobFile(fixture, LARGE), new byte[PIECE], StandardOpenOption.APPEND);
        assertEquals(List.of(), missingThenMended());
    }

    @Test
    void fetchesAgainWhatADamagedJournalDoesNotTell() throws IOException {
        fixture.fill(folder);
        flip(blobFile(fixture, LARGE), 3L * PIECE + 5);
        flip(journal(fixture, LARGE), 2L * Journal.RECORD + 9); // the first record is no piece's
        int first = fixture.pieces().first(LARGE);
        assertEquals(List.of(first + 1, first + 3), missingThenMended());
    }

    @Test
    void repairsAFolderOfBeforeJournalsWereKept() throws IOException {
        fixture.fill(folder);
        remove(folder.resolve("repair"));
        flip(blobFile(fixture, LARGE), 3L * PIECE + 5);
        assertEquals(41, missingThenMended().size());

        remove(folder.resolve("repair"));
        opened(fixture).close(); // hashes it all, and keeps what it learns
        flip(blobFile(fixture, LARGE), 3L * PIECE + 5);
        assertEquals(List.of(fixture.pieces().first(LARGE) + 3), missingThenMended());
    }

    @Test
    void writesNothingThroughALinkInABlobsPlace() throws IOException {
        fixture.fill(folder);
        Path elsewhere = Files.write(folder.resolve("elsewhere"), new byte[] {1, 2, 3});
        Files.delete(blobFile(fixture, LARGE));
        Files.createSymbolicLink(blobFile(fixture, LARGE), elsewhere);
        assertEquals(41, missingThenMended().size());
        assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(elsewhere));
    }

    /** The pieces that a damaged folder lacks; it is whole and verified when this returns. */
    private List<Integer> missingThenMended() throws IOException {
        List<Integer> missing;
        try (Store store = opened(fixture)) {
            missing = missing(store);
            assertTrue(fixture.servesWhatItHolds(store));
            fixture.putAll(store);
            store.complete(fixture.receipt());
        }
        assertEquals(
                List.of(),
                LayoutVerification.of(folder, 2, bytes -> {}).problems().stream()
                        .filter(problem -> !problem.path().equals("elsewhere"))
                        .toList());
        return missing;
    }

    private List<Integer> missing(Store store) {
        return IntStream.range(0, fixture.pieces().count())
                .filter(piece -> !store.holds(piece))
                .boxed()
                .toList();
    }

    @Test
    void aCompleteFolderTellsItsPlanThoughItsContentsAreLost() throws IOException {
        fixture.fill(folder);
        remove(folder.resolve("blobs"));
        assertEquals(Optional.of(fixture.plan().digest()), StagedPlan.in(folder).map(Plan::digest));
    }

    @Test
    void knowsWhatAFolderHoldsWhoseReceiptIsLostOrDamaged() throws IOException {
        fixture.fill(folder);
        Map<String, Digest> complete = Fixture.snapshot(folder);
        for (String receipt : new String[] {"", "{"}) {
            Files.writeString(folder.resolve("receipt.json"), receipt);
            if (receipt.isEmpty()) {
                Files.delete(folder.resolve("receipt.json"));
            }
            assertEquals(Optional.of(fixture.plan().digest()), Store.planOf(folder));
            try (Store store = opened(fixture)) {
                assertFalse(store.isComplete());
                assertTrue(store.isFull());
                store.complete(fixture.receipt());
            }
            assertEquals(complete, Fixture.snapshot(folder));
        }
        Files.writeString(folder.resolve("receipt.json"), "{");
        flip(folder.resolve("repair/" + fixture.plan().digest().hex() + ".plan"), 0);
        assertEquals(
                Reason.CORRUPT,
                assertThrows(StoreException.class, () -> Store.planOf(folder)).reason());
    }

    @Test
    void whatSomebodyPutBesideAnImageStaysAndKeepsNothingFromBeingMended() throws IOException {
        fixture.fill(folder);
        String image = fixture.plan().images().get(0).name();
        Path notes = Files.writeString(folder.resolve("images").resolve(image).resolve("notes"), "x");
        flip(blobFile(fixture, 4), 5);
        fixture.fill(folder);
        assertEquals("x", Files.readString(notes));
        Files.delete(notes);
        Path fresh = Files.createTempDirectory(folder.getParent(), "fresh");
        fixture.fill(fresh);
        assertEquals(Fixture.snapshot(fresh), Fixture.snapshot(folder));
    }

    @Test
    void whatIsInTheWayIsNamedBeforeAnythingIsChanged() throws IOException {
        fixture.fill(folder);
        String image = fixture.plan().images().get(0).name();
        remove(folder.resolve("images").resolve(image));
        Files.writeString(folder.resolve("images").resolve(image), "in the way");
        Map<String, Digest> before = Fixture.snapshot(folder);
        StoreException refused = assertThrows(StoreException.class, () -> Store.reopen(folder, fixture.plan()));
        assertTrue(refused.getMessage().contains("images/" + image), refused::getMessage);
        assertEquals(before, Fixture.snapshot(folder));
    }

    @Test
    void reopensACompleteFolderToWriteEverythingAgain() throws IOException {
        fixture.fill(folder);
        Map<String, Digest> complete = Fixture.snapshot(folder);
        Files.writeString(folder.resolve("mapping-image_1.txt"), "a=c\n");
        Files.delete(folder.resolve("index.json"));
        Store.reopen(folder, fixture.plan());
        assertFalse(Files.exists(folder.resolve("receipt.json")));
        assertEquals(List.of(), missingThenMended());
        assertEquals(complete, Fixture.snapshot(folder));
    }

    @Test
    void knowsACompleteFolderAgain() throws IOException {
        fixture.fill(folder);
        Map<String, Digest> complete = Fixture.snapshot(folder);
        try (Store store = opened(fixture)) {
            assertTrue(store.isComplete());
            assertTrue(fixture.servesWhatItHolds(store));
        }
        assertEquals(complete, Fixture.snapshot(folder));
        assertEquals(Optional.of(fixture.plan().digest()), Store.planOf(folder));
    }

    @Test
    void findsBlobsThatVanishedFromACompleteFolder() throws IOException {
        fixture.fill(folder);
        Map<String, Digest> complete = Fixture.snapshot(folder);
        Files.delete(blobFile(fixture, 0));
        Files.delete(blobFile(fixture, 2));
        try (Store store = opened(fixture)) {
            assertFalse(store.isComplete());
            fixture.putAll(store);
            store.complete(fixture.receipt());
        }
        assertEquals(complete, Fixture.snapshot(folder));
    }

    @Test
    void blamesTheStatementWhenPiecesMakeAnotherBlob() throws IOException {
        try (Store store = opened(fixture)) {
            int first = fixture.pieces().first(4);
            byte[] wrong = new byte[PIECE];
            store.write(first, ByteBuffer.wrap(wrong), Digest.of(wrong).raw());
            for (int piece = first + 1; piece < fixture.pieces().end(4) - 1; piece++) {
                fixture.put(store, piece);
            }
            DigestMismatchException mismatch = assertThrows(DigestMismatchException.class, () -> {
                int last = fixture.pieces().end(4) - 1;
                assertTrue(store.write(last, fixture.content(last), fixture.hash(last)));
                store.finish(4);
            });
            assertEquals(4, mismatch.blob());
            store.discard(4);

            assertEquals(0, store.held().count());
            assertEquals(Optional.empty(), store.read(first + 1));
            fixture.putAll(store);
            assertTrue(store.isFull());
        }
    }

    @Test
    void keepsASliceReadableWhenItsBlobMoves() throws IOException {
        int first = fixture.pieces().first(4);
        try (Store store = opened(fixture)) {
            fixture.put(store, first);
            try (Slice slice = store.read(first).orElseThrow()) {
                fixture.putAll(store);
                ByteBuffer content = ByteBuffer.allocate(slice.length());
                slice.channel().read(content, slice.position());
                assertEquals(fixture.content(first), content.flip());
            }
        }
    }

    @Test
    void refusesASecondNode() throws IOException {
        try (Store store = opened(fixture)) {
            StoreException refused = assertThrows(
                    StoreException.class, () -> Store.open(folder, store.plan()).close());
            assertEquals(Reason.IN_USE, refused.reason());
        }
        opened(fixture).close();
    }

    @Test
    void refusesAnotherPlan() throws IOException {
        opened(fixture).close();
        Fixture other = Fixture.of("image_2", 8, 10);
        Map<String, Digest> before = Fixture.snapshot(folder);
        assertEquals(Reason.OTHER_PLAN, reasonOf(other.plan()));
        assertEquals(before, Fixture.snapshot(folder));
    }

    @Test
    void leavesWhatIsNotItsOwn() throws IOException {
        Files.createDirectory(folder.resolve("lost+found"));
        Files.writeString(folder.resolve("notes.txt"), "mine");
        fixture.fill(folder);
        assertEquals("mine", Files.readString(folder.resolve("notes.txt")));

        Fixture other = Fixture.of("image_2", 8, 10);
        Store.replace(folder, other.plan());
        other.fill(folder);
        assertEquals("mine", Files.readString(folder.resolve("notes.txt")));
        assertTrue(Files.isDirectory(folder.resolve("lost+found")));
    }

    @Test
    void refusesToOverwriteSomebodyElsesLayout() throws IOException {
        Files.writeString(folder.resolve("index.json"), "{}");
        assertEquals(Reason.OTHER_PLAN, reasonOf(fixture.plan()));
        Files.delete(folder.resolve("index.json"));
        Files.writeString(folder.resolve("mapping-image_1.txt"), "other");
        assertEquals(Reason.OTHER_PLAN, reasonOf(fixture.plan()));
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void refusesAFileInsteadOfAFolder() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        StoreException refused = assertThrows(
                StoreException.class, () -> Store.open(file, fixture.plan()).close());
        assertEquals(Reason.NOT_WRITABLE, refused.reason());
    }

    @Test
    void refusesATextFileUnderALayoutsOwnName() {
        Plan plan = new Plan(
                1, "", PIECE, List.of(), List.of(), List.of(), List.of(new Plan.TextFile("receipt.json", "{}")));
        assertEquals(Reason.CORRUPT, reasonOf(plan));
    }

    @Test
    void reusesBlobsOfAFolderWithoutAPlan() throws IOException {
        Files.createDirectories(folder.resolve("blobs/sha256"));
        Files.write(blobFile(fixture, 4), fixture.contents().get(4));
        try (Store store = opened(fixture)) {
            assertTrue(store.isVerified(4));
        }
    }

    @Test
    void replacesAPlanAndKeepsWhatBothNeed() throws IOException {
        fixture.fill(folder);
        Fixture next = Fixture.of("image_2", 7, 1, 40 * PIECE + 17, 99);
        Store.replace(folder, next.plan());

        assertEquals(Optional.of(next.plan().digest()), Store.planOf(folder));
        assertFalse(Files.exists(folder.resolve("images")));
        assertFalse(Files.exists(folder.resolve("mapping-image_1.txt")));
        assertFalse(Files.exists(blobFile(fixture, 2)));
        try (Store store = opened(next)) {
            assertEquals(
                    List.of(true, true, false), List.of(store.isVerified(0), store.isVerified(1), store.isVerified(2)));
            next.putAll(store);
            store.complete(next.receipt());
        }
        Path fresh = Files.createTempDirectory(folder.getParent(), "fresh");
        next.fill(fresh);
        assertEquals(Fixture.snapshot(fresh), Fixture.snapshot(folder));
    }

    @Test
    void replacesAPlanThatWasNeverFinished() throws IOException {
        try (Store store = opened(fixture)) {
            for (int piece = 0; piece < fixture.pieces().count() - 3; piece++) {
                fixture.put(store, piece);
            }
        }
        Fixture next = Fixture.of("image_2", 7, 40 * PIECE + 17, 99);
        Store.replace(folder, next.plan());
        try (Store store = opened(next)) {
            assertEquals(38, store.held().count());
            next.putAll(store);
            store.complete(next.receipt());
        }
        Path fresh = Files.createTempDirectory(folder.getParent(), "fresh");
        next.fill(fresh);
        assertEquals(Fixture.snapshot(fresh), Fixture.snapshot(folder));
    }

    @Test
    void replacesAgainAfterAnInterruption() throws IOException {
        Fixture next = Fixture.of("image_2", 7, 40 * PIECE + 17, 99);
        Path fresh = Files.createTempDirectory(folder.getParent(), "fresh");
        next.fill(fresh);

        // Half of the former plan is removed, its receipt still stands.
        fixture.fill(folder);
        remove(folder.resolve("images"));
        Files.delete(blobFile(fixture, 2));
        Store.replace(folder, next.plan());
        next.fill(folder);
        assertEquals(Fixture.snapshot(fresh), Fixture.snapshot(folder));

        // The next plan is noted, the former one's receipt still stands.
        Fixture last = Fixture.of("image_3", 7, 99, 5);
        byte[] receipt = Files.readAllBytes(folder.resolve("receipt.json"));
        Store.replace(folder, last.plan());
        Files.write(folder.resolve("receipt.json"), receipt);
        assertEquals(Optional.of(last.plan().digest()), Store.planOf(folder));
        last.fill(folder);
        Path other = Files.createTempDirectory(folder.getParent(), "other");
        last.fill(other);
        assertEquals(Fixture.snapshot(other), Fixture.snapshot(folder));
    }

    @Test
    void countsNoPieceOfABlobThatIsDiscardedMeanwhile() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try (Store store = opened(fixture)) {
            int first = fixture.pieces().first(4);
            for (int round = 0; round < 50; round++) {
                List<Callable<Void>> tasks = new ArrayList<>();
                for (int piece = first; piece < first + 20; piece++) {
                    int one = piece;
                    tasks.add(() -> {
                        fixture.put(store, one);
                        return null;
                    });
                }
                tasks.add(round % 20, () -> {
                    store.discard(4);
                    return null;
                });
                for (Future<Void> task : pool.invokeAll(tasks)) {
                    task.get();
                }
                assertTrue(fixture.servesWhatItHolds(store));
            }
            fixture.putAll(store);
            assertTrue(store.isFull());
            assertTrue(fixture.servesWhatItHolds(store));
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void completesAgainWhereverItWasInterrupted() throws IOException {
        fixture.fill(folder);
        Map<String, Digest> complete = Fixture.snapshot(folder);
        List<String> steps = List.of("images/image_1", "images", "mapping-image_1.txt", "index.json", "receipt.json");
        for (int undone = 0; undone <= steps.size(); undone++) {
            Files.createDirectories(folder.resolve("ingest"));
            Files.write(folder.resolve("ingest/plan.json"), fixture.plan().encode());
            for (String step : steps.subList(steps.size() - undone, steps.size())) {
                remove(folder.resolve(step));
            }
            try (Store store = opened(fixture)) {
                assertTrue(store.isFull());
                if (!store.isComplete()) {
                    store.complete(fixture.receipt());
                }
            }
            assertEquals(complete, Fixture.snapshot(folder), "undone " + undone);
            assertFalse(Files.exists(folder.resolve("ingest")));
        }
    }

    private Store opened(Fixture of) throws IOException {
        Store store = Store.open(folder, of.plan());
        store.recover((piece, sha256) -> {});
        return store;
    }

    private Reason reasonOf(Plan plan) {
        return assertThrows(StoreException.class, () -> Store.open(folder, plan).close())
                .reason();
    }

    private Path journal(Fixture of, int blob) {
        return folder.resolve("repair").resolve(hex(of, blob) + ".journal");
    }

    private Path blobFile(Fixture of, int blob) {
        return folder.resolve("blobs/sha256").resolve(hex(of, blob));
    }

    private static String hex(Fixture of, int blob) {
        return of.plan().blobs().get(blob).contentDigest().hex();
    }

    private boolean isRight(Digest digest) {
        try {
            return Digest.of(Files.readAllBytes(folder.resolve("blobs/sha256").resolve(digest.hex())))
                    .equals(digest);
        } catch (IOException e) {
            return false;
        }
    }

    private static void flip(Path file, long at) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) ~one.get(0)).flip();
            channel.write(one, at);
        }
    }

    private static void truncate(Path file, long size) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        }
    }

    private static void remove(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (var walk = Files.walk(tree)) {
            for (Path file : walk.sorted(Collections.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
