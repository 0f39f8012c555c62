package io.prestage.node.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

final class JournalTest {
    private static final int PIECE = 1 << 16;
    private static final int PIECES = 500;
    private static final long BLOB = (long) PIECE * PIECES - 3;

    private final OpenFiles files = new OpenFiles(2);
    private Path file;

    @BeforeProperty
    void makeFile() throws IOException {
        file = Files.createTempFile("journal", null);
    }

    @AfterProperty
    void removeFile() throws IOException {
        files.close();
        Files.deleteIfExists(file);
    }

    @Property(tries = 100)
    void remembersTheLastClaimOfEveryPiece(@ForAll @Size(max = 60) List<@IntRange(max = PIECES - 1) Integer> indexes)
            throws IOException {
        Map<Integer, byte[]> claimed = append(indexes);
        assertSame(claimed, replayed());
    }

    @Property(tries = 200)
    void survivesATornTail(
            @ForAll @Size(min = 1, max = 30) List<@IntRange(max = PIECES - 1) Integer> indexes,
            @ForAll @IntRange(max = 31 * Journal.RECORD) int kept)
            throws IOException {
        append(indexes);
        byte[] bytes = Files.readAllBytes(file);
        int length = Math.min(kept, bytes.length);
        Files.write(file, Arrays.copyOf(bytes, length));

        int records = Math.max(0, length / Journal.RECORD - 1);
        assertSame(expected(indexes.subList(0, records)), replayed());
    }

    @Property(tries = 200)
    void losesOnlyTheRecordThatIsDamaged(
            @ForAll @Size(min = 1, max = 30) List<@IntRange(max = PIECES - 1) Integer> indexes,
            @ForAll @IntRange(max = 31 * Journal.RECORD - 1) int at,
            @ForAll @IntRange(min = 1, max = 255) int mask)
            throws IOException {
        append(indexes);
        byte[] bytes = Files.readAllBytes(file);
        int damaged = at % bytes.length;
        bytes[damaged] ^= (byte) mask;
        Files.write(file, bytes);

        int record = damaged / Journal.RECORD;
        Map<Integer, byte[]> expected = new HashMap<>();
        for (int claim = 1; record > 0 && claim <= indexes.size(); claim++) {
            if (claim != record) {
                expected.put(indexes.get(claim - 1), hash(claim - 1));
            }
        }
        assertSame(expected, replayed());
    }

    @Property(tries = 100)
    void goesOnAfterDamage(
            @ForAll @Size(min = 1, max = 20) List<@IntRange(max = PIECES - 1) Integer> indexes,
            @ForAll @IntRange(max = 21 * Journal.RECORD) int kept)
            throws IOException {
        append(indexes);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, Math.min(kept, bytes.length)));
        Journal journal = journal();
        Map<Integer, byte[]> before = new HashMap<>();
        journal.replay(before::put);
        journal.append(77, hash(1000));
        files.forget(journal);

        before.put(77, hash(1000));
        assertSame(before, replayed());
    }

    @Property(tries = 200)
    void takesNoFileOfRandomBytesForAJournal(@ForAll @Size(max = 400) byte[] bytes) throws IOException {
        Files.write(file, bytes);
        assertFalse(journal().replay((index, sha256) -> {}));
    }

    @Property(tries = 1)
    void refusesTheJournalOfOtherPieces() throws IOException {
        append(List.of(1, 2));
        assertFalse(new Journal(file, files, PIECE * 2, BLOB).replay((index, sha256) -> {}));
        assertFalse(new Journal(file, files, PIECE, BLOB + 1).replay((index, sha256) -> {}));
        assertTrue(journal().replay((index, sha256) -> {}));
    }

    private Map<Integer, byte[]> append(List<Integer> indexes) throws IOException {
        Journal journal = journal();
        for (int claim = 0; claim < indexes.size(); claim++) {
            journal.append(indexes.get(claim), hash(claim));
        }
        files.forget(journal);
        if (indexes.isEmpty()) {
            Files.deleteIfExists(file);
        }
        return expected(indexes);
    }

    private static Map<Integer, byte[]> expected(List<Integer> indexes) {
        Map<Integer, byte[]> claimed = new LinkedHashMap<>();
        for (int claim = 0; claim < indexes.size(); claim++) {
            claimed.put(indexes.get(claim), hash(claim));
        }
        return claimed;
    }

    private Map<Integer, byte[]> replayed() throws IOException {
        Map<Integer, byte[]> claims = new HashMap<>();
        journal().replay(claims::put);
        return claims;
    }

    private Journal journal() {
        return new Journal(file, files, PIECE, BLOB);
    }

    private static byte[] hash(int claim) {
        byte[] hash = new byte[32];
        Arrays.fill(hash, (byte) claim);
        return hash;
    }

    private static void assertSame(Map<Integer, byte[]> expected, Map<Integer, byte[]> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((index, hash) -> assertArrayEquals(hash, actual.get(index)));
    }
}
