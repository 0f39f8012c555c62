package io.prestage.imageset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

final class WhiteoutsTest {
    @Test
    void upperFilesHideLowerOnesAndWhiteoutsDelete() {
        Whiteouts whiteouts = new Whiteouts();
        assertTrue(whiteouts.meet("configs/a", false));
        assertFalse(whiteouts.meet("configs/.wh.b", false));
        assertTrue(whiteouts.meet("configs/b", false), "a whiteout does nothing to its own layer");
        assertFalse(whiteouts.meet("old/.wh..wh..opq", false));
        assertTrue(whiteouts.meet("old/new", false));
        whiteouts.layerEnds();
        assertFalse(whiteouts.meet("configs/a", false));
        assertFalse(whiteouts.meet("configs/b/c", false));
        assertFalse(whiteouts.meet("old/anything/below", false));
        assertTrue(whiteouts.meet("configs/c", false));
        assertTrue(whiteouts.meet("configs", true));
    }

    @Provide
    Arbitrary<List<List<String>>> layers() {
        Arbitrary<String> paths = Arbitraries.of(
                "a", "a/b", "a/c", "a/b/d", "e/f", ".wh.a", "a/.wh.b", "a/.wh.c", "a/.wh..wh..opq", "e/.wh.f", ".wh.e");
        return paths.list().ofMaxSize(5).uniqueElements().list().ofMaxSize(4);
    }

    /** What a union filesystem would show, made by applying the layers from the first to the last. */
    @Property(tries = 2000)
    void showsWhatApplyingTheLayersInTheirOrderLeaves(@ForAll("layers") List<List<String>> layers) {
        Map<String, Integer> expected = new TreeMap<>();
        for (int layer = 0; layer < layers.size(); layer++) {
            apply(layers.get(layer), layer, expected);
        }
        Map<String, Integer> seen = new HashMap<>();
        Whiteouts whiteouts = new Whiteouts();
        for (int layer = layers.size() - 1; layer >= 0; layer--) {
            for (String path : consistent(layers.get(layer))) {
                if (whiteouts.meet(path, false)) {
                    seen.putIfAbsent(path, layer);
                }
            }
            whiteouts.layerEnds();
        }
        // A file that an upper layer's folder of the same name hides is nobody's business: catalogs have none.
        expected.keySet().removeIf(path -> expected.keySet().stream().anyMatch(other -> other.startsWith(path + "/")));
        seen.keySet().removeIf(path -> seen.keySet().stream().anyMatch(other -> other.startsWith(path + "/")));
        assertEquals(expected, new TreeMap<>(seen));
    }

    private static void apply(List<String> layer, int number, Map<String, Integer> files) {
        for (String path : consistent(layer)) {
            String parent = path.contains("/") ? path.substring(0, path.lastIndexOf('/') + 1) : "";
            String name = path.substring(parent.length());
            if (name.equals(".wh..wh..opq")) {
                files.keySet().removeIf(file -> file.startsWith(parent) && files.get(file) < number);
            } else if (name.startsWith(".wh.")) {
                String gone = parent + name.substring(4);
                files.keySet()
                        .removeIf(
                                file -> (file.equals(gone) || file.startsWith(gone + "/")) && files.get(file) < number);
            } else {
                files.keySet().removeIf(file -> file.startsWith(path + "/") && files.get(file) < number);
                files.put(path, number);
            }
        }
    }

    /** A layer cannot have a file and something below it. */
    private static List<String> consistent(List<String> layer) {
        Map<String, Boolean> kept = new LinkedHashMap<>();
        layer.forEach(path -> kept.put(path, true));
        return layer.stream()
                .filter(path -> layer.stream().noneMatch(other -> other.startsWith(path + "/")))
                .toList();
    }

    @Test
    void comparesPathsWithoutDotsAndSlashes() {
        assertEquals("configs/a", Whiteouts.normalised("./configs/a"));
        assertEquals("configs", Whiteouts.normalised("/configs/"));
    }
}
