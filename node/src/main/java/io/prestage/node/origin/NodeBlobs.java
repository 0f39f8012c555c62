package io.prestage.node.origin;

import io.prestage.protocol.Plan;
import java.io.IOException;

/**
 * Blobs of a node of the fleet, whose registry serves each by its digest, whatever its source.
 *
 * @param registry how the node is reached; closed together with this
 * @param node any repository of that node
 */
public record NodeBlobs(RegistryClient registry, ImageReference node) implements BlobSource {
    @Override
    public void fetch(Plan.Blob blob, long from, long to, ByteSink sink) throws IOException {
        registry.fetch(node, blob.contentDigest(), blob.size(), from, to, sink);
    }

    @Override
    public void close() {
        registry.close();
    }
}
