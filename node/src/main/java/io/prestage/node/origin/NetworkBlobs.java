package io.prestage.node.origin;

import io.prestage.protocol.Plan;
import java.io.IOException;
import java.net.URI;

/**
 * Blobs of registries, and files of HTTP servers for those whose source is an address.
 *
 * @param registry how both are reached; closed together with this
 */
public record NetworkBlobs(RegistryClient registry) implements BlobSource {
    @Override
    public void fetch(Plan.Blob blob, long from, long to, ByteSink sink) throws IOException {
        if (blob.source().startsWith("https://") || blob.source().startsWith("http://")) {
            registry.files().fetch(URI.create(blob.source()), blob.size(), from, to, sink);
        } else {
            registry.fetch(ImageReference.parse(blob.source()), blob.contentDigest(), blob.size(), from, to, sink);
        }
    }

    @Override
    public void close() {
        registry.close();
    }
}
