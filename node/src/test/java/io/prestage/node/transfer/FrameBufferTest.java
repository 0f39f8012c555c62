package io.prestage.node.transfer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class FrameBufferTest {
    private final FrameBuffer frames = new FrameBuffer();

    @Test
    void whatWasAddedIsHandedOutTogetherAndOnce() {
        assertTrue(frames.isEmpty());
        assertTrue(frames.add(frame("one,")));
        assertTrue(frames.add(frame("two")));
        assertFalse(frames.isEmpty());
        assertEquals("one,two", takenAndRead());
        assertTrue(frames.isEmpty());
        frames.add(frame("three"));
        assertEquals("three", takenAndRead());
    }

    @Test
    void whatHasNotLeftYetIsNotOverwritten() {
        frames.add(frame("first"));
        ByteBuf first = frames.take();
        byte[] large = new byte[4000];
        assertTrue(frames.add(ByteBuffer.wrap(large)));
        ByteBuf second = frames.take();
        assertFalse(frames.add(ByteBuffer.wrap(new byte[200])));
        assertEquals("first", first.toString(StandardCharsets.US_ASCII));
        first.release();
        assertFalse(frames.add(ByteBuffer.wrap(new byte[200])), "the second is still to be read");
        second.release();
        assertTrue(frames.add(ByteBuffer.wrap(large)), "all has left");
        ByteBuf third = frames.take();
        assertEquals(4000, third.readableBytes());
        third.release();
    }

    @Test
    void whatDoesNotFitIsRefusedWhole() {
        assertFalse(frames.add(ByteBuffer.wrap(new byte[5000])));
        assertTrue(frames.isEmpty());
    }

    @Test
    void theMemoryIsGivenBackOnceWhatWasHandedOutHasLeft() {
        frames.add(frame("last"));
        ByteBuf last = frames.take();
        frames.release();
        assertTrue(frames.add(frame("too late")));
        assertTrue(frames.isEmpty());
        assertEquals("last", last.toString(StandardCharsets.US_ASCII));
        last.release();
        assertEquals(0, last.refCnt());
    }

    private String takenAndRead() {
        ByteBuf taken = frames.take();
        try {
            return new String(ByteBufUtil.getBytes(taken), StandardCharsets.US_ASCII);
        } finally {
            taken.release();
        }
    }

    private static ByteBuffer frame(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }
}
