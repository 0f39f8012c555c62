package io.prestage.node.transfer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.prestage.protocol.Digest;
import io.prestage.protocol.MalformedMessageException;
import io.prestage.protocol.Message;
import io.prestage.protocol.Message.Have;
import io.prestage.protocol.Message.Held;
import io.prestage.protocol.Message.Hello;
import io.prestage.protocol.Message.PieceHeader;
import io.prestage.protocol.Message.Ping;
import io.prestage.protocol.Message.Request;
import io.prestage.protocol.MessageCodec;
import io.prestage.protocol.NodeId;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class FrameDecoderTest {
    private final ByteArrayOutputStream stream = new ByteArrayOutputStream();
    private final List<Object> sent = new ArrayList<>();

    @Property(tries = 300)
    void howeverAStreamIsSplitTheSameComesOut(@ForAll long seed, @ForAll @IntRange(min = 1, max = 5000) int longest) {
        stream.reset();
        sent.clear();
        SplittableRandom random = new SplittableRandom(seed);
        for (int frame = 0; frame < 30; frame++) {
            write(random);
        }
        EmbeddedChannel channel = new EmbeddedChannel(decoder());
        byte[] all = stream.toByteArray();
        for (int from = 0; from < all.length; ) {
            int length = Math.min(all.length - from, 1 + random.nextInt(longest));
            channel.writeInbound(Unpooled.copiedBuffer(all, from, length));
            from += length;
        }
        for (Object expected : sent) {
            assertIs(expected, channel.readInbound());
        }
        assertNull(channel.readInbound());
        channel.finishAndReleaseAll();
    }

    @Property(tries = 300)
    void readsWhereItWantsToAndNeverWaitsForMoreThanTheFrameHas(@ForAll long seed) {
        stream.reset();
        sent.clear();
        SplittableRandom random = new SplittableRandom(seed);
        TreeSet<Integer> ends = new TreeSet<>();
        for (int frame = 0; frame < 30; frame++) {
            write(random);
            ends.add(stream.size());
        }
        AtomicInteger awaited = new AtomicInteger(1);
        ByteBuf shared = Unpooled.directBuffer(1000, 1000);
        FrameDecoder decoder = new FrameDecoder(shared, awaited::set, () -> MessageCodec.MAX_FRAME);
        EmbeddedChannel channel = new EmbeddedChannel(decoder);
        byte[] all = stream.toByteArray();
        for (int from = 0; from < all.length; ) {
            ByteBuf target = decoder.target();
            int room = Math.min(all.length - from, target.writableBytes());
            int length = room == 1 ? 1 : 1 + random.nextInt(room);
            channel.writeInbound(target.writeBytes(all, from, length));
            from += length;
            Integer end = ends.higher(from);
            assertTrue(awaited.get() >= 1 && (end == null || awaited.get() <= end - from), "awaits too much");
        }
        sent.forEach(expected -> assertIs(expected, channel.readInbound()));
        assertEquals(1, awaited.get());
        channel.finishAndReleaseAll();
        assertEquals(1, shared.refCnt());
        shared.release();
    }

    @Test
    void aByteAtATimeIsEnough() {
        write(new Ping(7));
        write(piece(3, new byte[] {1, 2, 3}));
        write(new Ping(8));
        EmbeddedChannel channel = new EmbeddedChannel(decoder());
        for (byte one : stream.toByteArray()) {
            channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {one}));
        }
        sent.forEach(expected -> assertIs(expected, channel.readInbound()));
    }

    @Test
    void skipsTypesOfLaterVersionsHoweverLongTheyAre() {
        unknown(0);
        unknown(10);
        unknown(MessageCodec.MAX_FRAME - 1);
        write(new Ping(1));
        EmbeddedChannel channel = new EmbeddedChannel(decoder());
        channel.writeInbound(Unpooled.wrappedBuffer(stream.toByteArray()));
        assertEquals(new Ping(1), channel.readInbound());
        assertNull(channel.readInbound());
    }

    @Test
    void refusesLengthsOutOfBoundsBeforeKeepingAnythingForThem() {
        for (int length : new int[] {0, -1, Integer.MIN_VALUE, MessageCodec.MAX_FRAME + 1, Integer.MAX_VALUE}) {
            ByteBuffer frame =
                    ByteBuffer.allocate(5).putInt(length).put((byte) 7).flip();
            refused(frame);
        }
    }

    @Test
    void refusesAPieceWithoutBytes() {
        for (int bytes = -MessageCodec.PIECE_HEADER; bytes <= 0; bytes++) {
            ByteBuffer frame = ByteBuffer.allocate(MessageCodec.PREFIX + MessageCodec.PIECE_HEADER)
                    .putInt(1 + MessageCodec.PIECE_HEADER + bytes)
                    .put((byte) MessageCodec.PIECE);
            refused(frame.rewind());
        }
    }

    @Test
    void refusesWhatIsTooLongForWhoIsNotKnownBeforeKeepingAnythingForIt() {
        FrameDecoder decoder = new FrameDecoder(Unpooled.EMPTY_BUFFER, bytes -> {}, () -> 4096);
        UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
        EmbeddedChannel channel = new EmbeddedChannel(decoder);
        channel.config().setAllocator(allocator);
        write(piece(3, new byte[100_000]));
        byte[] head = Arrays.copyOf(stream.toByteArray(), 100);
        assertThrows(MalformedMessageException.class, () -> channel.writeInbound(Unpooled.wrappedBuffer(head)));
        assertEquals(0, allocator.metric().usedDirectMemory());
        channel.finishAndReleaseAll();
    }

    @Property(tries = 500)
    void garbageIsRefusedOrSkippedAndKeepsNoMemory(@ForAll byte[] garbage) {
        UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
        EmbeddedChannel channel = new EmbeddedChannel(decoder());
        channel.config().setAllocator(allocator);
        try {
            channel.writeInbound(Unpooled.wrappedBuffer(garbage));
        } catch (MalformedMessageException expected) {
            assertTrue(!expected.getMessage().isEmpty());
        }
        channel.finishAndReleaseAll();
        assertEquals(0, allocator.metric().usedDirectMemory());
    }

    @Test
    void releasesAHalfReceivedPieceWhenTheConnectionCloses() {
        UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
        EmbeddedChannel channel = new EmbeddedChannel(decoder());
        channel.config().setAllocator(allocator);
        write(piece(3, new byte[100_000]));
        byte[] all = stream.toByteArray();
        channel.writeInbound(Unpooled.copiedBuffer(all, 0, all.length / 2));
        assertTrue(allocator.metric().usedDirectMemory() > 0);
        channel.close();
        assertEquals(0, allocator.metric().usedDirectMemory());
    }

    @Test
    void releasesWhatItHasRead() {
        ByteBuf read = Unpooled.wrappedBuffer(MessageCodec.encode(new Ping(1)));
        EmbeddedChannel channel = new EmbeddedChannel(decoder());
        channel.writeInbound(read);
        assertEquals(0, read.refCnt());
    }

    private static FrameDecoder decoder() {
        return new FrameDecoder(Unpooled.EMPTY_BUFFER, bytes -> {}, () -> MessageCodec.MAX_FRAME);
    }

    private static void refused(ByteBuffer frame) {
        EmbeddedChannel channel = new EmbeddedChannel(decoder());
        assertThrows(MalformedMessageException.class, () -> channel.writeInbound(Unpooled.wrappedBuffer(frame)));
        channel.finishAndReleaseAll();
    }

    private void write(SplittableRandom random) {
        switch (random.nextInt(6)) {
            case 0 -> write(new Ping(random.nextLong()));
            case 1 -> write(new Request(random.nextInt(1000)));
            case 2 -> write(new Hello(MessageCodec.VERSION, NodeId.random(random), "lab", Optional.empty()));
            case 3 -> {
                List<Held> held = new ArrayList<>();
                for (int entry = 0; entry <= random.nextInt(50); entry++) {
                    held.add(new Held(entry, random.nextLong()));
                }
                write(new Have(held));
            }
            case 4 -> unknown(random.nextInt(2000));
            default -> {
                byte[] content = new byte[1 + random.nextInt(4000)];
                random.nextBytes(content);
                write(piece(random.nextInt(1000), content));
            }
        }
    }

    private void write(Message message) {
        sent.add(message);
        stream.writeBytes(MessageCodec.encode(message).array());
    }

    private void write(Content piece) {
        sent.add(piece);
        stream.writeBytes(MessageCodec.encode(piece.header()).array());
        stream.writeBytes(piece.bytes());
    }

    private void unknown(int body) {
        stream.writeBytes(
                ByteBuffer.allocate(5 + body).putInt(1 + body).put((byte) 77).array());
    }

    private static void assertIs(Object expected, Object read) {
        if (expected instanceof Content content) {
            ReceivedPiece piece = (ReceivedPiece) read;
            assertEquals(content.header(), piece.header());
            byte[] bytes = new byte[piece.content().readableBytes()];
            piece.content().readBytes(bytes).release();
            assertArrayEquals(content.bytes(), bytes);
        } else {
            assertEquals(expected, read);
        }
    }

    private static Content piece(int piece, byte[] bytes) {
        return new Content(new PieceHeader(piece, Digest.of(bytes), bytes.length), bytes);
    }

    @SuppressWarnings("ArrayRecordComponent") // read once, never compared
    private record Content(PieceHeader header, byte[] bytes) {}
}
