package io.prestage.imageset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.origin.ImageReference;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

final class MappingLineTest {
    private static final String HEX = "07aa".repeat(16);

    @Provide
    Arbitrary<String> references() {
        Arbitrary<String> part =
                Arbitraries.strings().withCharRange('a', 'z').ofMinLength(1).ofMaxLength(8);
        Arbitrary<String> tail = Arbitraries.oneOf(
                part.map(tag -> ":" + tag),
                Arbitraries.strings().withChars("0123456789abcdef").ofLength(64).map(hex -> "@sha256:" + hex));
        return Combinators.combine(part, part, part, tail)
                .as((host, org, name, end) -> host + ".example.com:5000/" + org + "/" + name + end);
    }

    @Property
    void everyLineIsOneSourceAndOneDestination(@ForAll("references") String reference) {
        ImageReference image = ImageReference.parse(reference);
        for (MappingLine line : new MappingLine[] {MappingLine.operator(image), MappingLine.additional(image, false)}) {
            String[] halves = line.toString().split("=", -1);
            assertEquals(2, halves.length);
            assertEquals(reference, halves[0]);
            assertTrue(halves[1].startsWith(image.repository() + ":"), halves[1]);
            assertFalse(halves[1].contains("@"));
            assertFalse(line.artifact().contains("/"));
            assertEquals(
                    reference.substring(reference.lastIndexOf('/') + 1),
                    line.artifact().replaceFirst("_", ":"));
        }
    }

    @Test
    void namesComponentsByVersionArchitectureAndName() {
        MappingLine line = MappingLine.component(
                "quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:" + HEX, "4.12.9", "amd64", "pod");
        assertEquals(
                "quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:" + HEX + "=openshift/release:4.12.9-x86_64-pod",
                line.toString());
        assertTrue(line.forDiscovery() && line.forInstallation());
        assertTrue(MappingLine.component("q.io/a@sha256:" + HEX, "4.12.9", "arm64", "x")
                .destination()
                .endsWith("4.12.9-aarch64-x"));
    }

    @Test
    void agentsAreForDiscoveryAndTheReporterForBoth() {
        MappingLine agent = operator("multicluster-engine/assisted-installer-agent-rhel8");
        assertTrue(agent.forDiscovery() && !agent.forInstallation());
        MappingLine reporter = operator("multicluster-engine/assisted-installer-reporter-rhel8");
        assertTrue(reporter.forDiscovery() && reporter.forInstallation());
        MappingLine other = operator("multicluster-engine/hive-rhel8");
        assertTrue(!other.forDiscovery() && other.forInstallation());
        assertEquals("multicluster-engine/hive-rhel8:07aa07aa07aa", other.destination());
    }

    private static MappingLine operator(String repository) {
        return MappingLine.operator(ImageReference.parse("registry.redhat.io/" + repository + "@sha256:" + HEX));
    }

    @Test
    void whatIsAskedForByNameIsForItsStage() {
        ImageReference image = ImageReference.parse("quay.io/alosadag/troubleshoot");
        assertEquals(
                "quay.io/alosadag/troubleshoot:latest=alosadag/troubleshoot:latest",
                MappingLine.additional(image, false).toString());
        assertTrue(MappingLine.additional(image, false).forInstallation());
        assertFalse(MappingLine.additional(image, false).forDiscovery());
        assertTrue(MappingLine.additional(image, true).forDiscovery());
        assertFalse(MappingLine.additional(image, true).forInstallation());
    }
}
