package io.prestage.node.store;

import java.nio.channels.FileChannel;
import java.util.Objects;

/**
 * Where a verified piece lies on disk, so that it can be sent without being copied.
 *
 * <p>The channel is shared and stays open until {@link #close}; read it by position only, and never close the channel itself.
 * It stays readable when the blob moves to its final name, and when the piece is voided.
 */
public final class Slice implements AutoCloseable {
    private final OpenFiles.Lease lease;
    private final long position;
    private final int length;

    Slice(OpenFiles.Lease lease, long position, int length) {
        this.lease = Objects.requireNonNull(lease, "lease");
        this.position = position;
        this.length = length;
    }

    /** The file. */
    public FileChannel channel() {
        return lease.channel();
    }

    /** Bytes from the start of the file to the piece. */
    public long position() {
        return position;
    }

    /** Bytes of the piece. */
    public int length() {
        return length;
    }

    /** Gives the file back; a second call does nothing. Any thread may do it. */
    @Override
    public void close() {
        lease.close();
    }
}
