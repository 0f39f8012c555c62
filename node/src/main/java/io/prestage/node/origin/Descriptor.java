package io.prestage.node.origin;

import io.prestage.protocol.Digest;
import java.util.List;
import java.util.Optional;

/**
 * What a manifest says of a blob or of another manifest.
 *
 * @param mediaType what the content is
 * @param digest the content's name
 * @param size bytes, 0 or more
 * @param urls where else the content can be had; registries need not hold content that has them
 */
public record Descriptor(String mediaType, Digest digest, long size, List<String> urls) {
    /** Checks the size. */
    public Descriptor {
        if (size < 0) {
            throw new IllegalArgumentException("a blob cannot have " + size + " bytes");
        }
        urls = List.copyOf(urls);
    }

    /** A descriptor of content that the registry holds. */
    public Descriptor(String mediaType, Digest digest, long size) {
        this(mediaType, digest, size, List.of());
    }

    /** Where else the content can be had, if its licence forbids registries to pass it on. */
    public Optional<String> elsewhere() {
        return urls.stream()
                .filter(url -> url.startsWith("https://") || url.startsWith("http://"))
                .findFirst();
    }
}
