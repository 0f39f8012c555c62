package io.prestage.protocol;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class DigestTest {
    private static final String ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @Test
    void hashesAsTheStandardSays() {
        assertEquals(
                "sha256:" + ABC,
                Digest.of("abc".getBytes(StandardCharsets.US_ASCII)).toString());
        assertEquals("ba7816bf8f01", Digest.ofHex(ABC).brief());
    }

    @Test
    void refusesWhatIsNoSha256AndQuotesIt() {
        for (String wrong : List.of("", ABC, "sha512:" + ABC + ABC, "sha256:" + ABC.toUpperCase(Locale.ROOT))) {
            String sentence = assertThrows(IllegalArgumentException.class, () -> Digest.parse(wrong))
                    .getMessage();
            assertTrue(sentence.contains("'" + wrong.replace("sha256:", "") + "'"), sentence);
        }
        assertThrows(IllegalArgumentException.class, () -> Digest.parse("sha256:" + ABC.substring(1)));
        assertThrows(IllegalArgumentException.class, () -> Digest.parse("sha256:" + ABC + "\n"));
        assertThrows(IllegalArgumentException.class, () -> Digest.ofRaw(new byte[31]));
    }

    @Property
    void rawAndWrittenFormsSayTheSame(@ForAll byte[] content) {
        Digest digest = Digest.of(content);
        assertEquals(digest, Digest.parse(digest.toString()));
        assertEquals(digest, Digest.ofRaw(digest.raw()));
        assertEquals(Digest.LENGTH, digest.raw().length);
        ByteBuffer buffer = ByteBuffer.wrap(content);
        assertEquals(digest, Digest.of(buffer));
        assertFalse(buffer.hasRemaining());
    }

    @Property
    void nodeIdsAreReadAsTheyAreWrittenAndSortedAsTheyRead(@ForAll long high, @ForAll long low, @ForAll long other) {
        NodeId id = new NodeId(high, low);
        assertEquals(id, NodeId.parse(id.toString()));
        NodeId that = new NodeId(other, low);
        assertEquals(Integer.signum(id.toString().compareTo(that.toString())), Integer.signum(id.compareTo(that)));
        assertThrows(IllegalArgumentException.class, () -> NodeId.parse(id.toString() + "0"));
        assertThrows(
                IllegalArgumentException.class, () -> NodeId.parse(id.toString().substring(1) + "x"));
        assertArrayEquals(new int[] {0}, new int[] {id.compareTo(NodeId.parse(id.toString()))});
    }
}
