package io.prestage.node.transfer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.prestage.protocol.MalformedMessageException;
import io.prestage.protocol.Message;
import io.prestage.protocol.Message.PieceHeader;
import io.prestage.protocol.MessageCodec;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;

/**
 * Cuts what comes from a peer into messages and pieces.
 *
 * <p>What the kernel has of a piece that has begun is read straight into a buffer of the piece's own size ({@link #target}), which
 * goes on as {@link ReceivedPiece}; only what came with the piece's header is copied there. Everything else is collected in a
 * small heap buffer. Lengths are checked before anything is kept for them.
 */
final class FrameDecoder extends ChannelInboundHandlerAdapter {
    private static final int PREFIX_AND_HEADER = MessageCodec.PREFIX + MessageCodec.PIECE_HEADER;
    private static final int MAX_MESSAGE = Message.MAX_CHUNK + 64;

    /** Bytes of a piece that may wait in the kernel before this thread is woken: large beside a packet, small beside a window. */
    private static final int MOST_AWAITED = 64 << 10;

    private final ByteBuf shared;
    private final IntConsumer wakeAt;
    private final IntSupplier longest;
    private int awaited = 1;
    private ByteBuffer head = ByteBuffer.allocate(PREFIX_AND_HEADER);
    private ByteBuffer body;
    private int type;
    private long toSkip;
    private PieceHeader pieceHeader;
    private ByteBuf piece;
    private ByteBuf restOfPiece;

    /**
     * Waits for the first frame.
     *
     * @param shared to read into while no piece is arriving; others may use it as soon as a read is decoded
     * @param wakeAt told how many bytes have to be there before it makes sense to read again: 1, or what is left of a piece
     * @param longest asked how many bytes the next frame may have
     */
    FrameDecoder(ByteBuf shared, IntConsumer wakeAt, IntSupplier longest) {
        this.shared = shared;
        this.wakeAt = wakeAt;
        this.longest = longest;
        head.limit(MessageCodec.PREFIX);
    }

    /** Where the next bytes are to be read to; released by whoever reads. */
    ByteBuf target() {
        if (piece == null) {
            return shared.retain().clear();
        }
        restOfPiece =
                piece.retainedSlice(piece.writerIndex(), piece.writableBytes()).clear();
        return restOfPiece;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object read) {
        ByteBuf in = (ByteBuf) read;
        try {
            if (isRestOfPiece(in)) {
                piece.writerIndex(piece.writerIndex() + in.readableBytes());
                endPiece(context);
                return;
            }
            while (in.isReadable()) {
                step(context, in);
            }
        } finally {
            restOfPiece = null;
            in.release();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        int awaits = piece == null ? 1 : Math.min(MOST_AWAITED, piece.writableBytes());
        if (awaits != awaited) {
            awaited = awaits;
            wakeAt.accept(awaits);
        }
        context.fireChannelReadComplete();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (piece != null) {
            piece.release();
            piece = null;
        }
        context.fireChannelInactive();
    }

    private void step(ChannelHandlerContext context, ByteBuf in) {
        if (toSkip > 0) {
            int skipped = (int) Math.min(toSkip, in.readableBytes());
            in.skipBytes(skipped);
            toSkip -= skipped;
        } else if (piece != null) {
            in.readBytes(piece, Math.min(piece.writableBytes(), in.readableBytes()));
            endPiece(context);
        } else if (body != null) {
            fill(body, in);
            if (!body.hasRemaining()) {
                ByteBuffer whole = body.flip();
                body = null;
                decode(context, whole);
            }
        } else {
            fill(head, in);
            if (!head.hasRemaining()) {
                begin(context);
            }
        }
    }

    @SuppressWarnings("ReferenceEquality") // equal bytes read elsewhere have not been written into the piece
    private boolean isRestOfPiece(ByteBuf in) {
        return piece != null && in == restOfPiece;
    }

    private void endPiece(ChannelHandlerContext context) {
        if (!piece.isWritable()) {
            ReceivedPiece received = new ReceivedPiece(pieceHeader, piece);
            piece = null;
            context.fireChannelRead(received);
        }
    }

    private void begin(ChannelHandlerContext context) {
        int length = head.getInt(0);
        MessageCodec.checkLength(length);
        if (length > longest.getAsInt()) {
            throw new MalformedMessageException("a frame of " + length + " bytes comes before the hello");
        }
        type = head.get(4);
        if (type == MessageCodec.PIECE && head.position() == MessageCodec.PREFIX) {
            head.limit(PREFIX_AND_HEADER);
            return;
        }
        if (type == MessageCodec.PIECE) {
            pieceHeader = MessageCodec.decodePieceHeader(head.position(MessageCodec.PREFIX), length);
            piece = context.alloc().directBuffer(pieceHeader.length(), pieceHeader.length());
        } else if (length - 1 > MAX_MESSAGE) {
            toSkip = length - 1L; // no type that this version knows is that long
        } else if (length == 1) {
            decode(context, ByteBuffer.allocate(0));
        } else {
            body = ByteBuffer.allocate(length - 1);
        }
        head.clear().limit(MessageCodec.PREFIX);
    }

    private void decode(ChannelHandlerContext context, ByteBuffer whole) {
        Optional<Message> message = MessageCodec.decode(type, whole);
        if (message.isPresent()) { // for every message: a bound reference would be made by a call into the VM
            context.fireChannelRead(message.get());
        }
    }

    private static void fill(ByteBuffer to, ByteBuf from) {
        int limit = to.limit();
        to.limit(Math.min(limit, to.position() + from.readableBytes()));
        from.readBytes(to);
        to.limit(limit);
    }
}
