package io.prestage.node.store;

import io.prestage.protocol.Digest;

/** Says that a blob's pieces all matched their hashes and the blob itself does not match its digest. */
public final class DigestMismatchException extends StoreException {
    private final int blob;

    /**
     * Reports the blob.
     *
     * @param blob its place among the plan's blobs
     * @param expected the digest that names it
     * @param actual the digest of what arrived
     */
    DigestMismatchException(int blob, Digest expected, Digest actual) {
        super(
                Reason.CORRUPT,
                "blob " + expected + " arrived as " + actual
                        + ": its owner's piece hashes were wrong; check the origin and fetch it again");
        this.blob = blob;
    }

    /** The blob's place among the plan's blobs. */
    public int blob() {
        return blob;
    }
}
