package io.prestage.imageset;

import java.util.List;
import java.util.Optional;

/**
 * The versions that a command line names, checked.
 *
 * @param release of OpenShift
 * @param mce of the multicluster engine
 * @param acm of Advanced Cluster Management
 */
public record ReleaseVersions(Optional<String> release, Optional<String> mce, Optional<String> acm) {
    /** What {@code --hub-version} stood for: the multicluster engine that came with each version of ACM. */
    private static final List<String[]> HUBS = List.of(new String[] {"2.5.", "2.0."}, new String[] {"2.6.", "2.1."});

    /**
     * Checks the form of each.
     *
     * @throws IllegalArgumentException with the sentence for who wrote them
     */
    public ReleaseVersions {
        check(release, "release version", "-r");
        check(mce, "MCE version", "--mce-version");
        check(acm, "ACM version", "--acm-version");
    }

    /**
     * Versions as options give them.
     *
     * @param hub the deprecated option that stands for the two others
     * @param duProfile whether the operators of the DU profile are wanted
     * @param required whether a release has to come with a multicluster engine
     * @throws IllegalArgumentException with the sentence for who wrote them
     */
    public static ReleaseVersions of(
            Optional<String> release,
            Optional<String> mce,
            Optional<String> acm,
            Optional<String> hub,
            boolean duProfile,
            boolean required) {
        if (hub.isPresent() && (mce.isPresent() || acm.isPresent())) {
            throw new IllegalArgumentException(
                    "--hub-version cannot stand together with --acm-version or --mce-version: leave it out");
        }
        ReleaseVersions versions =
                hub.map(version -> ofHub(release, version)).orElseGet(() -> new ReleaseVersions(release, mce, acm));
        if (required && release.isPresent() && versions.mce().isEmpty()) {
            throw new IllegalArgumentException("the MCE version is missing: name it with --mce-version X.Y.Z");
        }
        if (duProfile && versions.acm().isEmpty()) {
            throw new IllegalArgumentException("--du-profile needs an ACM version: name it with --acm-version X.Y.Z");
        }
        return versions;
    }

    private static ReleaseVersions ofHub(Optional<String> release, String hub) {
        for (String[] known : HUBS) {
            if (SemanticVersion.isRelease(hub) && hub.startsWith(known[0])) {
                String mce = known[1] + hub.substring(known[0].length());
                return new ReleaseVersions(release, Optional.of(mce), Optional.of(hub));
            }
        }
        throw new IllegalArgumentException("--hub-version knows 2.5.z and 2.6.z, not '" + hub
                + "': name the versions with --acm-version and --mce-version");
    }

    private static void check(Optional<String> version, String what, String option) {
        if (version.isPresent() && !SemanticVersion.isRelease(version.get())) {
            throw new IllegalArgumentException(
                    "the " + what + " '" + version.get() + "' is not of the form X.Y.Z: check " + option);
        }
    }
}
