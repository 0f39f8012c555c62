package io.prestage.node.transfer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.prestage.protocol.MalformedMessageException;
import io.prestage.protocol.Message;
import io.prestage.protocol.Message.Have;
import io.prestage.protocol.Message.Held;
import io.prestage.protocol.Message.Hello;
import io.prestage.protocol.Message.PieceHeader;
import io.prestage.protocol.Message.Ping;
import io.prestage.protocol.Message.Pong;
import io.prestage.protocol.Message.Refusal;
import io.prestage.protocol.MessageCodec;
import io.prestage.protocol.NodeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection to a peer, from its hello on. Owned by the transfer's thread. */
final class PeerConnection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(PeerConnection.class);

    /** The longest frame that is let in of somebody who has not said who it is; a hello is far shorter. */
    private static final int LONGEST_UNKNOWN = 4 << 10;

    /** How long a peer has to read why the connection is closed. */
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private final Transfer transfer;
    private final Optional<NodeId> expected;
    private final List<Held> gathered = new ArrayList<>();
    private boolean announced;
    private final FrameBuffer outgoing = new FrameBuffer();
    private ChannelHandlerContext context;
    private NodeId peer;
    private boolean closing;
    private boolean written;
    private final long madeAt = System.nanoTime();
    private long heardAt = madeAt;
    private long saidAt = System.nanoTime();

    /** A piece is being written in parts; what is said meanwhile waits, because nothing may stand between them. */
    private boolean withinPiece;

    private final Queue<ByteBuf> behindPiece = new ArrayDeque<>();

    /**
     * Waits for the channel.
     *
     * @param expected whom this node dialled; nobody if it was dialled
     */
    PeerConnection(Transfer transfer, Optional<NodeId> expected) {
        this.transfer = transfer;
        this.expected = expected;
    }

    @Override
    public void channelActive(ChannelHandlerContext active) {
        context = active;
        send(transfer.hello());
        flush();
    }

    @Override
    public void channelRead(ChannelHandlerContext channel, Object read) {
        if (read instanceof ReceivedPiece piece) {
            if (peer == null || closing) {
                piece.content().release();
                close("it sent a piece before its hello");
                return;
            }
            transfer.events().received(peer, piece);
        } else if (read instanceof Hello hello) {
            greet(hello);
        } else if (read instanceof Refusal refusal) {
            LOG.warn("{} closes the connection: {}", name(), refusal.reason());
            channel.close();
        } else if (peer == null) {
            close("it spoke before its hello");
        } else if (read instanceof Ping ping) {
            send(new Pong(ping.token()));
        } else if (!closing && !(read instanceof Pong)) {
            transfer.events().said(peer, (Message) read);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext channel) {
        heardAt = System.nanoTime();
        transfer.flushAll();
    }

    @Override
    public void channelInactive(ChannelHandlerContext channel) {
        transfer.closed(this);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext channel) {
        outgoing.release();
        behindPiece.forEach(ByteBuf::release);
        behindPiece.clear();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext channel, Throwable cause) {
        if (cause instanceof MalformedMessageException || cause.getCause() instanceof MalformedMessageException) {
            close(cause.getMessage());
        } else if (cause instanceof IOException) {
            LOG.debug("connection to {} broke", name(), cause);
            channel.close();
        } else {
            LOG.error("an unexpected error closes the connection to {}", name(), cause);
            channel.close();
        }
    }

    /** Who is at the other end, once that is known. */
    Optional<NodeId> peer() {
        return Optional.ofNullable(peer);
    }

    /** Bytes that the next frame of the peer may have. */
    int longestFrame() {
        return peer == null ? LONGEST_UNKNOWN : MessageCodec.MAX_FRAME;
    }

    /** Writes a message, to be flushed with the others of this turn; announcements that were gathered go before it. */
    void send(Message message) {
        sendGathered();
        write(message);
    }

    private void write(Message message) {
        if (!written) {
            written = true;
            transfer.written(this);
        }
        saidAt = System.nanoTime();
        ByteBuffer frame = MessageCodec.encode(message);
        transfer.countSent(frame.remaining());
        if (withinPiece) {
            behindPiece.add(Unpooled.wrappedBuffer(frame));
        } else {
            write(frame);
        }
    }

    private void write(ByteBuffer frame) {
        if (!outgoing.add(frame)) {
            writeGathered();
            context.write(Unpooled.wrappedBuffer(frame), context.voidPromise());
        }
    }

    private void writeGathered() {
        if (!outgoing.isEmpty()) {
            context.write(outgoing.take(), context.voidPromise());
        }
    }

    /** Gathers an announcement with others; {@link #sendGathered} sends them. */
    void announce(Held held) {
        gathered.add(held);
        announced = true;
    }

    /** The same of a piece that the peer can wait to be told of. */
    void mention(Held held) {
        gathered.add(held);
    }

    /** Forgets what was gathered of these pieces; see {@link Transfer#retract}. */
    void retract(int first, int end) {
        gathered.removeIf(held -> first <= held.piece() && held.piece() < end);
    }

    /** Whether something that was gathered cannot wait. */
    boolean hasAnnounced() {
        return announced;
    }

    /** Whether something written can still reach the peer. */
    boolean isOpen() {
        return !closing && context != null && context.channel().isActive();
    }

    /** Writes a piece, which the kernel reads from its file. */
    void send(PieceHeader header, PieceFile file) {
        begin(header);
        sendPart(header, file, true);
    }

    /** Writes what stands before a piece; its parts follow. */
    void begin(PieceHeader header) {
        withinPiece = true;
        saidAt = System.nanoTime();
        write(MessageCodec.encode(header));
        writeGathered();
    }

    /** Writes the next bytes of a piece, which the kernel reads from their file. */
    void sendPart(PieceHeader header, PieceFile part, boolean last) {
        ChannelFuture writing = context.write(new PieceRegion(part));
        if (last) {
            withinPiece = false;
            behindPiece.forEach(frame -> context.write(frame, context.voidPromise()));
            behindPiece.clear();
        }
        context.flush();
        writing.addListener(written -> {
            if (!written.isSuccess()) {
                LOG.debug("piece {} did not reach {}", header.piece(), name(), written.cause());
                context.close();
            } else if (last) {
                transfer.events().sent(peer, header.piece(), header.length());
                transfer.flushAll();
            }
        });
    }

    /** Hands to the network what this turn has written. */
    void flush() {
        if (written) {
            written = false;
            writeGathered();
            context.flush();
        }
    }

    /** Writes the announcements that were gathered, to be flushed with the others of this turn. */
    void sendGathered() {
        announced = false;
        if (gathered.isEmpty()) { // or what there was has been retracted
            return;
        }
        for (int from = 0; from < gathered.size(); from += Message.MAX_HAVE) {
            int to = Math.min(gathered.size(), from + Message.MAX_HAVE);
            write(new Have(gathered.subList(from, to)));
        }
        gathered.clear();
    }

    /** Closes if nothing was heard for some time, and says something if this node has said nothing for some. */
    void review(long now, Duration silence, Duration pingAfter) {
        if (context == null) {
            return;
        }
        if (peer == null && now - madeAt > silence.toNanos()) {
            close("no hello came of it within " + silence.toSeconds() + " s");
        } else if (now - heardAt > silence.toNanos()) {
            close("nothing was heard of it for " + silence.toSeconds() + " s");
        } else if (now - saidAt > pingAfter.toNanos()) {
            send(new Ping(now));
        }
    }

    /** Says why, then closes. */
    void close(String reason) {
        if (closing || context == null) {
            return;
        }
        closing = true;
        LOG.warn("closing the connection to {}: {}", name(), reason);
        if (withinPiece) { // there is no way to say more
            context.close();
            return;
        }
        writeGathered();
        context.writeAndFlush(Unpooled.wrappedBuffer(MessageCodec.encode(new Refusal(reason))))
                .addListener(written -> context.close());
        if (!context.executor().isShuttingDown()) { // or a peer that does not read would be kept for ever
            context.executor().schedule(() -> context.close(), FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** Closes without a word, because nobody needs it any more. */
    void close() {
        closing = true;
        if (context != null) {
            context.close();
        }
    }

    private void greet(Hello hello) {
        if (peer != null) {
            close("it said hello twice");
        } else if (hello.version() != MessageCodec.VERSION) {
            close("it speaks version " + hello.version() + " of the protocol, this node " + MessageCodec.VERSION);
        } else if (!hello.cluster().equals(transfer.hello().cluster())) {
            close("it belongs to cluster '" + hello.cluster() + "', this node to '"
                    + transfer.hello().cluster() + "'");
        } else if (expected.isPresent() && !expected.get().equals(hello.node())) {
            close("another node answers at its address");
        } else if (transfer.isQuarantined(hello.node())) {
            close("it is quarantined here, because it sent wrong content");
        } else {
            peer = hello.node();
            transfer.opened(this, hello);
        }
    }

    private String name() {
        String address =
                context == null ? "?" : String.valueOf(context.channel().remoteAddress());
        return peer == null ? address : peer + " at " + address;
    }
}
