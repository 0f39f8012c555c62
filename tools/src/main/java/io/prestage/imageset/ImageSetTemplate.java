package io.prestage.imageset;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes the {@code imageset.yaml} that a command line amounts to, in the version that oc-mirror reads too.
 *
 * <p>The list of operators is the telco DU profile's, with their channels as factory-precaching-cli had them. The default channel
 * that oc-mirror insists on is named rather than mirrored.
 *
 * @param release version of the release, if one is staged
 * @param payload reference of a release that no graph lists, in place of a version
 * @param mce version of the multicluster engine, if it is staged
 * @param acm version of Advanced Cluster Management, which the DU profile takes along
 * @param duProfile whether to stage the operators of the DU profile
 * @param architecture of the release, if it is another than this machine's
 * @param redHatCatalog reference in place of Red Hat's catalog
 * @param certifiedCatalog reference in place of the catalog of certified operators
 * @param images references of other images, in order
 */
record ImageSetTemplate(
        Optional<SemanticVersion> release,
        Optional<String> payload,
        Optional<SemanticVersion> mce,
        Optional<SemanticVersion> acm,
        boolean duProfile,
        Optional<String> architecture,
        Optional<String> redHatCatalog,
        Optional<String> certifiedCatalog,
        List<String> images) {
    /** The package of the DU profile whose channel is the catalog's default one. */
    static final String DEFAULT_CHANNEL_PACKAGE = "cluster-logging";

    /** Copies the list. */
    ImageSetTemplate {
        images = List.copyOf(images);
    }

    /** The text of the file. */
    String text() {
        List<String> lines = new ArrayList<>();
        lines.add("apiVersion: mirror.openshift.io/v1alpha2");
        lines.add("kind: ImageSetConfiguration");
        lines.add("mirror:");
        int head = lines.size();
        platform(lines);
        if (!images.isEmpty()) {
            lines.add("  additionalImages:");
            images.forEach(image -> lines.add("    - name: " + quoted(image)));
        }
        operators(lines);
        if (lines.size() == head) {
            lines.set(head - 1, "mirror: {}");
        }
        return String.join("\n", lines) + "\n";
    }

    private void platform(List<String> lines) {
        if (release.isEmpty() && payload.isEmpty()) {
            return;
        }
        lines.add("  platform:");
        architecture.ifPresent(name -> {
            lines.add("    architectures:");
            lines.add("    - " + name);
        });
        if (payload.isPresent()) {
            lines.add("    release: " + quoted(payload.get()));
            return;
        }
        SemanticVersion version = release.get();
        lines.add("    channels:");
        lines.add("    - name: stable-" + version.minorVersion());
        lines.add("      minVersion: " + version);
        lines.add("      maxVersion: " + version);
    }

    private void operators(List<String> lines) {
        if (mce.isEmpty() && !duProfile) {
            return;
        }
        String tag = ":v" + release.map(SemanticVersion::minorVersion).orElse("");
        lines.add("  operators:");
        lines.add("    - catalog: "
                + quoted(redHatCatalog.orElse("registry.redhat.io/redhat/redhat-operator-index" + tag)));
        lines.add("      packages:");
        if (duProfile) {
            acm.ifPresent(version -> versioned(lines, "advanced-cluster-management", "release-", version));
        }
        mce.ifPresent(version -> versioned(lines, "multicluster-engine", "stable-", version));
        if (!duProfile) {
            return;
        }
        stable(lines, "local-storage-operator");
        stable(lines, "ptp-operator");
        stable(lines, "sriov-network-operator");
        lines.add("        - name: " + DEFAULT_CHANNEL_PACKAGE);
        lines.add("    - catalog: "
                + quoted(certifiedCatalog.orElse("registry.redhat.io/redhat/certified-operator-index" + tag)));
        lines.add("      packages:");
        stable(lines, "sriov-fec");
    }

    private static void versioned(List<String> lines, String name, String channels, SemanticVersion version) {
        String channel = channels + version.minorVersion();
        lines.add("        - name: " + name);
        lines.add("          defaultChannel: " + channel);
        lines.add("          channels:");
        lines.add("            - name: '" + channel + "'");
        lines.add("              minVersion: " + version);
        lines.add("              maxVersion: " + version);
    }

    private static void stable(List<String> lines, String name) {
        lines.add("        - name: " + name);
        lines.add("          channels:");
        lines.add("            - name: 'stable'");
    }

    /** A reference has no character that needs quoting in YAML, but what stands here came from a command line. */
    private static String quoted(String text) {
        return text.matches("[A-Za-z0-9][A-Za-z0-9._:/@+-]*") && !text.endsWith(":")
                ? text
                : "'" + text.replace("'", "''") + "'";
    }
}
