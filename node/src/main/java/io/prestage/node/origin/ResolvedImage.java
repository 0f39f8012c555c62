package io.prestage.node.origin;

import java.util.List;

/**
 * An image with everything that has to be fetched for it.
 *
 * @param source what was asked for
 * @param root the manifest or index that the source names
 * @param platformManifests the manifests chosen from the index, each nested index before its own; the root alone if
 *     it is no index
 * @param blobs configs and layers of the chosen manifests, each once, in the order in which they are named
 */
public record ResolvedImage(
        ImageReference source, Manifest root, List<Manifest> platformManifests, List<Descriptor> blobs) {
    /** Copies the lists. */
    public ResolvedImage {
        platformManifests = List.copyOf(platformManifests);
        blobs = List.copyOf(blobs);
    }
}
