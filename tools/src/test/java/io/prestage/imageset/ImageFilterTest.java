package io.prestage.imageset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.imageset.MappingLine.Kind;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

final class ImageFilterTest {
    private static MappingLine line(String source, String destination) {
        return new MappingLine(source, destination, Kind.COMPONENT);
    }

    @Test
    void searchesSourceAndDestinationForTheFirstPatternThatFits() throws Exception {
        ImageFilter filter = ImageFilter.parse("f", "patterns:\n- nothing\n- \\baws\\b\n- aws\n");
        assertEquals(Optional.of("\\baws\\b"), filter.match(line("q.io/a", "openshift/release:4.1.2-x86_64-aws-x")));
        assertEquals(Optional.of("aws"), filter.match(line("q.io/awsome", "x")));
        assertEquals(Optional.empty(), filter.match(line("q.io/a", "b")));
    }

    @Property
    void aPlainWordMatchesWhereverItStands(
            @ForAll @AlphaChars @StringLength(min = 1, max = 10) String before,
            @ForAll @AlphaChars @StringLength(min = 1, max = 10) String word)
            throws Exception {
        ImageFilter filter = ImageFilter.parse("f", "patterns: ['" + word + "']");
        assertTrue(filter.match(line(before + word, "x")).isPresent());
        assertTrue(filter.match(line("-", word + before)).isPresent());
        assertEquals(Optional.empty(), filter.match(line("-", "-")));
    }

    @Test
    void refusesWhatGoDoesNotKnow() {
        for (String pattern : new String[] {"(a", "a(?=b)", "(a)\\1", "*"}) {
            ImageSetException refusal = assertThrows(
                    ImageSetException.class,
                    () -> ImageFilter.parse("filter.yaml", "patterns:\n- ok\n- '" + pattern + "'\n"));
            assertTrue(
                    refusal.getMessage().startsWith("filter.yaml, line 3, column 3: '" + pattern + "'"),
                    refusal::getMessage);
        }
    }

    @Test
    void refusesWhatIsNoListOfPatterns() {
        for (String text : new String[] {"", "[a]", "patterns: a", "pattern: [a]", "patterns: [{a: b}]", "a: b: c"}) {
            ImageSetException refusal =
                    assertThrows(ImageSetException.class, () -> ImageFilter.parse("filter.yaml", text), text);
            assertTrue(refusal.getMessage().startsWith("filter.yaml"), refusal::getMessage);
        }
    }
}
