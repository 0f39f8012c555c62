package io.prestage.node.origin;

import io.prestage.protocol.Digest;

/**
 * A manifest or an index, byte for byte as the registry served it.
 *
 * @param mediaType what it calls itself, else what the registry called it
 * @param content the bytes; every call of {@link #content()} gives a new copy
 * @param digest the digest of exactly these bytes
 */
@SuppressWarnings("ArrayRecordComponent") // copied on the way in and out, and compared by digest
public record Manifest(String mediaType, byte[] content, Digest digest) {
    /** Checks that the digest is the content's. */
    public Manifest {
        content = content.clone();
        if (!Digest.of(content).equals(digest)) {
            throw new IllegalArgumentException("the manifest's bytes do not match " + digest);
        }
    }

    @Override
    public byte[] content() {
        return content.clone();
    }

    /** Whether it lists manifests rather than layers. */
    public boolean isIndex() {
        return MediaTypes.isIndex(mediaType);
    }

    /** How another manifest or {@code index.json} would describe it. */
    public Descriptor descriptor() {
        return new Descriptor(mediaType, digest, content.length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Manifest manifest
                && manifest.digest.equals(digest)
                && manifest.mediaType.equals(mediaType);
    }

    @Override
    public int hashCode() {
        return digest.hashCode();
    }

    @Override
    public String toString() {
        return mediaType + " " + digest + " (" + content.length + " bytes)";
    }
}
