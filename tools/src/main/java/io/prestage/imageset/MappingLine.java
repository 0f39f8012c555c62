package io.prestage.imageset;

import io.prestage.node.origin.ImageReference;
import java.util.Objects;
import java.util.Set;

/**
 * One line of {@code mapping.txt}: where an image comes from, and what it is called on a mirror.
 *
 * <p>The destinations are oc-mirror's, because the scripts of sites tag images by them and people filter by them.
 *
 * @param source reference of the image
 * @param destination path and tag
 * @param kind what the image is staged for
 */
public record MappingLine(String source, String destination, Kind kind) {
    /** Digits of a digest that stand for a tag. */
    private static final int TAG_DIGITS = 12;

    private static final String AGENT = "multicluster-engine/assisted-installer";
    private static final String REPORTER = "assisted-installer-reporter";

    /** Components of a release that the discovery stage needs as well. */
    private static final Set<String> DISCOVERY = Set.of(
            "must-gather",
            "hyperkube",
            "cloud-credential-operator",
            "cluster-policy-controller",
            "pod",
            "cluster-config-operator",
            "cluster-etcd-operator",
            "cluster-kube-controller-manager-operator",
            "cluster-kube-scheduler-operator",
            "machine-config-operator",
            "etcd",
            "cluster-bootstrap",
            "cluster-ingress-operator",
            "cluster-kube-apiserver-operator");

    /** What an image is staged for. */
    public enum Kind {
        /** The payload of a release. */
        RELEASE,
        /** A component of a release that the discovery stage needs as well. */
        DISCOVERY_COMPONENT,
        /** Any other component of a release. */
        COMPONENT,
        /** An image of an operator. */
        OPERATOR,
        /** An image that was asked for by name. */
        ADDITIONAL,
        /** An image that was asked for by name for the discovery stage alone. */
        DISCOVERY_ADDITIONAL
    }

    /** Requires all parts. */
    public MappingLine {
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(destination, "destination");
        Objects.requireNonNull(kind, "kind");
    }

    /** The payload of a release. */
    static MappingLine release(ImageReference payload, String version, String architecture) {
        return new MappingLine(
                payload.toString(),
                "openshift/release-images:" + version + "-" + ReleaseArchitecture.tag(architecture),
                Kind.RELEASE);
    }

    /** One component of a release. */
    static MappingLine component(String source, String version, String architecture, String name) {
        return new MappingLine(
                source,
                "openshift/release:" + version + "-" + ReleaseArchitecture.tag(architecture) + "-" + name,
                DISCOVERY.contains(name) ? Kind.DISCOVERY_COMPONENT : Kind.COMPONENT);
    }

    /** An image of an operator. */
    static MappingLine operator(ImageReference image) {
        return new MappingLine(image.toString(), mirrored(image), Kind.OPERATOR);
    }

    /** An image that was asked for by name; without a tag it is the latest. */
    static MappingLine additional(ImageReference image, boolean discovery) {
        boolean named = image.tag().isPresent() || image.digest().isPresent();
        return new MappingLine(
                named ? image.toString() : image + ":latest",
                mirrored(image),
                discovery ? Kind.DISCOVERY_ADDITIONAL : Kind.ADDITIONAL);
    }

    private static String mirrored(ImageReference image) {
        String tag = image.tag()
                .or(() -> image.digest().map(digest -> digest.hex().substring(0, TAG_DIGITS)))
                .orElse("latest");
        return image.repository() + ":" + tag;
    }

    /** Whether the discovery stage loads it. */
    boolean forDiscovery() {
        return switch (kind) {
            case RELEASE, DISCOVERY_COMPONENT, DISCOVERY_ADDITIONAL -> true;
            case COMPONENT -> false;
            case OPERATOR, ADDITIONAL -> destination.startsWith(AGENT);
        };
    }

    /** Whether the installation stage loads it. */
    boolean forInstallation() {
        return switch (kind) {
            case RELEASE, DISCOVERY_COMPONENT, COMPONENT -> true;
            case DISCOVERY_ADDITIONAL -> false;
            case OPERATOR, ADDITIONAL -> !destination.startsWith(AGENT) || destination.contains(REPORTER);
        };
    }

    /** What the image's files are called. */
    String artifact() {
        return artifact(source);
    }

    /** What an image's files are called: the last component of its reference, the first colon an underscore. */
    public static String artifact(String source) {
        return source.substring(source.lastIndexOf('/') + 1).replaceFirst(":", "_");
    }

    @Override
    public String toString() {
        return source + "=" + destination;
    }
}
