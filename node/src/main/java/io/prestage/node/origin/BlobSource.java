package io.prestage.node.origin;

import io.prestage.protocol.Plan;
import java.io.IOException;

/**
 * Where the content of a plan's blobs comes from: registries and HTTP servers, or a disk.
 *
 * <p>Every method may be called by many threads at a time. What is read is not verified: that is for whoever has the whole blob.
 */
public interface BlobSource extends AutoCloseable {
    /**
     * Reads a range of a blob.
     *
     * @param from first byte, 0 ≤ from ≤ to
     * @param to the byte after the last, at most the blob's size
     * @param sink called by the calling thread
     * @throws OriginException if the bytes cannot be had
     * @throws IOException what the sink throws
     */
    void fetch(Plan.Blob blob, long from, long to, ByteSink sink) throws IOException;

    /** Ends all transfers; threads in them get an exception. */
    @Override
    void close();
}
