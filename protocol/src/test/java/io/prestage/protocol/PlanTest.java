package io.prestage.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.Plan.Blob;
import io.prestage.protocol.Plan.Image;
import io.prestage.protocol.Plan.Manifest;
import io.prestage.protocol.Plan.TextFile;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class PlanTest {
    private static final String SOURCE = "registry.example:5000/team/app";

    @Property
    void isReadAsItWasWritten(
            @ForAll @Size(max = 20) List<@LongRange(min = 0, max = 1L << 33) Long> sizes,
            @ForAll @IntRange(min = 0, max = 5) int images,
            @ForAll String text) {
        Plan plan = plan(sizes, images, wellFormed(text));
        byte[] encoded = plan.encode();
        Plan read = Plan.decode(encoded);
        assertEquals(plan, read);
        assertEquals(plan.digest(), read.digest());
        assertEquals(Digest.of(encoded), read.digest());
        assertEquals(
                sizes.stream().mapToLong(Long::longValue).sum(), read.total().count());
        assertEquals(plan.manifests().size() + sizes.size(), read.contents().size());
    }

    @Test
    void hasTheSameDigestInEveryRelease() {
        Plan plan = plan(List.of(1L, 70_000L), 1, "ü\n");
        String written = new String(plan.encode(), StandardCharsets.UTF_8);
        assertTrue(written.startsWith("{\"blobs\":[{\"digest\":\"sha256:"), written);
        assertEquals(
                "{\"blobs\":[],\"files\":[{\"name\":\"mapping.txt\",\"text\":\"x\"}],\"images\":[],\"manifests\":[],"
                        + "\"pieceSize\":65536,\"request\":\"r\",\"version\":1}",
                new String(
                        new Plan(
                                        1,
                                        "r",
                                        Plan.MIN_PIECE,
                                        List.of(),
                                        List.of(),
                                        List.of(),
                                        List.of(new TextFile("mapping.txt", "x")))
                                .encode(),
                        StandardCharsets.UTF_8));
    }

    @Test
    void everyDifferenceIsAnotherDigest() {
        Plan plan = plan(List.of(5L), 1, "x");
        assertNotEquals(plan.digest(), plan(List.of(6L), 1, "x").digest());
        assertNotEquals(plan.digest(), plan(List.of(5L), 2, "x").digest());
        assertNotEquals(plan.digest(), plan(List.of(5L), 1, "y").digest());
    }

    @Test
    void refusesAnythingButTheCanonicalForm() {
        String canonical = new String(plan(List.of(5L), 1, "x").encode(), StandardCharsets.UTF_8);
        List<String> wrong = List.of(
                canonical + " ",
                " " + canonical,
                canonical + "{}",
                canonical.replace("\"version\":1", "\"version\": 1"),
                canonical.replace("\"version\":1", "\"version\":1.0"),
                canonical.replace("\"version\":1", "\"version\":\"1\""),
                canonical.replace("\"version\":1", "\"version\":1,\"more\":2"),
                canonical.replace("\"version\":1", "\"version\":1,\"version\":1"),
                canonical.replace(",\"version\":1", ""),
                canonical.replace("\"size\":5", "\"size\":null"),
                canonical.replace("\"files\":[", "\"files\":[null,"),
                canonical.replace("\"text\":\"x\"", "\"text\":null"),
                canonical.replace("\"text\":\"x\"", "\"text\":\"\\u0078\""),
                canonical.substring(0, canonical.length() - 1),
                "null",
                "[]",
                "",
                "\u0000");
        for (String text : wrong) {
            refused("this", text.getBytes(StandardCharsets.UTF_8));
        }
        refused("this is not a plan", new byte[] {(byte) 0xff, (byte) 0xfe});
    }

    @Property
    void garbageIsRefusedWithASentence(@ForAll @Size(max = 100) byte[] garbage) {
        refused("this", garbage);
    }

    @Test
    void deepNestingIsRefusedAsWell() {
        refused("this is not a plan", "[".repeat(100_000).getBytes(StandardCharsets.US_ASCII));
        refused("this is not a plan", ("{\"blobs\":" + "[".repeat(100_000)).getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void refusesAnotherVersion() {
        byte[] later = new String(plan(List.of(), 0, "x").encode(), StandardCharsets.UTF_8)
                .replace("\"version\":1", "\"version\":2")
                .getBytes(StandardCharsets.UTF_8);
        String sentence = assertThrows(IllegalArgumentException.class, () -> Plan.decode(later))
                .getMessage();
        assertTrue(sentence.contains("version 2"), sentence);
    }

    @Test
    void refusesWhatStandsTwice() {
        Blob blob = blob("a", 5);
        complains("blob twice", List.of(), List.of(), List.of(blob, blob), List.of());
        Manifest manifest = new Manifest("m", new byte[] {1});
        complains("manifest twice", List.of(), List.of(manifest, manifest), List.of(), List.of());
        Image image = new Image("app", SOURCE, manifest.digest().toString(), List.of(), List.of());
        complains("image twice", List.of(image, image), List.of(manifest), List.of(), List.of());
        TextFile file = new TextFile("mapping.txt", "");
        complains("file twice", List.of(), List.of(), List.of(), List.of(file, file));
    }

    @Test
    void refusesAnImageThatNeedsWhatThePlanLacks() {
        Manifest manifest = new Manifest("m", new byte[] {1});
        String known = manifest.digest().toString();
        String foreign = Digest.of(new byte[] {2}).toString();
        complains("lacks", List.of(image(foreign, List.of(), List.of())), List.of(manifest), List.of(), List.of());
        complains("lacks", List.of(image(known, List.of(foreign), List.of())), List.of(manifest), List.of(), List.of());
        complains("lacks", List.of(image(known, List.of(), List.of(foreign))), List.of(manifest), List.of(), List.of());
    }

    @Test
    void refusesNamesThatLeaveTheirFolder() {
        for (String name : List.of("", ".", "..", "../x", "a/b", "a\\b", "/etc", "a\u0000", "a\nb", "x".repeat(256))) {
            String sentence = assertThrows(IllegalArgumentException.class, () -> new TextFile(name, ""))
                    .getMessage();
            assertTrue(sentence.contains("cannot be a file's name"), sentence);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new Image(name, SOURCE, Digest.of(new byte[0]).toString(), List.of(), List.of()));
        }
    }

    @Test
    void refusesNumbersThatCannotBe() {
        String digest = Digest.of(new byte[0]).toString();
        assertThrows(IllegalArgumentException.class, () -> new Blob(digest, -1, SOURCE));
        assertThrows(IllegalArgumentException.class, () -> new Blob("sha256:xyz", 1, SOURCE));
        for (int size : new int[] {0, -1, 65_537, Plan.MIN_PIECE / 2, Plan.MAX_PIECE * 2, Integer.MIN_VALUE}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new Plan(1, "", size, List.of(), List.of(), List.of(), List.of()));
        }
        complains(
                "more pieces",
                List.of(),
                List.of(),
                List.of(blob("a", (long) Plan.MIN_PIECE * Pieces.MAX + 1)),
                List.of());
        complains("more pieces", List.of(), List.of(), List.of(blob("a", Long.MAX_VALUE)), List.of());
    }

    @Property
    void choosesPiecesOfWhichAPlanHasAThousandOrMore(@ForAll @LongRange(min = 0, max = 1L << 43) long total) {
        int size = Plan.pieceSizeFor(total);
        assertEquals(1, Integer.bitCount(size));
        assertTrue(size >= Plan.MIN_PIECE && size <= Plan.MAX_PIECE);
        assertTrue(size == Plan.MIN_PIECE || total / size >= (size > Plan.GOOD_PIECE ? 2000 : 1000));
        assertTrue(size == Plan.MAX_PIECE || total / size < (size >= Plan.GOOD_PIECE ? 4000 : 2000));
    }

    private static void refused(String start, byte[] encoded) {
        String sentence = assertThrows(IllegalArgumentException.class, () -> Plan.decode(encoded))
                .getMessage();
        assertTrue(sentence.startsWith(start), sentence);
    }

    private static void complains(
            String about, List<Image> images, List<Manifest> manifests, List<Blob> blobs, List<TextFile> files) {
        String sentence = assertThrows(
                        IllegalArgumentException.class,
                        () -> new Plan(1, "", Plan.MIN_PIECE, images, manifests, blobs, files))
                .getMessage();
        assertTrue(sentence.contains(about), sentence);
    }

    private static Image image(String manifest, List<String> platforms, List<String> blobs) {
        return new Image("app", SOURCE, manifest, platforms, blobs);
    }

    private static Blob blob(String seed, long size) {
        return new Blob(Digest.of(seed.getBytes(StandardCharsets.UTF_8)).toString(), size, SOURCE);
    }

    private static Plan plan(List<Long> sizes, int images, String text) {
        List<Blob> blobs = new ArrayList<>();
        for (int blob = 0; blob < sizes.size(); blob++) {
            blobs.add(blob("blob " + blob, sizes.get(blob)));
        }
        List<Manifest> manifests = new ArrayList<>();
        List<Image> all = new ArrayList<>();
        for (int image = 0; image < images; image++) {
            Manifest manifest = new Manifest("application/json", ("{" + image + "}").getBytes(StandardCharsets.UTF_8));
            manifests.add(manifest);
            all.add(new Image(
                    "app-" + image,
                    SOURCE,
                    manifest.digest().toString(),
                    List.of(),
                    blobs.stream().map(Blob::digest).toList()));
        }
        return new Plan(
                Plan.VERSION,
                "request",
                Plan.MAX_PIECE,
                all,
                manifests,
                blobs,
                List.of(new TextFile("mapping.txt", text)));
    }

    /** Without lone surrogates, which no UTF-8 can carry. */
    private static String wellFormed(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }
}
