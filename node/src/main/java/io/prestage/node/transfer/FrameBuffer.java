package io.prestage.node.transfer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;

/**
 * Gathers the frames of one connection in memory that the kernel can read, until they are handed to it together.
 *
 * <p>The same memory is used again once the kernel has read all of it; asking the allocator for each frame was a tenth of what the
 * loop did. Owned by the transfer's thread.
 */
final class FrameBuffer {
    /** Bytes; what a connection says in one turn, but for parts of a plan, is a few hundred. */
    private static final int ROOM = 4 << 10;

    private final ByteBuf memory = Unpooled.directBuffer(ROOM, ROOM);
    private int handedOut;
    private boolean released;

    /** Adds a frame if there is room for it; once the connection is gone, whatever comes is dropped. */
    boolean add(ByteBuffer frame) {
        if (released) {
            return true;
        }
        if (memory.refCnt() == 1 && handedOut == memory.writerIndex()) { // all that was handed out has left
            memory.clear();
            handedOut = 0;
        }
        if (frame.remaining() > memory.writableBytes()) {
            return false;
        }
        memory.writeBytes(frame);
        return true;
    }

    /** Whether nothing was added that was not handed out. */
    boolean isEmpty() {
        return released || handedOut == memory.writerIndex();
    }

    /** What was added since the last time, to be released by the receiver. */
    ByteBuf take() {
        int from = handedOut;
        handedOut = memory.writerIndex();
        return memory.retainedSlice(from, handedOut - from);
    }

    /** Gives the memory back, once what was handed out has left. To be called once. */
    void release() {
        released = true;
        memory.release();
    }
}
