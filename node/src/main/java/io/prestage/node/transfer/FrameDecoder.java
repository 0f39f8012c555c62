package io.prestage.node.transfer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.prestage.protocol.Message;
import io.prestage.protocol.Message.PieceHeader;
import io.prestage.protocol.MessageCodec;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Cuts what comes from a peer into messages and pieces.
 *
 * <p>A piece's bytes are copied once, from the socket's buffer into one of the piece's own size, which goes on as
 * {@link ReceivedPiece}. Everything else is collected in a small heap buffer. Lengths are checked before anything is kept for
 * them.
 */
final class FrameDecoder extends ChannelInboundHandlerAdapter {
    private static final int PREFIX_AND_HEADER = MessageCodec.PREFIX + MessageCodec.PIECE_HEADER;
    private static final int MAX_MESSAGE = Message.MAX_CHUNK + 64;

    private ByteBuffer head = ByteBuffer.allocate(PREFIX_AND_HEADER);
    private ByteBuffer body;
    private int type;
    private long toSkip;
    private PieceHeader pieceHeader;
    private ByteBuf piece;

    FrameDecoder() {
        head.limit(MessageCodec.PREFIX);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object read) {
        ByteBuf in = (ByteBuf) read;
        try {
            while (in.isReadable()) {
                step(context, in);
            }
        } finally {
            in.release();
        }
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
            if (!piece.isWritable()) {
                ReceivedPiece received = new ReceivedPiece(pieceHeader, piece);
                piece = null;
                context.fireChannelRead(received);
            }
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

    private void begin(ChannelHandlerContext context) {
        int length = head.getInt(0);
        MessageCodec.checkLength(length);
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
        message.ifPresent(context::fireChannelRead);
    }

    private static void fill(ByteBuffer to, ByteBuf from) {
        int limit = to.limit();
        to.limit(Math.min(limit, to.position() + from.readableBytes()));
        from.readBytes(to);
        to.limit(limit);
    }
}
