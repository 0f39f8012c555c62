package io.prestage.siteconfig;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.disk.PartitionLabel;
import org.junit.jupiter.api.Test;

/** Forms of YAML that people hardly ever write. */
final class SiteFormsTest {
    private static final PartitionLabel LABEL = new PartitionLabel("data");

    @Test
    void aFormThatNothingCanBeAddedToIsRefused() {
        String manifest = "kind: ClusterInstance\nspec:\n  nodes:\n  - ? hostName\n    : a\n";
        SiteConfigException e =
                assertThrows(SiteConfigException.class, () -> SiteManifest.update("site.yaml", manifest, LABEL, 2));
        assertTrue(e.getMessage().contains("site.yaml is written in a form"), e::getMessage);
    }

    @Test
    void kindsOfOtherGroupsAreLeftAlone() {
        String manifest = "apiVersion: other.example/v1\nkind: SiteConfig\nspec: {clusters: []}\n";
        assertThrows(SiteConfigException.class, () -> SiteManifest.update("site.yaml", manifest, LABEL, 2));
    }

    @Test
    void whatIsNestedWithoutEndIsRefused() {
        String manifest = "kind: SiteConfig\nspec: " + "[".repeat(100_000);
        assertThrows(SiteConfigException.class, () -> SiteManifest.update("site.yaml", manifest, LABEL, 2));
    }

    @Test
    void wordsOfAnOverrideInYamlMeanWhatKubernetesReadsInThem() throws SiteConfigException {
        String manifest = """
                kind: ClusterInstance
                spec:
                  nodes:
                  - hostName: a
                    ignitionConfigOverride:
                      storage: {files: [{path: /a, overwrite: yes, mode: 0x1ED}, {path: /b, mode: 0644}]}
                """;
        String text = SiteManifest.update("site.yaml", manifest, LABEL, 2).text();
        assertTrue(text.contains("\"overwrite\":true,\"mode\":493"), text);
        assertTrue(text.contains("\"mode\":420"), text);
    }
}
