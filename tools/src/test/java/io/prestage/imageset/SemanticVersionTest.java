package io.prestage.imageset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SemanticVersionTest {
    private static SemanticVersion version(String text) {
        return SemanticVersion.parse(text).orElseThrow();
    }

    @Test
    void ordersAsTheSpecificationDoes() {
        List<String> ascending = List.of(
                "1.0.0-alpha",
                "1.0.0-alpha.1",
                "1.0.0-alpha.beta",
                "1.0.0-beta",
                "1.0.0-beta.2",
                "1.0.0-beta.11",
                "1.0.0-rc.1",
                "1.0.0",
                "1.0.1",
                "1.2.0",
                "1.10.0",
                "2.0.0");
        for (int one = 0; one < ascending.size(); one++) {
            for (int other = 0; other < ascending.size(); other++) {
                int order = version(ascending.get(one)).compareTo(version(ascending.get(other)));
                assertEquals(
                        Integer.compare(one, other),
                        Integer.signum(order),
                        ascending.get(one) + " and " + ascending.get(other));
            }
        }
    }

    @Property
    void ordersReleasesByTheirNumbers(
            @ForAll @IntRange(max = 30) int a, @ForAll @IntRange(max = 30) int b, @ForAll @IntRange(max = 30) int c) {
        SemanticVersion here = version(a + "." + b + "." + c);
        assertTrue(here.compareTo(version(a + "." + b + "." + (c + 1))) < 0);
        assertTrue(here.compareTo(version(a + "." + (b + 1) + ".0")) < 0);
        assertTrue(here.compareTo(version((a + 1) + ".0.0")) < 0);
        assertTrue(here.compareTo(version(a + "." + b + "." + c + "-rc.1")) > 0);
        assertTrue(here.isSameAs(version(a + "." + b + "." + c + "+20240101")));
        assertTrue(SemanticVersion.isRelease(here.text()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "4", "4.14", "4.14.1.2", "4.14.x", "four", "4.14.1 ", "-1.0.0"})
    void readsNothingElse(String text) {
        assertEquals(Optional.empty(), SemanticVersion.parse(text));
        assertFalse(SemanticVersion.isRelease(text));
    }

    @Test
    void aRangeHasBothItsEnds() {
        VersionRange range = new VersionRange(Optional.of(version("1.2.0")), Optional.of(version("1.4.0")));
        assertTrue(range.contains(version("1.2.0")) && range.contains(version("1.4.0")));
        assertTrue(range.contains(version("1.3.9")));
        assertFalse(range.contains(version("1.2.0-rc.1")) || range.contains(version("1.4.1")));
        assertTrue(VersionRange.ALL.contains(version("0.0.1")));
    }
}
