package io.prestage.node.transfer;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Message;
import io.prestage.protocol.Message.Held;
import io.prestage.protocol.Message.Hello;
import io.prestage.protocol.Message.PieceHeader;
import io.prestage.protocol.MessageCodec;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.Rate;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of one node to its peers.
 *
 * <p>One event loop does all of a node's peer I/O, and whoever decides what to send runs on the same thread ({@link #loop}),
 * so that neither needs a lock and a message costs no hand-over. Methods are to be called on that thread, but for
 * {@link #close}. Of two nodes the one with the lower id dials.
 */
public final class Transfer implements AutoCloseable {
    static final Duration SILENCE = Duration.ofSeconds(20);
    /** Bytes that are read at once while no piece is arriving. */
    static final int READ_BYTES = 64 << 10;

    private static final Duration PING_AFTER = Duration.ofSeconds(5);
    private static final Duration REVIEW = Duration.ofSeconds(1);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
    /** After a connection ended; longer each time in which the wrong node answers, which both ends warn of. */
    private static final Duration REDIAL = Duration.ofMillis(500);

    private static final Duration MAX_REDIAL = Duration.ofSeconds(4);

    /**
     * Bytes of a connection that may wait in the kernel unsent: a piece counts as sent when no more of it than that is left. Less than
     * most pieces have, or the swarm would believe its uplink idle; see {@code docs/decisions/0002-swarm-constants.md}.
     */
    public static final int NOT_SENT = 64 << 10;

    /** {@code SOL_SOCKET} and {@code SO_RCVLOWAT} of Linux, see socket(7). */
    private static final IntegerUnixChannelOption SO_RCVLOWAT = new IntegerUnixChannelOption("SO_RCVLOWAT", 1, 18);

    private static final Logger LOG = LoggerFactory.getLogger(Transfer.class);

    private final NodeId self;
    private final String cluster;
    private final InetSocketAddress bind;
    private final PeerEvents events;
    private final EventLoopGroup group;
    private final EventLoop loop;
    private final Limits limits;
    private final Optional<Pacer> sending;
    private final Optional<PacedUploads> uploads;
    private final Optional<PacedReads> reads;
    /** What is read of messages; its memory goes with the last connection that refers to it. */
    private final ByteBuf readBuffer =
            Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(READ_BYTES)));

    private final Queue<PeerConnection> unflushed = new ArrayDeque<>();
    private final Map<NodeId, PeerConnection> connections = new HashMap<>();
    private final Set<PeerConnection> greeting = new HashSet<>();
    private final Map<NodeId, InetSocketAddress> wanted = new HashMap<>();
    private final Set<NodeId> dialling = new HashSet<>();
    private final Set<NodeId> quarantined = new HashSet<>();
    private Optional<Digest> plan = Optional.empty();
    private volatile Channel server;
    private boolean closed;

    /** A transfer without limits. */
    public Transfer(NodeId self, String cluster, InetSocketAddress bind, PeerEvents events) {
        this(self, cluster, bind, Limits.NONE, events);
    }

    /**
     * Makes the event loop; nothing is bound yet.
     *
     * @param self this node
     * @param cluster peers of another cluster are refused
     * @param bind where to listen; peers are dialled from the same address
     * @param limits how much of the link to use
     * @param events told of everything, on the event loop
     */
    public Transfer(NodeId self, String cluster, InetSocketAddress bind, Limits limits, PeerEvents events) {
        this.self = self;
        this.cluster = cluster;
        this.bind = bind;
        this.events = events;
        this.group = new MultiThreadIoEventLoopGroup(
                1,
                new DefaultThreadFactory("swarm"),
                Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        this.loop = group.next();
        this.limits = limits;
        this.sending = limits.upload().map(Pacer::new);
        this.uploads = sending.map(pacer -> new PacedUploads(loop, pacer));
        this.reads = limits.download().map(rate -> new PacedReads(loop, new Pacer(rate)));
    }

    /** The thread that everything here happens on. */
    public EventLoop loop() {
        return loop;
    }

    /**
     * Starts to listen. Callable from any thread but the loop.
     *
     * @throws IOException if the address cannot be bound, with a sentence that names it
     */
    public void listen() throws IOException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .childHandler(connection(Optional.empty()));
        socketOptions().forEach((option, value) -> bootstrap.childOption(option, value));
        ChannelFuture bound = bootstrap.bind(bind).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            String place = "port " + bind.getPort() + " of address "
                    + bind.getAddress().getHostAddress();
            String said = String.valueOf(bound.cause().getMessage());
            String why = said.contains("in use")
                    ? place + " is in use: stop the program that has it or choose another port with --swarm-port"
                    : place + " cannot be listened on (" + said + "): choose another with --swarm-port or --bind";
            throw new IOException(why, bound.cause());
        }
        server = bound.channel();
        loop.scheduleAtFixedRate(this::review, REVIEW.toMillis(), REVIEW.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Where it listens, once it does. Callable from any thread. */
    public InetSocketAddress address() {
        return (InetSocketAddress) server.localAddress();
    }

    /** Says from now on, to new peers and to those connected, that this node can serve a plan. */
    public void ready(Digest served) {
        plan = Optional.of(served);
        connections.values().forEach(connection -> connection.send(new Message.PlanReady(served)));
        flushAll();
    }

    /**
     * Sets which peers to be connected to. Connections to others stay until {@link #release}.
     *
     * @param neighbours where each listens
     */
    public void connect(Map<NodeId, InetSocketAddress> neighbours) {
        wanted.clear();
        wanted.putAll(neighbours);
        wanted.keySet().forEach(peer -> dial(peer, Duration.ofMillis(100)));
    }

    /** Closes the connection to a peer that is no neighbour any more. */
    public void release(NodeId peer) {
        PeerConnection connection = connections.get(peer);
        if (connection != null && !wanted.containsKey(peer)) {
            connection.close();
        }
    }

    /** Closes the connection to a peer that did wrong, and refuses it from then on. */
    public void quarantine(NodeId peer, String reason) {
        quarantined.add(peer);
        PeerConnection connection = connections.get(peer);
        if (connection != null) {
            connection.close(reason);
        }
    }

    /** Peers that are connected. */
    public Set<NodeId> connected() {
        return Set.copyOf(connections.keySet());
    }

    /** Writes a message to a peer, if it is connected; it leaves with the next {@link #flushAll}. */
    public void send(NodeId peer, Message message) {
        PeerConnection connection = connections.get(peer);
        if (connection != null) {
            connection.send(message);
        }
    }

    /** Gathers what peers are to be told of a piece, until {@link #sendAnnouncements} or the next message to each. */
    public void announce(Collection<NodeId> peers, Held held) {
        for (NodeId peer : peers) {
            PeerConnection connection = connections.get(peer);
            if (connection != null) {
                connection.announce(held);
            }
        }
    }

    /** The same, but until {@link #sendMentions} or the next message to each. */
    public void mention(Collection<NodeId> peers, Held held) {
        for (NodeId peer : peers) {
            PeerConnection connection = connections.get(peer);
            if (connection != null) {
                connection.mention(held);
            }
        }
    }

    /**
     * Tells no peer any more of pieces that were announced or mentioned to it and have not left yet.
     *
     * @param first the first of them
     * @param end the one after the last
     */
    public void retract(int first, int end) {
        connections.values().forEach(connection -> connection.retract(first, end));
    }

    /** Tells a peer of a piece with the next {@link #flushAll}. */
    public void announceNow(NodeId peer, Held held) {
        PeerConnection connection = connections.get(peer);
        if (connection != null) {
            connection.announce(held);
            connection.sendGathered();
        }
    }

    /** Sends all that was gathered to those peers to whom something of it was announced. */
    public void sendAnnouncements() {
        for (PeerConnection connection : connections.values()) {
            if (connection.hasAnnounced()) {
                connection.sendGathered();
            }
        }
        flushAll();
    }

    /** Sends all that was gathered. */
    public void sendMentions() {
        connections.values().forEach(PeerConnection::sendGathered);
        flushAll();
    }

    /** Sends a piece to a peer; {@link PeerEvents#sent} or {@link PeerEvents#disconnected} follows. */
    public void send(NodeId peer, PieceHeader header, PieceFile file) {
        PeerConnection connection = connections.get(peer);
        if (connection == null) {
            file.release().run();
            return;
        }
        if (uploads.isPresent()) {
            uploads.get().add(connection, header, file);
        } else {
            connection.send(header, file);
        }
    }

    /** Hands everything written in this turn to the network, but for announcements. */
    public void flushAll() {
        for (PeerConnection next = unflushed.poll(); next != null; next = unflushed.poll()) {
            next.flush();
        }
    }

    /** Closes all connections and ends the thread. Callable from any thread but the loop; returns when all is closed. */
    @Override
    public void close() {
        if (group.isShuttingDown()) {
            return;
        }
        loop.execute(() -> {
            closed = true;
            if (server != null) {
                server.close();
            }
            List.copyOf(connections.values()).forEach(PeerConnection::close);
            List.copyOf(greeting).forEach(PeerConnection::close);
            uploads.ifPresent(PacedUploads::clear);
        });
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(6, TimeUnit.SECONDS);
    }

    /** Closes connections to peers that have been silent for too long, and says something where this node has been. */
    private void review() {
        try {
            reviewAll();
        } catch (RuntimeException e) {
            LOG.error("an unexpected error: {}", e.toString(), e); // thrown, it would end the schedule without a word
        }
    }

    private void reviewAll() {
        long now = System.nanoTime();
        Duration silence =
                reads.map(paced -> SILENCE.plus(paced.round())).orElse(SILENCE); // nobody is heard who is not read
        for (PeerConnection connection : List.copyOf(greeting)) {
            connection.review(now, silence, PING_AFTER);
        }
        for (PeerConnection connection : List.copyOf(connections.values())) {
            connection.review(now, silence, PING_AFTER);
        }
        flushAll();
    }

    // For the connections.

    void written(PeerConnection connection) {
        unflushed.add(connection);
    }

    Hello hello() {
        return new Hello(MessageCodec.VERSION, self, cluster, plan);
    }

    PeerEvents events() {
        return events;
    }

    /** Counts what goes beside pieces against the limit; it goes at once, because pieces wait for it. */
    void countSent(int bytes) {
        sending.ifPresent(pacer -> pacer.count(bytes, System.nanoTime()));
    }

    boolean isQuarantined(NodeId peer) {
        return quarantined.contains(peer);
    }

    void opened(PeerConnection connection, Hello hello) {
        greeting.remove(connection);
        PeerConnection former = connections.put(hello.node(), connection);
        if (former != null) {
            events.disconnected(hello.node());
            former.close();
        }
        // The plan may have become ready since our hello left, when this was no connection to tell yet.
        plan.ifPresent(served -> connection.send(new Message.PlanReady(served)));
        events.connected(hello.node(), hello.plan());
        flushAll();
    }

    void closed(PeerConnection connection) {
        greeting.remove(connection);
        Optional<NodeId> peer = connection.peer();
        if (peer.isPresent() && connections.remove(peer.get(), connection)) {
            events.disconnected(peer.get());
            flushAll(); // whoever dialled does so again after a while, see dial
        }
    }

    // Dialling.

    private void dial(NodeId peer, Duration retryAfter) {
        boolean ours = self.compareTo(peer) < 0;
        if (closed
                || !ours
                || !wanted.containsKey(peer)
                || connections.containsKey(peer)
                || quarantined.contains(peer)
                || !dialling.add(peer)) {
            return;
        }
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class)
                .localAddress(new InetSocketAddress(bind.getAddress(), 0))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECT_TIMEOUT.toMillis())
                .handler(connection(Optional.of(peer)));
        socketOptions().forEach((option, value) -> bootstrap.option(option, value));
        bootstrap.connect(wanted.get(peer)).addListener((ChannelFuture attempt) -> {
            if (attempt.isSuccess()) {
                PeerConnection made = attempt.channel().pipeline().get(PeerConnection.class);
                attempt.channel().closeFuture().addListener(end -> {
                    boolean greeted = made != null && made.peer().isPresent();
                    dialling.remove(peer);
                    redial(peer, greeted || retryAfter.compareTo(REDIAL) < 0 ? REDIAL : retryAfter);
                });
            } else {
                LOG.debug("{} does not answer: {}", peer, attempt.cause().getMessage());
                dialling.remove(peer);
                redial(peer, retryAfter);
            }
        });
    }

    private void redial(NodeId peer, Duration after) {
        if (closed || loop.isShuttingDown()) {
            return;
        }
        Duration next = after.multipliedBy(2).compareTo(MAX_REDIAL) < 0 ? after.multipliedBy(2) : MAX_REDIAL;
        loop.schedule(() -> dial(peer, next), after.toMillis(), TimeUnit.MILLISECONDS);
    }

    private ChannelInitializer<Channel> connection(Optional<NodeId> expected) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                PeerConnection connection = new PeerConnection(Transfer.this, expected);
                greeting.add(connection);
                channel.closeFuture().addListener(end -> greeting.remove(connection)); // also of one that never opened
                reads.ifPresent(paced -> channel.pipeline().addLast(paced.handler()));
                FrameDecoder decoder =
                        new FrameDecoder(readBuffer, bytes -> wakeAt(channel, bytes), connection::longestFrame);
                channel.config().setRecvByteBufAllocator(new DecoderReads(decoder));
                channel.pipeline().addLast(decoder).addLast(connection);
            }
        };
    }

    /**
     * Has the thread woken once so many bytes are there, rather than for every packet: at 50 Mbit/s from 16 peers that would be 22
     * times a piece of 64 KiB.
     */
    private static void wakeAt(Channel channel, int bytes) {
        if (channel instanceof EpollSocketChannel && channel.isOpen()) {
            channel.config().setOption(SO_RCVLOWAT, bytes);
        }
    }

    private Map<ChannelOption<Object>, Object> socketOptions() {
        Map<ChannelOption<?>, Object> options = new HashMap<>();
        options.put(ChannelOption.TCP_NODELAY, true);
        options.put(ChannelOption.SO_KEEPALIVE, true);
        // What waits here unread has used the link already.
        limits.download().ifPresent(rate -> options.put(ChannelOption.SO_RCVBUF, receiveBuffer(rate)));
        if (Epoll.isAvailable()) {
            options.put(EpollChannelOption.TCP_NOTSENT_LOWAT, (long) NOT_SENT);
        }
        @SuppressWarnings("unchecked") // each value stands beside the option whose type it has
        Map<ChannelOption<Object>, Object> untyped = (Map<ChannelOption<Object>, Object>) (Map<?, ?>) options;
        return untyped;
    }

    private static int receiveBuffer(Rate rate) {
        long inAWhile = rate.bytesPerSecond() / 20;
        return (int) Math.min(1 << 20, Math.max(32 << 10, inAWhile));
    }
}
