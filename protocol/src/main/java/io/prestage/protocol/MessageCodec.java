package io.prestage.protocol;

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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Codes messages into frames and back.
 *
 * <pre>
 *   0               4       5
 *  +---------------+-------+----------------------------+
 *  | length        | type  | body: length - 1 bytes     |
 *  +---------------+-------+----------------------------+
 *
 *  type 1 Hello        magic "PSTG" (4) | version (2) | node (16) | cluster (2 + n) | plan? (1) | plan (0 or 32)
 *  type 2 Refusal      reason (2 + n)
 *  type 3 PlanRequest  plan (32) | offset (4)
 *  type 4 PlanChunk    plan (32) | total (4) | offset (4) | content (the rest)
 *  type 5 PlanReady    plan (32)
 *  type 6 Have         entries of piece (4) | fingerprint (8), 1 to 4,096 of them
 *  type 7 Request      piece (4)
 *  type 8 Cancel       piece (4)
 *  type 9 Reject       piece (4)
 *  type 10 Ping        token (8)
 *  type 11 Pong        token (8)
 *  type 12 Piece       piece (4) | hash (32) | the piece's bytes (the rest)
 * </pre>
 *
 * Numbers are big-endian. Texts are UTF-8 behind a length of two bytes. A frame's length is at least 1 and at most
 * {@link #MAX_FRAME}. A type that is not listed is skipped, so that a later version can add some. {@code docs/protocol.md}
 * says who sends what when. Stateless, safe for every thread.
 */
public final class MessageCodec {
    /** The version of the protocol; it changes when old and new nodes can no longer share a cluster. */
    public static final int VERSION = 1;

    /** Bytes of a frame before its body: length and type. */
    public static final int PREFIX = 5;

    /** Bytes of a piece frame's body before the piece. */
    public static final int PIECE_HEADER = 4 + Digest.LENGTH;

    /** The largest value of the length field: a type and the largest piece behind its header. */
    public static final int MAX_FRAME = 1 + PIECE_HEADER + Plan.MAX_PIECE;

    /** The type of a frame that carries a piece. */
    public static final int PIECE = 12;

    private static final int HELLO = 1;
    private static final int REFUSAL = 2;
    private static final int PLAN_REQUEST = 3;
    private static final int PLAN_CHUNK = 4;
    private static final int PLAN_READY = 5;
    private static final int HAVE = 6;
    private static final int REQUEST = 7;
    private static final int CANCEL = 8;
    private static final int REJECT = 9;
    private static final int PING = 10;
    private static final int PONG = 11;

    private static final int MAGIC = 0x50535447;
    private static final int HELD = 4 + 8;

    private MessageCodec() {}

    /**
     * Writes a message as a frame; of a {@link PieceHeader} everything up to the piece's first byte.
     *
     * @return a new buffer, ready to be read
     */
    public static ByteBuffer encode(Message message) {
        if (message instanceof Hello hello) {
            byte[] cluster = text(hello.cluster(), Message.MAX_CLUSTER);
            int plan = hello.plan().isPresent() ? Digest.LENGTH : 0;
            ByteBuffer frame = frame(HELLO, 4 + 2 + NodeId.LENGTH + 2 + cluster.length + 1 + plan)
                    .putInt(MAGIC)
                    .putShort((short) hello.version())
                    .putLong(hello.node().high())
                    .putLong(hello.node().low())
                    .putShort((short) cluster.length)
                    .put(cluster)
                    .put((byte) (plan == 0 ? 0 : 1));
            hello.plan().ifPresent(digest -> frame.put(digest.raw()));
            return frame.flip();
        }
        if (message instanceof Refusal refusal) {
            byte[] reason = text(refusal.reason(), Message.MAX_REASON);
            return frame(REFUSAL, 2 + reason.length)
                    .putShort((short) reason.length)
                    .put(reason)
                    .flip();
        }
        if (message instanceof PlanRequest request) {
            return frame(PLAN_REQUEST, Digest.LENGTH + 4)
                    .put(request.plan().raw())
                    .putInt(request.offset())
                    .flip();
        }
        if (message instanceof PlanChunk chunk) {
            return frame(PLAN_CHUNK, Digest.LENGTH + 8 + chunk.content().length)
                    .put(chunk.plan().raw())
                    .putInt(chunk.total())
                    .putInt(chunk.offset())
                    .put(chunk.content())
                    .flip();
        }
        if (message instanceof PlanReady ready) {
            return frame(PLAN_READY, Digest.LENGTH).put(ready.plan().raw()).flip();
        }
        if (message instanceof Have have) {
            ByteBuffer frame = frame(HAVE, have.pieces().size() * HELD);
            for (Held held : have.pieces()) {
                frame.putInt(held.piece()).putLong(held.fingerprint());
            }
            return frame.flip();
        }
        if (message instanceof Request request) {
            return frame(REQUEST, 4).putInt(request.piece()).flip();
        }
        if (message instanceof Cancel cancel) {
            return frame(CANCEL, 4).putInt(cancel.piece()).flip();
        }
        if (message instanceof Reject reject) {
            return frame(REJECT, 4).putInt(reject.piece()).flip();
        }
        if (message instanceof Ping ping) {
            return frame(PING, 8).putLong(ping.token()).flip();
        }
        if (message instanceof Pong pong) {
            return frame(PONG, 8).putLong(pong.token()).flip();
        }
        PieceHeader header = (PieceHeader) message;
        return ByteBuffer.allocate(PREFIX + PIECE_HEADER)
                .putInt(1 + PIECE_HEADER + header.length())
                .put((byte) PIECE)
                .putInt(header.piece())
                .put(header.hash().raw())
                .flip();
    }

    /**
     * Reads the body of a frame that carries no piece.
     *
     * @param type the frame's type, not {@link #PIECE}
     * @param body exactly the frame's body, which it consumes
     * @return the message, or nothing if this version knows no such type
     * @throws MalformedMessageException if the body is not one of its type
     */
    public static Optional<Message> decode(int type, ByteBuffer body) {
        return switch (type) {
            case HELLO -> Optional.of(hello(body));
            case REFUSAL -> {
                Message refusal = new Refusal(text(body, Message.MAX_REASON));
                yield ended(refusal, body);
            }
            case PLAN_REQUEST -> {
                require(body.remaining() == Digest.LENGTH + 4, "a plan request has another length");
                Digest plan = digest(body);
                yield Optional.of(new PlanRequest(plan, upTo(body.getInt(), Plan.MAX_ENCODED)));
            }
            case PLAN_CHUNK -> Optional.of(planChunk(body));
            case PLAN_READY -> {
                require(body.remaining() == Digest.LENGTH, "a plan's announcement has another length");
                yield Optional.of(new PlanReady(digest(body)));
            }
            case HAVE -> Optional.of(have(body));
            case REQUEST -> Optional.of(new Request(piece(body)));
            case CANCEL -> Optional.of(new Cancel(piece(body)));
            case REJECT -> Optional.of(new Reject(piece(body)));
            case PING -> Optional.of(new Ping(token(body)));
            case PONG -> Optional.of(new Pong(token(body)));
            default -> Optional.empty();
        };
    }

    /**
     * Checks the length field of a frame before anything is kept for it.
     *
     * @throws MalformedMessageException if no frame has such a length
     */
    public static void checkLength(int length) {
        if (length < 1 || length > MAX_FRAME) {
            throw new MalformedMessageException("a frame of " + length + " bytes is out of bounds");
        }
    }

    /**
     * Reads what stands before a piece's bytes.
     *
     * @param header the {@link #PIECE_HEADER} bytes behind a piece frame's type
     * @param length the frame's length field
     * @throws MalformedMessageException if no bytes follow
     */
    public static PieceHeader decodePieceHeader(ByteBuffer header, int length) {
        int bytes = length - 1 - PIECE_HEADER;
        require(bytes > 0, "a piece without bytes");
        int piece = upTo(header.getInt(), Pieces.MAX - 1);
        return new PieceHeader(piece, digest(header), bytes);
    }

    private static Hello hello(ByteBuffer body) {
        require(body.remaining() >= 4 + 2 && body.getInt() == MAGIC, "the other side is no Prestage node");
        int version = Short.toUnsignedInt(body.getShort());
        if (version != VERSION) { // what follows may look different there; the version is all that counts
            body.position(body.limit());
            return new Hello(version, new NodeId(0, 0), "", Optional.empty());
        }
        require(body.remaining() >= NodeId.LENGTH, "a hello ends early");
        NodeId node = new NodeId(body.getLong(), body.getLong());
        String cluster = text(body, Message.MAX_CLUSTER);
        require(body.hasRemaining(), "a hello ends early");
        int plan = body.get();
        require(plan == 0 || plan == 1, "a hello neither has nor lacks a plan");
        require(body.remaining() == plan * Digest.LENGTH, "a hello has another length");
        return new Hello(version, node, cluster, plan == 0 ? Optional.empty() : Optional.of(digest(body)));
    }

    private static PlanChunk planChunk(ByteBuffer body) {
        int content = body.remaining() - Digest.LENGTH - 8;
        require(content > 0 && content <= Message.MAX_CHUNK, "a part of a plan has another length");
        Digest plan = digest(body);
        int total = upTo(body.getInt(), Plan.MAX_ENCODED);
        int offset = upTo(body.getInt(), total - content);
        byte[] bytes = new byte[content];
        body.get(bytes);
        return new PlanChunk(plan, total, offset, bytes);
    }

    private static Have have(ByteBuffer body) {
        int entries = body.remaining() / HELD;
        require(
                entries >= 1 && entries <= Message.MAX_HAVE && body.remaining() == entries * HELD,
                "an announcement of pieces has another length");
        List<Held> pieces = new ArrayList<>(entries);
        for (int entry = 0; entry < entries; entry++) {
            int piece = upTo(body.getInt(), Pieces.MAX - 1);
            pieces.add(new Held(piece, body.getLong()));
        }
        return new Have(pieces);
    }

    private static int piece(ByteBuffer body) {
        require(body.remaining() == 4, "a message about one piece has another length");
        return upTo(body.getInt(), Pieces.MAX - 1);
    }

    private static long token(ByteBuffer body) {
        require(body.remaining() == 8, "a ping has another length");
        return body.getLong();
    }

    private static Digest digest(ByteBuffer body) {
        byte[] raw = new byte[Digest.LENGTH];
        body.get(raw);
        return Digest.ofRaw(raw);
    }

    private static int upTo(int number, int max) {
        if (number < 0 || number > max) {
            throw new MalformedMessageException("the number " + number + " is not within 0 to " + max);
        }
        return number;
    }

    private static String text(ByteBuffer body, int max) {
        require(body.remaining() >= 2, "a text ends early");
        int length = Short.toUnsignedInt(body.getShort());
        if (length > max || length > body.remaining()) {
            throw new MalformedMessageException("a text of " + length + " bytes is out of bounds");
        }
        byte[] bytes = new byte[length];
        body.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte[] text(String text, int max) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= max) {
            return bytes;
        }
        int end = max;
        while ((bytes[end] & 0xC0) == 0x80) { // not within a character
            end--;
        }
        return Arrays.copyOf(bytes, end);
    }

    private static Optional<Message> ended(Message message, ByteBuffer body) {
        require(!body.hasRemaining(), "a message goes on behind its end");
        return Optional.of(message);
    }

    private static ByteBuffer frame(int type, int body) {
        return ByteBuffer.allocate(PREFIX + body).putInt(1 + body).put((byte) type);
    }

    /**
     * Refuses what does not hold.
     *
     * @param complaint a constant: one that is put together would be so for every message
     */
    private static void require(boolean holds, String complaint) {
        if (!holds) {
            throw new MalformedMessageException(complaint);
        }
    }
}
