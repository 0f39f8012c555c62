package io.prestage.node.transfer;

import io.netty.channel.DefaultFileRegion;

/** A piece on its way from disk to socket within the kernel; gives its file back instead of closing it. */
final class PieceRegion extends DefaultFileRegion {
    private final Runnable release;

    PieceRegion(PieceFile file) {
        super(file.channel(), file.position(), file.length());
        this.release = file.release();
    }

    @Override
    protected void deallocate() {
        release.run();
    }
}
