package io.prestage.protocol;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.Message.Cancel;
import io.prestage.protocol.Message.Have;
import io.prestage.protocol.Message.Held;
import io.prestage.protocol.Message.Hello;
import io.prestage.protocol.Message.PieceHeader;
import io.prestage.protocol.Message.Ping;
import io.prestage.protocol.Message.PlanChunk;
import io.prestage.protocol.Message.PlanReady;
import io.prestage.protocol.Message.PlanRequest;
import io.prestage.protocol.Message.Pong;
import io.prestage.protocol.Message.Refusal;
import io.prestage.protocol.Message.Reject;
import io.prestage.protocol.Message.Request;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class MessageCodecTest {
    private static final int HELLO = 1;
    private static final int PLAN_CHUNK = 4;
    private static final int HAVE = 6;

    @Property
    void everyMessageIsReadAsItWasWritten(@ForAll("messages") Message message) {
        ByteBuffer frame = MessageCodec.encode(message);
        int length = frame.getInt();
        MessageCodec.checkLength(length);
        int type = frame.get();
        if (message instanceof PieceHeader header) {
            assertEquals(MessageCodec.PIECE, type);
            assertEquals(MessageCodec.PIECE_HEADER, frame.remaining());
            assertEquals(header, MessageCodec.decodePieceHeader(frame, length));
            return;
        }
        assertEquals(length - 1, frame.remaining());
        Message read = MessageCodec.decode(type, frame).orElseThrow();
        if (message instanceof PlanChunk chunk && read instanceof PlanChunk that) {
            assertEquals(chunk.plan(), that.plan());
            assertEquals(chunk.total(), that.total());
            assertEquals(chunk.offset(), that.offset());
            assertArrayEquals(chunk.content(), that.content());
        } else {
            assertEquals(message, read);
        }
    }

    @Property
    void everyOtherLengthOfAFrameIsRefused(
            @ForAll("messages") Message message, @ForAll @IntRange(min = -70, max = 70) int by) {
        boolean anyLength = message instanceof PlanChunk || message instanceof PieceHeader;
        boolean whole = by == 0 || (message instanceof Have && by % 12 == 0);
        if (anyLength || whole) {
            return;
        }
        ByteBuffer frame = MessageCodec.encode(message).position(MessageCodec.PREFIX);
        if (by < 0 && frame.remaining() + by < 0) {
            return;
        }
        byte[] body = new byte[frame.remaining() + by];
        frame.get(body, 0, Math.min(body.length, frame.remaining()));
        int type = MessageCodec.encode(message).get(4);
        assertThrows(MalformedMessageException.class, () -> MessageCodec.decode(type, ByteBuffer.wrap(body)));
    }

    @Property(tries = 20_000)
    void garbageIsRefusedOrSkippedAndNothingElse(
            @ForAll @IntRange(min = -128, max = 127) int type, @ForAll @Size(max = 200) byte[] body) {
        for (int known : new int[] {type, 1 + Math.floorMod(type, 11)}) {
            try {
                MessageCodec.decode(known, ByteBuffer.wrap(body));
            } catch (MalformedMessageException expected) {
                assertTrue(!expected.getMessage().isEmpty());
            }
        }
    }

    @Property
    void bitFlipsInAHelloAreRefusedOrReadAsAnother(
            @ForAll("hellos") Hello hello, @ForAll @IntRange(min = 0, max = 999) int at) {
        ByteBuffer frame = MessageCodec.encode(hello).position(MessageCodec.PREFIX);
        byte[] body = new byte[frame.remaining()];
        frame.get(body);
        body[at % body.length] ^= (byte) (1 << at % 8);
        try {
            MessageCodec.decode(HELLO, ByteBuffer.wrap(body));
        } catch (MalformedMessageException expected) {
            assertTrue(!expected.getMessage().isEmpty());
        }
    }

    @Property
    void garbageBeforeAPieceIsRefusedOrRead(@ForAll int length, @ForAll @Size(36) byte[] header) {
        try {
            MessageCodec.checkLength(length);
            PieceHeader read = MessageCodec.decodePieceHeader(ByteBuffer.wrap(header), length);
            assertTrue(read.length() > 0 && read.length() <= Plan.MAX_PIECE);
            assertTrue(read.piece() >= 0 && read.piece() < Pieces.MAX);
        } catch (MalformedMessageException expected) {
            assertTrue(!expected.getMessage().isEmpty());
        }
    }

    @Test
    void refusesLengthsThatNoFrameHas() {
        for (int length : new int[] {0, -1, Integer.MIN_VALUE, MessageCodec.MAX_FRAME + 1, Integer.MAX_VALUE}) {
            assertThrows(MalformedMessageException.class, () -> MessageCodec.checkLength(length));
        }
        MessageCodec.checkLength(1);
        MessageCodec.checkLength(MessageCodec.MAX_FRAME);
    }

    @Test
    void skipsTypesOfLaterVersions() {
        assertEquals(Optional.empty(), MessageCodec.decode(99, ByteBuffer.wrap(new byte[10])));
        assertEquals(Optional.empty(), MessageCodec.decode(-1, ByteBuffer.allocate(0)));
    }

    @Test
    void readsOfAnotherVersionsHelloOnlyTheVersion() {
        ByteBuffer body = ByteBuffer.allocate(7)
                .putInt(0x50535447)
                .putShort((short) 700)
                .put((byte) 9)
                .flip();
        Hello hello = (Hello) MessageCodec.decode(HELLO, body).orElseThrow();
        assertEquals(700, hello.version());
    }

    @Test
    void refusesAHelloOfAnotherProgram() {
        ByteBuffer http = ByteBuffer.wrap("GET / HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
        String sentence = assertThrows(MalformedMessageException.class, () -> MessageCodec.decode(HELLO, http))
                .getMessage();
        assertEquals("the other side is no Prestage node", sentence);
    }

    @Test
    void refusesPartsThatDoNotLieWithinTheirPlan() {
        Digest plan = Digest.of(new byte[1]);
        for (int[] wrong : new int[][] {{10, 11}, {10, 1}, {-1, 0}, {Plan.MAX_ENCODED + 1, 0}, {20, -1}}) {
            ByteBuffer frame = MessageCodec.encode(new PlanChunk(plan, wrong[0], wrong[1], new byte[10]));
            frame.position(MessageCodec.PREFIX);
            assertThrows(MalformedMessageException.class, () -> MessageCodec.decode(PLAN_CHUNK, frame));
        }
        ByteBuffer empty = MessageCodec.encode(new PlanChunk(plan, 10, 0, new byte[0]));
        empty.position(MessageCodec.PREFIX);
        assertThrows(MalformedMessageException.class, () -> MessageCodec.decode(PLAN_CHUNK, empty));
    }

    @Test
    void announcesAtMostSoManyPiecesAtOnce() {
        ByteBuffer many = ByteBuffer.allocate((Message.MAX_HAVE + 1) * 12);
        assertThrows(MalformedMessageException.class, () -> MessageCodec.decode(HAVE, many));
        Have most = new Have(Collections.nCopies(Message.MAX_HAVE, new Held(Pieces.MAX - 1, -1)));
        ByteBuffer frame = MessageCodec.encode(most).position(MessageCodec.PREFIX);
        assertEquals(most, MessageCodec.decode(HAVE, frame).orElseThrow());
    }

    @Test
    void cutsALongReasonBetweenCharacters() {
        String reason = "x".repeat(Message.MAX_REASON - 1) + "ü" + "y".repeat(100);
        ByteBuffer frame = MessageCodec.encode(new Refusal(reason)).position(MessageCodec.PREFIX);
        Refusal read = (Refusal) MessageCodec.decode(2, frame).orElseThrow();
        assertEquals("x".repeat(Message.MAX_REASON - 1), read.reason());
    }

    @Provide
    Arbitrary<Hello> hellos() {
        return Combinators.combine(ids(), clusters(), digests().optional())
                .as((id, cluster, plan) -> new Hello(MessageCodec.VERSION, id, cluster, plan));
    }

    @Provide
    Arbitrary<Message> messages() {
        Arbitrary<Integer> pieces = Arbitraries.integers().between(0, Pieces.MAX - 1);
        Arbitrary<Held> held = Combinators.combine(pieces, Arbitraries.longs()).as(Held::new);
        Arbitrary<byte[]> contents = Arbitraries.integers().between(1, 3000).map(length -> {
            byte[] content = new byte[length];
            Arrays.fill(content, (byte) (int) length);
            return content;
        });
        List<Arbitrary<? extends Message>> all = List.of(
                hellos(),
                clusters().map(Refusal::new),
                Combinators.combine(digests(), Arbitraries.integers().between(0, Plan.MAX_ENCODED))
                        .as(PlanRequest::new),
                Combinators.combine(digests(), contents, Arbitraries.integers().between(0, 9999))
                        .as((plan, content, offset) -> new PlanChunk(plan, offset + content.length, offset, content)),
                digests().map(PlanReady::new),
                held.list().ofMinSize(1).ofMaxSize(50).map(Have::new),
                pieces.map(Request::new),
                pieces.map(Cancel::new),
                pieces.map(Reject::new),
                Arbitraries.longs().map(Ping::new),
                Arbitraries.longs().map(Pong::new),
                Combinators.combine(pieces, digests(), Arbitraries.integers().between(1, Plan.MAX_PIECE))
                        .as(PieceHeader::new));
        return Arbitraries.integers()
                .between(0, all.size() - 1)
                .flatMap(kind -> all.get(kind).map(message -> message));
    }

    private static Arbitrary<NodeId> ids() {
        return Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(NodeId::new);
    }

    private static Arbitrary<Digest> digests() {
        return Arbitraries.longs().map(seed -> Digest.of(Long.toString(seed).getBytes(StandardCharsets.US_ASCII)));
    }

    private static Arbitrary<String> clusters() {
        return Arbitraries.strings().withChars("ab-ü漢 ").ofMaxLength(60);
    }
}
