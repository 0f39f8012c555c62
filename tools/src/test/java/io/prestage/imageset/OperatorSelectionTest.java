package io.prestage.imageset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.imageset.ImageSet.OperatorCatalog;
import io.prestage.imageset.ImageSet.OperatorChannel;
import io.prestage.imageset.ImageSet.OperatorPackage;
import io.prestage.imageset.OperatorSelection.Choice;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class OperatorSelectionTest {
    private static final String CATALOG = "r.io/index:v1";

    private static OperatorPackage of(String name, VersionRange range, OperatorChannel... channels) {
        return new OperatorPackage(name, range, List.of(channels), List.of());
    }

    private static VersionRange range(String min, String max) {
        return new VersionRange(
                Optional.ofNullable(min).flatMap(SemanticVersion::parse),
                Optional.ofNullable(max).flatMap(SemanticVersion::parse));
    }

    private static Choice choose(Catalog catalog, OperatorPackage... packages) {
        return OperatorSelection.of(new OperatorCatalog(CATALOG, false, List.of(packages)), catalog);
    }

    private static Set<String> names(Choice choice) {
        return choice.bundles().stream().map(Catalog.CatalogBundle::name).collect(Collectors.toSet());
    }

    private static Catalog catalog(String json) throws Exception {
        Catalog.Builder builder = new Catalog.Builder();
        CatalogDocument.readAll(
                "catalog.json", new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), builder::add);
        return builder.build();
    }

    private static Catalog usual() throws Exception {
        return catalog("""
                {"schema": "olm.package", "name": "p", "defaultChannel": "stable"}
                {"schema": "olm.channel", "package": "p", "name": "stable", "entries": [
                  {"name": "p.v1.0.0"}, {"name": "p.v1.1.0", "replaces": "p.v1.0.0"},
                  {"name": "p.v1.2.0", "replaces": "p.v1.1.0", "skips": ["p.v1.1.5"]}, {"name": "p.v1.1.5"}]}
                {"schema": "olm.channel", "package": "p", "name": "beta", "entries": [
                  {"name": "p.v1.2.0"}, {"name": "p.v2.0.0-rc.1", "replaces": "p.v1.2.0"}]}
                """
                + bundle("p", "1.0.0") + bundle("p", "1.1.0") + bundle("p", "1.1.5") + bundle("p", "1.2.0")
                + bundle("p", "2.0.0-rc.1")
                + """
                {"schema": "olm.package", "name": "q", "defaultChannel": "only"}
                {"schema": "olm.channel", "package": "q", "name": "only", "entries": [{"name": "q.v3.0.0"}]}
                """
                + bundle("q", "3.0.0"));
    }

    private static String bundle(String name, String version) {
        return "{\"schema\":\"olm.bundle\",\"name\":\"" + name + ".v" + version + "\",\"package\":\"" + name
                + "\",\"image\":\"r.io/" + name + "@sha256:" + "0".repeat(64) + "\",\"properties\":[{\"type\":"
                + "\"olm.package\",\"value\":{\"packageName\":\"" + name + "\",\"version\":\"" + version + "\"}}]}\n";
    }

    @Test
    void takesTheHeadOfEveryChannelOfEveryPackageIfNoneIsNamed() throws Exception {
        assertEquals(Set.of("p.v1.2.0", "p.v2.0.0-rc.1", "q.v3.0.0"), names(choose(usual())));
    }

    @Test
    void takesTheHeadOfEveryChannelOfAPackageWithoutChannels() throws Exception {
        assertEquals(Set.of("p.v1.2.0", "p.v2.0.0-rc.1"), names(choose(usual(), of("p", VersionRange.ALL))));
    }

    @Test
    void takesTheHeadOfANamedChannel() throws Exception {
        OperatorChannel stable = new OperatorChannel("stable", VersionRange.ALL);
        assertEquals(Set.of("p.v1.2.0"), names(choose(usual(), of("p", VersionRange.ALL, stable))));
    }

    @Test
    void takesEveryBundleOfARangeInTheChannel() throws Exception {
        OperatorChannel some = new OperatorChannel("stable", range("1.1.0", "1.1.9"));
        assertEquals(Set.of("p.v1.1.0", "p.v1.1.5"), names(choose(usual(), of("p", VersionRange.ALL, some))));
        OperatorChannel one = new OperatorChannel("stable", range("1.1.0", "1.1.0"));
        assertEquals(Set.of("p.v1.1.0"), names(choose(usual(), of("p", VersionRange.ALL, one))));
        OperatorChannel open = new OperatorChannel("stable", range("1.1.5", null));
        assertEquals(Set.of("p.v1.1.5", "p.v1.2.0"), names(choose(usual(), of("p", VersionRange.ALL, open))));
    }

    @Test
    void appliesAPackagesRangeToEachOfItsChannels() throws Exception {
        assertEquals(Set.of("p.v1.2.0", "p.v2.0.0-rc.1"), names(choose(usual(), of("p", range("1.2.0", null)))));
        OperatorChannel beta = new OperatorChannel("beta", VersionRange.ALL);
        assertEquals(Set.of("p.v1.2.0"), names(choose(usual(), of("p", range("1.0.0", "1.9.0"), beta))));
    }

    @Test
    void takesAllOfAFullCatalog() throws Exception {
        Choice all = OperatorSelection.of(new OperatorCatalog(CATALOG, true, List.of()), usual());
        assertEquals(6, all.bundles().size());
    }

    @Test
    void takesBundlesByName() throws Exception {
        OperatorPackage named = new OperatorPackage("p", VersionRange.ALL, List.of(), List.of("p.v1.0.0"));
        assertEquals(Set.of("p.v1.0.0"), names(choose(usual(), named)));
    }

    @Test
    void ofClusterLoggingWithoutAChannelTakesTheDefaultChannelAlone() throws Exception {
        Catalog logging = catalog("{\"schema\":\"olm.package\",\"name\":\"cluster-logging\",\"defaultChannel\":\"b\"}"
                + "{\"schema\":\"olm.channel\",\"package\":\"cluster-logging\",\"name\":\"a\",\"entries\":[{\"name\":\"cluster-logging.v1.0.0\"}]}"
                + "{\"schema\":\"olm.channel\",\"package\":\"cluster-logging\",\"name\":\"b\",\"entries\":[{\"name\":\"cluster-logging.v2.0.0\"}]}"
                + bundle("cluster-logging", "1.0.0")
                + bundle("cluster-logging", "2.0.0"));
        assertEquals(Set.of("cluster-logging.v2.0.0"), names(choose(logging, of("cluster-logging", VersionRange.ALL))));
    }

    @Test
    void namesAllThatIsMissingWithPackageVersionChannelAndCatalog() throws Exception {
        Choice choice = choose(
                usual(),
                of("p", VersionRange.ALL, new OperatorChannel("stable", range("9.0.0", "9.0.0"))),
                of("q", VersionRange.ALL, new OperatorChannel("absent", VersionRange.ALL)),
                of("p", range("8.0.0", "8.0.0")),
                of("nobody", VersionRange.ALL));
        assertEquals(List.of(), choice.bundles());
        assertEquals(
                List.of(
                        "package p version 9.0.0 in channel stable of catalog " + CATALOG,
                        "package q in channel absent of catalog " + CATALOG,
                        "package p version 8.0.0 in channel any of catalog " + CATALOG,
                        "package nobody of catalog " + CATALOG),
                choice.missing());
    }

    @Property
    void aRangeTakesExactlyTheVersionsInIt(
            @ForAll @Size(min = 1, max = 12) Set<@IntRange(max = 40) Integer> patches,
            @ForAll @IntRange(max = 40) int from,
            @ForAll @IntRange(max = 40) int span)
            throws Exception {
        List<Integer> sorted = patches.stream().sorted().toList();
        StringBuilder text = new StringBuilder("{\"schema\":\"olm.package\",\"name\":\"p\"}");
        List<String> entries = new ArrayList<>();
        for (int at = 0; at < sorted.size(); at++) {
            entries.add("{\"name\":\"p.v1.0." + sorted.get(at) + "\""
                    + (at == 0 ? "" : ",\"replaces\":\"p.v1.0." + sorted.get(at - 1) + "\"") + "}");
            text.append(bundle("p", "1.0." + sorted.get(at)));
        }
        text.append("{\"schema\":\"olm.channel\",\"package\":\"p\",\"name\":\"s\",\"entries\":[")
                .append(String.join(",", entries))
                .append("]}");
        Catalog catalog = catalog(text.toString());
        OperatorChannel some = new OperatorChannel("s", range("1.0." + from, "1.0." + (from + span)));
        Set<String> expected = sorted.stream()
                .filter(patch -> patch >= from && patch <= from + span)
                .map(patch -> "p.v1.0." + patch)
                .collect(Collectors.toSet());
        Choice choice = choose(catalog, of("p", VersionRange.ALL, some));
        assertEquals(expected, names(choice));
        assertEquals(expected.isEmpty(), !choice.missing().isEmpty());
        OperatorChannel head = new OperatorChannel("s", VersionRange.ALL);
        assertEquals(
                Set.of("p.v1.0." + sorted.get(sorted.size() - 1)),
                names(choose(catalog, of("p", VersionRange.ALL, head))));
    }

    @Test
    void readsTheSameFromYamlAsFromJson() throws Exception {
        String json =
                "{\"schema\":\"olm.bundle\",\"name\":\"b\",\"package\":\"p\",\"image\":\"r.io/i:1\",\"unknown\":{\"a\":[1,{\"b\":2}]},"
                        + "\"properties\":[{\"type\":\"x\",\"value\":[1]},{\"type\":\"olm.package\",\"value\":{\"version\":\"1.2.3\"}}],"
                        + "\"relatedImages\":[{\"name\":\"n\",\"image\":\"r.io/j:1\"},{\"image\":\"\"}]}";
        String yaml = """
                # as opm renders it
                image: r.io/i:1
                name: b
                package: p
                properties:
                - type: x
                  value: [1]
                - type: olm.package
                  value: {version: "1.2.3"}
                relatedImages:
                - image: r.io/j:1
                  name: n
                - image: ""
                schema: olm.bundle
                unknown: {a: [1, {b: 2}]}
                """;
        assertEquals(read(json), read(yaml));
        assertEquals(List.of("r.io/j:1"), read(json).get(0).relatedImages());
        assertEquals(Optional.of("1.2.3"), read(json).get(0).version());
        assertTrue(read("---\n" + yaml + "---\n" + yaml).size() == 2);
    }

    @Test
    void readsCharactersOfTwoUnitsWhereverTheParsersBufferEnds() throws Exception {
        for (int length = 900; length < 1100; length++) {
            List<CatalogDocument> read =
                    read("schema: olm.package\nname: a\ndescription: " + "x".repeat(length) + "\uD83D\uDE00 end\n");
            assertEquals(1, read.size());
        }
    }

    private static List<CatalogDocument> read(String text) throws Exception {
        List<CatalogDocument> documents = new ArrayList<>();
        CatalogDocument.readAll("c", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), documents::add);
        return documents;
    }
}
