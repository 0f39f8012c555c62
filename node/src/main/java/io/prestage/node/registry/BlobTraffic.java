package io.prestage.node.registry;

import io.prestage.protocol.Digest;

/** Told what clients were sent of blobs; called by event loops, so it must not block. */
@FunctionalInterface
public interface BlobTraffic {
    /**
     * A request for a blob has ended, well or not.
     *
     * @param from first byte that was asked for
     * @param to byte after the last that was asked for
     * @param bytes how many were sent
     */
    void sent(Digest blob, long from, long to, long bytes);
}
