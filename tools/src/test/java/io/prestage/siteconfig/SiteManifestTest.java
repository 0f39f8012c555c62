package io.prestage.siteconfig;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.disk.PartitionLabel;
import io.prestage.siteconfig.SiteManifest.Updated;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class SiteManifestTest {
    private static final PartitionLabel DATA = new PartitionLabel("data");
    private static final String HEAD = "kind: SiteConfig\nspec:\n  clusters:\n";

    @Test
    void addsAllThreeFieldsAtTheEndsOfTheirMappings() throws Exception {
        String before = HEAD + "  - clusterName: a # first\n    nodes:\n      - hostName: n # only\n";
        Updated updated = update(before);
        assertEquals(
                List.of(
                        "spec.clusters[0].nodes[0].ignitionConfigOverride",
                        "spec.clusters[0].nodes[0].installerArgs",
                        "spec.clusters[0].ignitionConfigOverride"),
                updated.changed());
        List<String> lines = updated.text().lines().toList();
        assertEquals(before, String.join("\n", lines.subList(0, 6)) + "\n");
        assertEquals("        ignitionConfigOverride:", lines.get(6));
        assertTrue(lines.get(7).startsWith("          '{\"ignition\":{\"version\":\"3.1.0\"}"), lines.get(7));
        assertEquals("        installerArgs: '[\"--save-partlabel\",\"data\"]'", lines.get(8));
        assertEquals("    ignitionConfigOverride:", lines.get(9));
        assertSettled(updated);
    }

    @ParameterizedTest
    @ValueSource(strings = {"|", ">", "|+", ">2+ # folded", "|-"})
    void aBlockThatEndsTheTextWithoutALineBreakKeepsItsValue(String header) throws Exception {
        Updated updated = update(HEAD + "  - nodes:\n    - hostName: n\n      note: " + header + "\n        last");
        String kept = node(updated).get("note").toString();
        assertEquals("last", kept.stripLeading());
        assertEquals(kept, kept.stripTrailing());
        assertTrue(node(updated).containsKey("installerArgs"), updated.text());
        assertSettled(updated);
    }

    @Test
    void unitsAndScriptsOfBothStagesAreWhatTheServersRun() throws Exception {
        Updated updated = update(HEAD + "  - nodes: [{hostName: n}]\n");
        JsonNode discovery = json(cluster(updated).get("ignitionConfigOverride"));
        JsonNode installation = json(node(updated).get("ignitionConfigOverride"));
        assertEquals(
                "precache-images.service", discovery.at("/systemd/units/0/name").asString());
        String unit = discovery.at("/systemd/units/0/contents").asString();
        assertTrue(unit.contains("\nBefore=agent.service\n"), unit);
        assertTrue(unit.contains("\nType=oneshot\nExecStart=/usr/local/bin/extract-ai.sh --label data\n"), unit);
        String other = installation.at("/systemd/units/0/contents").asString();
        assertTrue(other.contains("\nBefore=machine-config-daemon-pull.service nodeip-configuration.service\n"), other);
        assertTrue(other.contains("\nExecStart=/usr/local/bin/extract-ocp.sh --label data\n"), other);
        assertEquals(493, installation.at("/storage/files/0/mode").asInt());
        String source = installation.at("/storage/files/0/contents/source").asString();
        String encoded = source.substring(source.indexOf("base64,") + 7);
        assertEquals(
                LoadingScript.text(),
                new String(java.util.Base64.getDecoder().decode(encoded), java.nio.charset.StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'{\"passwd\":{\"users\":[{\"name\":\"it''s\"}]},\"ignition\":{\"version\":\"3.2.0\"}}' # why",
                "\"{\\\"passwd\\\":{\\\"users\\\":[{\\\"name\\\":\\\"it's\\\"}]},\\\"ignition\\\":{\\\"version\\\":\\\"3.2.0\\\"}}\"",
                "|  # why\n      {\n        \"passwd\": {\"users\": [{\"name\": \"it's\"}]},\n        \"ignition\": {\"version\": \"3.2.0\"}}\n\n",
                "|+\n      {\"passwd\": {\"users\": [{\"name\": \"it's\"}]}, \"ignition\": {\"version\": \"3.2.0\"}}\n\n\n",
                ">-\n\n      {\"passwd\": {\"users\": [{\"name\": \"it's\"}]},\n      \"ignition\": {\"version\": \"3.2.0\"}}\n",
                "|2\n      {\"passwd\":{\"users\":[{\"name\":\"it's\"}]},\n      \"ignition\":{\"version\":\"3.2.0\"}}",
                "&anchored '{\"passwd\":{\"users\":[{\"name\":\"it''s\"}]},\"ignition\":{\"version\":\"3.2.0\"}}'",
                "!!str '{\"passwd\":{\"users\":[{\"name\":\"it''s\"}]},\"ignition\":{\"version\":\"3.2.0\"}}'",
                "{passwd: {users: [{name: it's}]}, ignition: {version: 3.2.0}} # why",
                "{\"passwd\": {\"users\": [{\"name\": \"it's\"}]}, \"ignition\": {\"version\": \"3.2.0\"}}",
                "# why\n      passwd:\n        users:\n        - name: it's\n      ignition:\n        version: 3.2.0",
                "&anchored\n      passwd:\n        users:\n        - name: it's\n      ignition:\n        version: 3.2.0"
            })
    void everyShapeOfOverrideKeepsWhatItHasAndItsStyle(String written) throws Exception {
        String tail = "\n    clusterLabels: {a: \"b\"} # tail\n    nodes:\n    - hostName: n\n";
        for (String lineBreak : List.of("\n", "\r\n")) {
            String before = (HEAD + "  - ignitionConfigOverride: " + written + tail).replace("\n", lineBreak);
            Updated updated = update(before);
            JsonNode override = json(cluster(updated).get("ignitionConfigOverride"));
            assertEquals(List.of("passwd", "ignition", "systemd", "storage"), List.copyOf(override.propertyNames()));
            assertEquals("it's", override.at("/passwd/users/0/name").asString());
            assertEquals("3.2.0", override.at("/ignition/version").asString());
            assertEquals(before.contains("# why"), updated.text().contains("# why"));
            assertEquals(before.contains("&anchored"), updated.text().contains("&anchored"));
            assertTrue(updated.text().contains(tail.replace("\n", lineBreak).stripTrailing()), updated::text);
            assertEquals(
                    lineBreak.length() == 2,
                    updated.text().lines().count() > 1 && !updated.text().matches("(?s).*[^\r]\n.*"));
            assertSettled(updated);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " # none",
                " null",
                " ~ # none",
                " ''",
                " \"\"",
                " '{}'",
                " |\n",
                " '{\"ignition\":{\"version\":\"3.1.0\"}}'",
                " !!str",
                " &empty",
                " {}"
            })
    void anOverrideOfNothingCountsAsAbsent(String nothing) throws Exception {
        Updated updated = update(HEAD + "  - nodes:\n    - hostName: n\n    ignitionConfigOverride:" + nothing);
        JsonNode override = json(cluster(updated).get("ignitionConfigOverride"));
        assertEquals("3.1.0", override.at("/ignition/version").asString());
        assertEquals(1, override.at("/storage/files").size());
        assertEquals(nothing.contains("# none"), updated.text().contains("# none"));
        assertSettled(updated);
    }

    @Test
    void whatDidTheJobBeforeGoesAndTheRestStays() throws Exception {
        String override = "{\"ignition\":{\"version\":\"3.2.0\",\"security\":{\"tls\":{}}},\"systemd\":{\"units\":["
                + "{\"name\":\"mine.service\"},"
                + "{\"name\":\"var-mnt.mount\",\"contents\":\"[Unit]\\nBindsTo=precache-ocp-images.service\\n\"},"
                + "{\"name\":\"precache-images.service\",\"contents\":\"old\"},"
                + "{\"name\":\"precache-ocp-images.service\"}]},\"storage\":{\"files\":["
                + "{\"path\":\"/usr/local/bin/agent-fix-bz1964591\"},{\"path\":\"/usr/local/bin/extract-ocp.sh\"},"
                + "{\"path\":\"/etc/mine\"},{\"path\":\"/usr/local/bin/extract-ai.sh\",\"mode\":1}],\"disks\":[]}}";
        String kept = override.replace("BindsTo=precache-ocp-images.service", "BindsTo=mine.service");
        for (String before : List.of(override, kept)) {
            Updated updated = update(HEAD + "  - ignitionConfigOverride: '" + before + "'\n    nodes: [{}]\n");
            JsonNode after = json(cluster(updated).get("ignitionConfigOverride"));
            List<String> units = after.at("/systemd/units").values().stream()
                    .map(unit -> unit.path("name").asString())
                    .toList();
            assertEquals(
                    before.equals(kept)
                            ? List.of("mine.service", "var-mnt.mount", "precache-images.service")
                            : List.of("mine.service", "precache-images.service"),
                    units);
            List<String> files = after.at("/storage/files").values().stream()
                    .map(file -> file.path("path").asString())
                    .toList();
            assertEquals(List.of("/etc/mine", "/usr/local/bin/extract-ai.sh"), files);
            assertTrue(after.at("/ignition/security/tls").isObject());
            assertTrue(after.at("/storage/disks").isArray());
            assertSettled(updated);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'[\"--append-karg\",\"a\",\"--save-partlabel\",\"data\"]'",
                "'[\"--save-partlabel=data\"]'",
                "[\"--save-partlabel\", \"data\"]"
            })
    void argumentsThatKeepThePartitionStay(String arguments) throws Exception {
        Updated updated = update(HEAD + "  - nodes:\n    - installerArgs: " + arguments + "\n");
        assertTrue(updated.text().contains("installerArgs: " + arguments + "\n"), updated::text);
        assertFalse(updated.changed().contains("spec.clusters[0].nodes[0].installerArgs"));
    }

    @Test
    void otherArgumentsStayBeforeIt() throws Exception {
        Updated updated = update(HEAD + "  - nodes:\n    - installerArgs: '[\"--append-karg\", \"a=b\"]'\n");
        assertEquals(
                "[\"--append-karg\",\"a=b\",\"--save-partlabel\",\"data\"]",
                json(node(updated).get("installerArgs")).toString());
    }

    @Test
    void clusterInstancesAndManifestsInJsonAreUpdatedToo() throws Exception {
        String other = "---\nkind: Namespace\nmetadata: {name: a}\n";
        String instance = "{\"kind\": \"ClusterInstance\", \"spec\": {\"nodes\": [{\"hostName\": \"n\"}]}}\n";
        Updated updated = update(other + "---\n" + instance + other);
        assertTrue(updated.text().startsWith(other) && updated.text().endsWith(other));
        assertEquals(3, updated.changed().size());
        String document =
                updated.text().substring(other.length() + 4, updated.text().length() - other.length());
        assertTrue(
                JsonMapper.shared()
                        .readTree(document)
                        .at("/spec/nodes/0/installerArgs")
                        .isString(),
                document);
        assertSettled(updated);
    }

    @Test
    void anAliasOfAnotherNodesFieldIsServedByThat() throws Exception {
        Updated updated = update(HEAD + "  - nodes:\n    - installerArgs: &args '[]'\n    - installerArgs: *args\n");
        assertTrue(updated.text().contains("installerArgs: *args\n"), updated::text);
        assertTrue(updated.text().contains("&args '[\"--save"), updated::text);
        assertSettled(updated);
    }

    @Test
    void aMergedNodeInheritsTheUpdate() throws Exception {
        Updated updated = update(HEAD + "  - nodes:\n    - &n\n      hostName: a\n    - <<: *n\n      hostName: b\n");
        assertTrue(updated.text().contains("    - <<: *n\n      hostName: b\n    ignition"), updated::text);
        assertSettled(updated);
    }

    @Test
    void anAnchorThatIsUsedElsewhereIsNotChangedBehindItsBack() {
        String text = """
                kind: SiteConfig
                spec:
                  clusters:
                  - ignitionConfigOverride: &o '{}'
                    nodes: [{}]
                    note: *o
                """;
        SiteConfigException refused = assertThrows(SiteConfigException.class, () -> update(text));
        assertTrue(refused.getMessage().contains("line 6: *o stands for"), refused.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "|is empty",
                "a: [|line 1, column 5: this is not YAML",
                "kind: Pod|holds neither a SiteConfig nor a ClusterInstance",
                "kind: SiteConfig|'spec' is missing",
                "kind: SiteConfig\nspec: {}|'spec.clusters' is missing",
                "kind: SiteConfig\nspec:\n  clusters:|line 3: 'spec.clusters' is missing",
                "kind: SiteConfig\nspec: {clusters: [{a: b}]}|'spec.clusters[0].nodes' is missing",
                "kind: SiteConfig\nspec: {clusters: 3}|'spec.clusters' has to be a list",
                "kind: ClusterInstance\nspec: {nodes: [3]}|an element of 'spec.nodes' has to be a mapping",
                "kind: ClusterInstance\nspec: {nodes: [{}], ignitionConfigOverride: 'x{'}|'spec.ignitionConfigOverride' is not JSON",
                "kind: ClusterInstance\nspec: {nodes: [{}], ignitionConfigOverride: '[]'}|has to hold a JSON object",
                "kind: ClusterInstance\nspec: {nodes: [{installerArgs: '{}'}]}|has to hold a JSON list",
                "kind: ClusterInstance\nspec: {nodes: [{}], ignitionConfigOverride: '{\"a\":1,\"a\":2}'}|is not JSON",
                "kind: ClusterInstance\nspec: {nodes: [{}], ignitionConfigOverride: '{\"systemd\":[]}'}|'systemd' that is no JSON object",
                "kind: ClusterInstance\nspec: {nodes: [{}]}\nspec: {}|the field 'spec' stands twice"
            })
    void whatCannotBeUpdatedIsToldInASentenceWithItsPlace(String textAndComplaint) {
        int bar = textAndComplaint.lastIndexOf('|');
        SiteConfigException refused =
                assertThrows(SiteConfigException.class, () -> update(textAndComplaint.substring(0, bar)));
        assertTrue(refused.getMessage().startsWith("site.yaml"), refused.getMessage());
        assertTrue(refused.getMessage().contains(textAndComplaint.substring(bar + 1)), refused.getMessage());
        assertFalse(refused.getMessage().contains("\n"), refused.getMessage());
    }

    @Test
    void aDiffIsWhatPatchReads() {
        String expected = """
                --- a/f
                +++ b/f
                @@ -1,2 +1,2 @@
                 a
                -b
                \\ No newline at end of file
                +c
                \\ No newline at end of file
                """;
        assertEquals(expected, UnifiedDiff.of("f", "a\nb", "a\nc"));
        assertEquals("", UnifiedDiff.of("f", "a\n", "a\n"));
        assertTrue(UnifiedDiff.of("f", "a\r\nb\n", "a\r\nc\n").contains("\n a\r\n"));
    }

    private static void assertSettled(Updated updated) throws Exception {
        Updated again = update(updated.text());
        assertEquals(updated.text(), again.text());
        assertEquals(List.of(), again.changed());
    }

    private static Updated update(String text) throws SiteConfigException {
        return SiteManifest.update("site.yaml", text, DATA, 2);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> cluster(Updated updated) {
        Map<String, Object> root =
                (Map<String, Object>) new Load(LoadSettings.builder().build()).loadFromString(updated.text());
        Map<String, Object> spec = (Map<String, Object>) root.get("spec");
        return ((List<Map<String, Object>>) spec.get("clusters")).get(0);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> node(Updated updated) {
        return ((List<Map<String, Object>>) cluster(updated).get("nodes")).get(0);
    }

    private static JsonNode json(Object field) {
        return JsonMapper.shared().readTree((String) field);
    }
}
