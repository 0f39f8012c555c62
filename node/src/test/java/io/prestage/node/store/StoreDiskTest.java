package io.prestage.node.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.store.StoreException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real filesystems, made for the test; needs root. */
final class StoreDiskTest {
    private static final int PIECE = Fixture.PIECE;

    @TempDir
    private Path folder;

    private final List<String[]> undo = new ArrayList<>();

    @AfterEach
    void unmount() throws Exception {
        for (int last = undo.size() - 1; last >= 0; last--) {
            run(undo.get(last));
        }
    }

    @Test
    void refusesAPlanThatDoesNotFit() throws Exception {
        Path small = tmpfs("4m");
        Fixture fixture = Fixture.of(1, 96 * PIECE);
        StoreException refused = assertThrows(
                StoreException.class, () -> Store.open(small, fixture.plan()).close());
        assertEquals(Reason.NO_SPACE, refused.reason());
        assertTrue(refused.getMessage().matches(".* needs 7\\.\\d MiB, has 4\\.0 MiB free: .*"), refused.getMessage());
        assertEquals(0, Layout.list(small).size());
    }

    @Test
    void goesOnWhenAFullTmpfsHasRoomAgain() throws Exception {
        goesOnWhenThereIsRoomAgain(tmpfs("12m"), Fixture.of(1, 60 * PIECE + 9, 40 * PIECE));
    }

    @Test
    void goesOnWhenAFullXfsHasRoomAgain() throws Exception {
        goesOnWhenThereIsRoomAgain(xfs(), Fixture.of(1, 200 * PIECE + 9, 40 * PIECE));
    }

    @Test
    void recoversAnXfsThatLostItsPower() throws Exception {
        Path disk = xfs();
        Fixture fixture = Fixture.of(1, 200 * PIECE + 9, 40 * PIECE);
        int flushed = 150;
        Store store = Store.open(disk, fixture.plan());
        store.recover((piece, sha256) -> {});
        for (int piece = 0; piece < fixture.pieces().count() - 1; piece++) {
            if (piece == flushed) {
                run("sync", "-f", disk.toString());
            }
            fixture.put(store, piece);
        }
        run("xfs_io", "-x", "-c", "shutdown", disk.toString());
        int last = fixture.pieces().count() - 1;
        StoreException cut =
                assertThrows(StoreException.class, () -> store.write(last, fixture.content(last), fixture.hash(last)));
        assertEquals(Reason.IO, cut.reason());
        abandon(store);
        run("umount", disk.toString());
        run("mount", "-o", "loop", disk.resolveSibling("disk.img").toString(), disk.toString());

        try (Store again = Store.open(disk, fixture.plan())) {
            assertTrue(again.recover((piece, sha256) -> {}).count() >= flushed);
            assertTrue(fixture.servesWhatItHolds(again));
            fixture.putAll(again);
            again.complete(fixture.receipt());
        }
    }

    private static void abandon(Store store) {
        try {
            store.close();
        } catch (StoreException e) {
            assertEquals(Reason.IO, e.reason());
        }
    }

    @Test
    void finishesManySmallBlobsInLittleTime() throws Exception {
        Path disk = xfs();
        Fixture fixture = Fixture.of(1, IntStream.range(1, 301).toArray());
        long start = System.nanoTime();
        fixture.fill(disk);
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertTrue(took.compareTo(Duration.ofSeconds(5)) < 0, took.toString());
    }

    @Test
    void refusesAFolderThatIsMountedReadOnly() throws Exception {
        Path disk = tmpfs("4m");
        run("mount", "-o", "remount,ro", disk.toString());
        StoreException refused = assertThrows(
                StoreException.class,
                () -> Store.open(disk, Fixture.of(1, 1).plan()).close());
        assertEquals(Reason.NOT_WRITABLE, refused.reason());
    }

    private static void goesOnWhenThereIsRoomAgain(Path disk, Fixture fixture) throws IOException {
        try (Store store = Store.open(disk, fixture.plan())) {
            store.recover((piece, sha256) -> {});
            Path ballast = disk.resolve("ballast");
            fillUp(disk, ballast, 20 * PIECE);
            StoreException full = assertThrows(StoreException.class, () -> {
                for (int piece = 0; piece < fixture.pieces().count(); piece++) {
                    if (store.write(piece, fixture.content(piece), fixture.hash(piece))) {
                        store.finish(fixture.pieces().blob(piece));
                    }
                }
            });
            assertEquals(Reason.NO_SPACE, full.reason());
            assertTrue(store.held().count() > 0);
            assertTrue(fixture.servesWhatItHolds(store));

            Files.delete(ballast);
            fixture.putAll(store);
            store.complete(fixture.receipt());
        }
        try (Store store = Store.open(disk, fixture.plan())) {
            store.recover((piece, sha256) -> {});
            assertTrue(store.isComplete());
        }
    }

    private static void fillUp(Path disk, Path ballast, long left) throws IOException {
        byte[] block = new byte[PIECE];
        try (var out = Files.newOutputStream(ballast)) {
            while (Files.getFileStore(disk).getUsableSpace() > left) {
                out.write(block);
            }
        }
    }

    private Path tmpfs(String size) throws Exception {
        Path mount = Files.createDirectory(folder.resolve("mount"));
        run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", mount.toString());
        undo.add(new String[] {"umount", mount.toString()});
        return mount;
    }

    private Path xfs() throws Exception {
        Path image = folder.resolve("disk.img");
        Path mount = Files.createDirectory(folder.resolve("mount"));
        run("truncate", "-s", "300M", image.toString());
        run("mkfs.xfs", "-q", image.toString());
        run("mount", "-o", "loop", image.toString(), mount.toString());
        undo.add(new String[] {"umount", mount.toString()});
        return mount;
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), String.join(" ", command) + ": " + said);
    }
}
