package io.prestage.node.origin;

import io.prestage.protocol.Digest;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Names an image the way people write it: {@code host[:port]/repository[:tag][@digest]}.
 *
 * <p>The registry is always written. Short names depend on each machine's configuration, so two seeds could read two
 * images from one of them.
 *
 * @param registry host and, where it is not 443, port, as written
 * @param repository path below the registry, as written
 * @param tag the tag, if one is written
 * @param digest the digest, if one is written; it wins over the tag
 */
public record ImageReference(String registry, String repository, Optional<String> tag, Optional<Digest> digest) {
    private static final String DOCKER_HUB = "docker.io";
    private static final Pattern REGISTRY =
            Pattern.compile("(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]+\\])(?::[0-9]{1,5})?");
    private static final Pattern REPOSITORY =
            Pattern.compile("[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*");
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");
    private static final int LONGEST_REPOSITORY = 255;

    /** Checks the form of each part. */
    public ImageReference {
        if (!REGISTRY.matcher(registry).matches() || !isHost(registry)) {
            throw new IllegalArgumentException(
                    "'" + registry + "' is not a registry: write a host, as in quay.io/org/app");
        }
        if (!REPOSITORY.matcher(repository).matches() || repository.length() > LONGEST_REPOSITORY) {
            throw new IllegalArgumentException("'" + repository + "' is not a repository name:"
                    + " it has lower-case letters, digits, '.', '_', '-' and '/'");
        }
        if (tag.isPresent() && !TAG.matcher(tag.get()).matches()) {
            throw new IllegalArgumentException(
                    "'" + tag.get() + "' is not a tag:" + " it has up to 128 letters, digits, '_', '.' and '-'");
        }
    }

    /**
     * Reads a reference.
     *
     * @param text for instance {@code quay.io/org/app:1.2} or {@code quay.io/org/app@sha256:…}
     * @throws IllegalArgumentException with a sentence that quotes the text if it is not a reference
     */
    public static ImageReference parse(String text) {
        if (text.contains("://")) {
            throw new IllegalArgumentException("'" + text + "' is not an image: leave out '"
                    + text.substring(0, text.indexOf("://") + 3) + "' and write it as in quay.io/org/app:tag");
        }
        int slash = text.indexOf('/');
        if (slash < 0 || !isHost(text.substring(0, slash))) {
            throw new IllegalArgumentException("'" + text
                    + "' names no registry: write it out, as in quay.io/org/app or docker.io/library/" + text);
        }
        String registry = text.substring(0, slash);
        String rest = text.substring(slash + 1);
        Optional<Digest> digest = Optional.empty();
        int at = rest.indexOf('@');
        if (at >= 0) {
            try {
                digest = Optional.of(Digest.parse(rest.substring(at + 1)));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("'" + text + "' is not an image: " + e.getMessage(), e);
            }
            rest = rest.substring(0, at);
        }
        Optional<String> tag = Optional.empty();
        int colon = rest.indexOf(':');
        if (colon >= 0) {
            tag = Optional.of(rest.substring(colon + 1));
            rest = rest.substring(0, colon);
        }
        try {
            return new ImageReference(registry, rest, tag, digest);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + text + "' is not an image: " + e.getMessage(), e);
        }
    }

    /** The rule of docker and podman: a first component with a dot, a port, or {@code localhost} is a host. */
    private static boolean isHost(String component) {
        return component.contains(".") || component.contains(":") || component.equals("localhost");
    }

    /** The same repository, with only this digest. */
    public ImageReference at(Digest other) {
        return new ImageReference(registry, repository, Optional.empty(), Optional.of(other));
    }

    /** What to ask the registry for: the digest, else the tag, else {@code latest}. */
    public String reference() {
        return digest.map(Digest::toString).or(() -> tag).orElse("latest");
    }

    /** Host and port that answer for the registry; Docker Hub's API is not at its name. */
    public String endpoint() {
        return registry.equals(DOCKER_HUB) ? "registry-1.docker.io" : registry;
    }

    /** The repository as the registry's API knows it; Docker Hub's official images are below {@code library/}. */
    public String path() {
        return registry.equals(DOCKER_HUB) && !repository.contains("/") ? "library/" + repository : repository;
    }

    /** The reference without tag and digest. */
    public String name() {
        return registry + "/" + repository;
    }

    /** The reference as it was written. */
    @Override
    public String toString() {
        return name()
                + tag.map(t -> ":" + t).orElse("")
                + digest.map(d -> "@" + d).orElse("");
    }
}
