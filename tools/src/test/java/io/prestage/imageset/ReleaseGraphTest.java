package io.prestage.imageset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.imageset.ImageSet.ReleaseChannel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ReleaseGraphTest {
    private static final String NODES = List.of("4.14.3", "4.14.0", "4.13.9", "4.14.1", "4.14.2").stream()
            .map(version -> "{\"version\":\"" + version + "\",\"payload\":\"q.io/r:" + version + "\"}")
            .reduce((one, next) -> one + "," + next)
            .orElseThrow();

    private static ReleaseGraph graph() throws IOException {
        return parse("{\"nodes\":[" + NODES + "],\"edges\":[[2,1],[1,3],[3,4],[4,0],[1,0]]}");
    }

    private static ReleaseGraph parse(String json) throws IOException {
        return ReleaseGraph.parse("stable-4.14", "http://graph", json.getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> select(String min, String max, boolean full, boolean shortest) throws IOException {
        VersionRange range = new VersionRange(
                Optional.ofNullable(min).flatMap(SemanticVersion::parse),
                Optional.ofNullable(max).flatMap(SemanticVersion::parse));
        return graph().select(new ReleaseChannel("stable-4.14", range, full, shortest)).stream()
                .map(release -> release.version().text())
                .toList();
    }

    @Test
    void choosesOneOrARangeOrAllOrTheNewest() throws IOException {
        assertEquals(List.of("4.14.1"), select("4.14.1", "4.14.1", false, false));
        assertEquals(List.of("4.14.0", "4.14.1", "4.14.2"), select("4.14.0", "4.14.2", false, false));
        assertEquals(List.of("4.14.2", "4.14.3"), select("4.14.2", null, false, false));
        assertEquals(List.of("4.14.3"), select(null, null, false, false));
        assertEquals(5, select(null, null, true, false).size());
    }

    @Test
    void takesTheShortestWayIfAskedTo() throws IOException {
        assertEquals(List.of("4.14.0", "4.14.3"), select("4.14.0", "4.14.3", false, true));
        assertEquals(List.of("4.13.9", "4.14.0", "4.14.3"), select("4.13.9", "4.14.3", false, true));
    }

    @Test
    void namesTheNearestOfAReleaseThatThereIsNot() {
        ImageSetException missing =
                assertThrows(ImageSetException.class, () -> select("4.14.7", "4.14.7", false, false));
        assertTrue(
                missing.getMessage().contains("no release 4.14.7: the nearest are 4.14.0, 4.14.1, 4.14.2, 4.14.3"),
                missing::getMessage);
    }

    @Test
    void refusesWhatIsNoGraph() {
        for (String answer : List.of("", "<html>", "{}", "[]", "{\"nodes\":1}")) {
            assertThrows(IOException.class, () -> parse(answer), answer);
        }
        assertThrows(
                ImageSetException.class,
                () -> parse("{\"nodes\":[],\"edges\":[]}")
                        .select(new ReleaseChannel("stable-4.14", VersionRange.ALL, false, false)));
    }
}
