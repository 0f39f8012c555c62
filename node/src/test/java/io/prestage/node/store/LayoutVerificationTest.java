package io.prestage.node.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.store.LayoutVerification.Kind;
import io.prestage.node.store.LayoutVerification.Problem;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LayoutVerificationTest {
    private final Fixture fixture = Fixture.of(1, 0, 1, 70_000, 3 << 20);

    @TempDir
    private Path folder;

    @BeforeEach
    void fill() throws IOException {
        fixture.fill(folder);
    }

    @Test
    void findsNothingWrongWithWhatWasStaged() throws IOException {
        Map<String, Digest> before = Fixture.snapshot(folder);
        AtomicLong hashed = new AtomicLong();
        LayoutVerification.Result result = LayoutVerification.of(folder, 2, hashed::addAndGet);

        assertEquals(List.of(), result.problems());
        assertTrue(result.isGood());
        assertEquals(1, result.images());
        assertEquals(5, result.blobs());
        assertEquals(hashed.get(), result.bytes().count());
        assertEquals(Optional.of(fixture.plan().digest().toString()), result.plan());
        assertEquals(before, Fixture.snapshot(folder));
    }

    @Test
    void findsAFlippedBit() throws IOException {
        Path blob = blob(3);
        byte[] content = Files.readAllBytes(blob);
        content[content.length / 2] ^= 4;
        Files.write(blob, content);
        assertProblem(Kind.DAMAGED, path(3), "image_1");
    }

    @Test
    void findsATruncatedBlob() throws IOException {
        Files.write(blob(2), new byte[69_999]);
        assertProblem(Kind.TRUNCATED, path(2), "image_1");
    }

    @Test
    void findsABlobThatIsTooLong() throws IOException {
        Files.write(blob(0), new byte[1]);
        assertProblem(Kind.DAMAGED, path(0), "image_1");
    }

    @Test
    void findsAMissingBlob() throws IOException {
        Files.delete(blob(1));
        assertProblem(Kind.MISSING, path(1), "image_1");
    }

    @Test
    void findsAMissingBlobBelowADamagedManifest() throws IOException {
        Files.write(folder.resolve("blobs/sha256").resolve(manifest().hex()), new byte[3]);
        Files.delete(blob(1));
        assertEquals(
                Map.of(Kind.TRUNCATED, List.of("image_1"), Kind.MISSING, List.of("image_1")),
                Map.of(
                        problems().get(0).kind(), problems().get(0).images(),
                        problems().get(1).kind(), problems().get(1).images()));
        assertEquals(2, problems().size());
    }

    @Test
    void findsAFileThatNoImageNeeds() throws IOException {
        Files.writeString(folder.resolve("blobs/sha256/notes"), "x");
        assertProblem(Kind.EXTRA, "blobs/sha256/notes");
        Files.delete(folder.resolve("blobs/sha256/notes"));
        Digest digest = Digest.of(new byte[] {7});
        Files.write(folder.resolve("blobs/sha256").resolve(digest.hex()), new byte[] {7});
        assertProblem(Kind.EXTRA, "blobs/sha256/" + digest.hex());
    }

    @Test
    void findsAFileThatDoesNotBelongToAnImage() throws IOException {
        Files.writeString(folder.resolve("images/image_1/notes"), "x");
        assertProblem(Kind.EXTRA, "images/image_1/notes", "image_1");
    }

    @Test
    void callsNothingNeedlessThatAPlanNeedsOrOfWhichNobodySaysWhatItIs() throws IOException {
        Files.delete(folder.resolve("receipt.json"));
        Files.writeString(folder.resolve("index.json"), "{");
        assertEquals(List.of(), extras(), "the plan that is kept says what is needed");
        Path stray = Files.writeString(
                folder.resolve("blobs/sha256").resolve(Digest.of(new byte[] {7}).hex()), "x");
        assertEquals(List.of("blobs/sha256/" + stray.getFileName()), extras());
        Files.delete(folder.resolve("repair/" + fixture.plan().digest().hex() + ".plan"));
        assertEquals(List.of(), extras(), "nobody says any more");
    }

    private List<String> extras() throws IOException {
        return problems().stream()
                .filter(problem -> problem.kind() == Kind.EXTRA)
                .map(Problem::path)
                .toList();
    }

    @Test
    void findsAStagingThatWasNotFinished() throws IOException {
        Files.createDirectory(folder.resolve("ingest"));
        assertProblem(Kind.INCOMPLETE, "ingest");
    }

    @Test
    void findsALinkThatLeadsElsewhere() throws IOException {
        String hex = fixture.plan().blobs().get(2).contentDigest().hex();
        Path link = folder.resolve("images/image_1").resolve(hex);
        byte[] content = Files.readAllBytes(link);
        Files.delete(link);
        assertProblem(Kind.MISSING, "images/image_1/" + hex, "image_1");
        Files.write(link, content);
        assertProblem(Kind.MISLINKED, "images/image_1/" + hex, "image_1");
    }

    @Test
    void findsAListThatWasChanged() throws IOException {
        Files.writeString(folder.resolve("mapping-image_1.txt"), "a=c\n");
        assertProblem(Kind.DAMAGED, "mapping-image_1.txt");
        Files.writeString(folder.resolve("mapping-image_1.txt"), "a");
        assertProblem(Kind.TRUNCATED, "mapping-image_1.txt");
        Files.delete(folder.resolve("mapping-image_1.txt"));
        assertProblem(Kind.MISSING, "mapping-image_1.txt");
    }

    @Test
    void findsALineOfAListThatNamesNoImage() throws IOException {
        Path list = folder.resolve("ocp-images.txt");
        Files.writeString(list, "registry.example:5000/a:1\n");
        assertEquals(List.of(), problems());
        Files.writeString(list, "registry.example:5000/a:1\nregistry.example:5000/b:1\n");
        assertProblem(Kind.CONTRADICTION, "ocp-images.txt");
    }

    @Test
    void findsAMissingReceiptAndChecksTheRestFromTheIndex() throws IOException {
        Files.delete(folder.resolve("receipt.json"));
        assertProblem(Kind.MISSING, "receipt.json");
        Files.delete(blob(1));
        assertEquals(
                List.of(Kind.MISSING, Kind.MISSING),
                problems().stream().map(Problem::kind).toList());
    }

    @Test
    void findsWhatIsWrongWithWhatIsKeptForARepair() throws IOException {
        Path repair = folder.resolve("repair");
        Path stray = Files.createFile(repair.resolve(Digest.of(new byte[] {7}).hex() + ".journal"));
        assertProblem(Kind.EXTRA, "repair/" + stray.getFileName());
        Files.delete(stray);
        String plan = fixture.plan().digest().hex() + ".plan";
        Files.writeString(repair.resolve(plan), "{}");
        assertProblem(Kind.DAMAGED, "repair/" + plan);
        Files.delete(repair.resolve(plan));
        assertEquals(List.of(), problems());
    }

    @Test
    void findsMissingAndGarbledFilesOfTheLayout() throws IOException {
        Files.writeString(folder.resolve("oci-layout"), "{");
        assertProblem(Kind.DAMAGED, "oci-layout");
        Files.delete(folder.resolve("oci-layout"));
        assertProblem(Kind.MISSING, "oci-layout");
        Files.writeString(folder.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        Files.writeString(folder.resolve("index.json"), "{\"manifests\":[]}");
        assertProblem(Kind.CONTRADICTION, "index.json", "image_1");
        Files.delete(folder.resolve("index.json"));
        assertProblem(Kind.MISSING, "index.json");
    }

    @Test
    void refusesWhatIsNoFolder() {
        assertThrows(StoreException.class, () -> LayoutVerification.of(folder.resolve("none"), 1, bytes -> {}));
    }

    @Test
    void findsEverythingMissingInAnEmptyFolder() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertEquals(3, LayoutVerification.of(empty, 1, bytes -> {}).problems().size());
    }

    private void assertProblem(Kind kind, String path, String... images) throws IOException {
        List<Problem> problems = problems();
        assertEquals(1, problems.size(), problems.toString());
        assertEquals(kind, problems.get(0).kind());
        assertEquals(path, problems.get(0).path());
        assertEquals(List.of(images), problems.get(0).images());
    }

    private List<Problem> problems() throws IOException {
        return LayoutVerification.of(folder, 2, bytes -> {}).problems();
    }

    private Path blob(int blob) {
        return folder.resolve(path(blob));
    }

    private String path(int blob) {
        return "blobs/sha256/"
                + fixture.plan().blobs().get(blob).contentDigest().hex();
    }

    private Digest manifest() {
        return fixture.plan().manifests().get(0).digest();
    }
}
