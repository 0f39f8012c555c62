package io.prestage.imageset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.imageset.ImageSet.OperatorChannel;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ImageSetFileTest {
    private static final String HEAD =
            "apiVersion: mirror.openshift.io/v1alpha2\nkind: ImageSetConfiguration\nmirror:\n";

    @Test
    void readsEverythingThatCanBeAskedFor() throws Exception {
        ImageSet set = ImageSetFile.parse("imageset.yaml", """
                apiVersion: mirror.openshift.io/v2alpha1
                kind: ImageSetConfiguration
                archiveSize: 4
                mirror:
                  platform:
                    architectures: [arm64]
                    graph: true
                    channels:
                    - name: stable-4.13
                      full: true
                    - name: stable-4.14
                      type: ocp
                      minVersion: 4.14.1
                      maxVersion: 4.14.9
                      shortestPath: true
                  operators:
                  - catalog: r.io/index:v1
                    full: true
                  - catalog: oci:///srv/index
                    packages:
                    - name: a
                    - name: b
                      defaultChannel: stable
                      minVersion: 1.0.0
                      channels:
                      - name: stable
                    - name: c
                      channels:
                      - name: beta
                        maxVersion: 2.0.0
                    - name: d
                      bundles:
                      - name: d.v1
                  additionalImages:
                  - name: q.io/a/b:1
                  blockedImages:
                  - name: q.io/c
                  helm:
                    repositories: []
                """);
        assertEquals(List.of("arm64"), set.architectures());
        assertEquals(2, set.channels().size());
        assertTrue(set.channels().get(0).full() && set.channels().get(1).shortestPath());
        assertEquals("4.14.1 to 4.14.9", set.channels().get(1).range().toString());
        assertTrue(set.operators().get(0).full()
                && set.operators().get(0).packages().isEmpty());
        var packages = set.operators().get(1).packages();
        assertEquals(
                List.of("a", "b", "c", "d"),
                packages.stream().map(ImageSet.OperatorPackage::name).toList());
        assertEquals(
                List.of(new OperatorChannel("stable", VersionRange.ALL)),
                packages.get(1).channels());
        assertEquals(Optional.of("1.0.0"), packages.get(1).range().min().map(SemanticVersion::text));
        assertEquals(
                Optional.of("2.0.0"),
                packages.get(2).channels().get(0).range().max().map(SemanticVersion::text));
        assertEquals(List.of("d.v1"), packages.get(3).bundles());
        assertEquals(List.of("q.io/a/b:1"), set.additionalImages());
        assertEquals(List.of("q.io/c"), set.blockedImages());
        assertTrue(set.patterned());
        assertEquals(3, set.warnings().size());
        for (String ignored : List.of("'archiveSize'", "'mirror.platform.graph'", "'mirror.helm'")) {
            assertTrue(set.warnings().stream().anyMatch(warning -> warning.contains(ignored)), ignored);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "  platfrom: {}                                   | line 4, column 3: there is no field 'mirror.platfrom'",
                "  operators: {}                                  | line 4, column 14: 'mirror.operators' has to be a list",
                "  operators: [{full: yes-please, catalog: x}]    | line 4, column 22: 'mirror.operators[0].full' has to be true or false",
                "  operators: [{packages: []}]                    | line 4, column 15: operators need a 'catalog'",
                "  additionalImages: [a]                          | line 4, column 22: 'mirror.additionalImages[0]' has to be a mapping",
                "  additionalImages: [{name: [a]}]                | line 4, column 29: 'mirror.additionalImages[0].name' has to be a text",
                "  additionalImages: [{name: a, name: b}]         | line 4, column",
                "  platform: {channels: [{name: s, minVersion: 4}]} | is not a version",
                "  platform: {channels: [{name: s, minVersion: 2.0.0, maxVersion: 1.0.0}]} | is larger than maxVersion",
                "  platform: {architectures: [amd64, arm64]}      | one architecture",
                "  platform: {architectures: [vax]}               | 'vax' is not an architecture",
                "  platform: {channels: [{name: s, type: okd}]}   | type 'ocp'",
                "  operators: [{catalog: c, packages: [{name: p, minVersion: 1.0.0, channels: [{name: s, minVersion: 1.0.0}]}]}] | leave one of them out",
                "  a: [                                           | this is not YAML"
            })
    void tellsWhereSomethingIsWrong(String text, String expected) {
        ImageSetException wrong = assertThrows(
                ImageSetException.class, () -> ImageSetFile.parse("imageset.yaml", HEAD + "  " + text + "\n"));
        assertTrue(wrong.getMessage().startsWith("imageset.yaml, line "), wrong::getMessage);
        assertTrue(wrong.getMessage().contains(expected), wrong::getMessage);
        assertEquals(1, wrong.getMessage().lines().count());
    }

    @Test
    void refusesAnotherKindOfDocument() {
        for (String text : List.of(
                "kind: ImageSetConfiguration\n",
                "apiVersion: v1\nkind: ImageSetConfiguration\n",
                "apiVersion: mirror.openshift.io/v1alpha2\nkind: Pod\n",
                "apiVersion: mirror.openshift.io/v1alpha2\nmirror: {}\n",
                "")) {
            assertThrows(ImageSetException.class, () -> ImageSetFile.parse("imageset.yaml", text), text);
        }
    }

    @Test
    void readsWhatTheTemplateWrites() throws Exception {
        ReleaseVersions versions =
                new ReleaseVersions(Optional.of("4.12.9"), Optional.of("2.2.2"), Optional.of("2.7.2"));
        String text = StagingRequest.generate(
                new StagingRequest.Choice(
                        versions,
                        Optional.empty(),
                        true,
                        Optional.of("arm64"),
                        Optional.of("r.io/mine:v1"),
                        Optional.empty()),
                List.of("q.io/ai/one:1"),
                List.of("q.io/more/two"));
        ImageSet set = ImageSetFile.parse("imageset.yaml", text);
        assertEquals(List.of(), set.warnings());
        assertEquals(List.of("q.io/ai/one:1", "q.io/more/two"), set.additionalImages());
        assertEquals("stable-4.12", set.channels().get(0).name());
        assertEquals("4.12.9", set.channels().get(0).range().toString());
        assertEquals("r.io/mine:v1", set.operators().get(0).catalog());
        assertEquals(
                List.of(
                        "advanced-cluster-management",
                        "multicluster-engine",
                        "local-storage-operator",
                        "ptp-operator",
                        "sriov-network-operator",
                        "cluster-logging"),
                set.operators().get(0).packages().stream()
                        .map(ImageSet.OperatorPackage::name)
                        .toList());
        assertEquals(
                "registry.redhat.io/redhat/certified-operator-index:v4.12",
                set.operators().get(1).catalog());
    }
}
