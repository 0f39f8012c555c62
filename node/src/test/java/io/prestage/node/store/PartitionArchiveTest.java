package io.prestage.node.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PartitionArchiveTest {
    @TempDir
    private Path scratch;

    private final Fixture fixture = Fixture.of(7, 3 * Fixture.PIECE + 5, 100, 0);

    private Path filled() throws IOException {
        Path folder = scratch.resolve("partition");
        fixture.fill(folder);
        return folder;
    }

    @Test
    void holdsEveryBlobOnceAndThePlanThatTheReceiptNames() throws IOException {
        Path tar = scratch.resolve("out.tar");
        Plan plan = PartitionArchive.write(filled(), tar, bytes -> {});
        assertEquals(fixture.plan().images(), plan.images());
        assertTrue(Files.size(tar) < 2 * fixture.plan().total().count());
        StagedFiles files = StagedFiles.at(tar);
        assertEquals(plan, StagedPlan.of(files));
        for (Plan.Blob blob : plan.blobs()) {
            byte[] content = files.blob(blob.contentDigest()).orElseThrow().readAll();
            assertEquals(blob.contentDigest(), Digest.of(content));
        }
    }

    @Test
    void carriesNoDamage() throws IOException {
        Path folder = filled();
        Path blob = folder.resolve("blobs/sha256")
                .resolve(fixture.plan().blobs().get(0).contentDigest().hex());
        byte[] content = Files.readAllBytes(blob);
        content[9]++;
        Files.write(blob, content);
        Path tar = scratch.resolve("out.tar");
        StoreException refusal = assertThrows(StoreException.class, () -> PartitionArchive.write(folder, tar, b -> {}));
        assertTrue(refusal.getMessage().contains("is damaged"), refusal::getMessage);
        assertFalse(Files.exists(tar));
    }

    @Test
    void refusesWhatIsNotComplete() throws IOException {
        Path folder = scratch.resolve("begun");
        Store.open(folder, fixture.plan()).close();
        Path tar = scratch.resolve("out.tar");
        assertThrows(StoreException.class, () -> PartitionArchive.write(folder, tar, bytes -> {}));
        assertThrows(StoreException.class, () -> PartitionArchive.write(scratch.resolve("absent"), tar, bytes -> {}));
        Path text = Files.writeString(scratch.resolve("text"), "this is no archive".repeat(100));
        assertThrows(StoreException.class, () -> StagedPlan.of(StagedFiles.at(text)));
    }

    @Test
    void anImagesArchiveIsItsFolderInGzip() throws IOException {
        Path folder = filled();
        Plan.Image image = fixture.plan().images().get(0);
        Path tgz = scratch.resolve("image.tgz");
        ImageArchive.write(folder, image, tgz);
        Map<String, Digest> expected = new TreeMap<>();
        Fixture.snapshot(folder.resolve("images").resolve(image.name()))
                .forEach((name, digest) -> expected.put(image.name() + "/" + name, digest));
        Map<String, Digest> found = new TreeMap<>();
        try (InputStream in = Files.newInputStream(tgz);
                TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(in))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.isFile()) {
                    found.put(entry.getName(), Digest.of(tar.readAllBytes()));
                }
            }
        }
        assertEquals(expected, found);
    }
}
