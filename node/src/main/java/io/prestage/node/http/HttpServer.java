package io.prestage.node.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Serves GET and HEAD requests of HTTP/1.1 at one address.
 *
 * <p>What a client can make it hold is bounded: connections, the length of a request, and how long a connection may be
 * idle. Of several routes that fit, an exact one wins, else the longest. Safe for use by many threads.
 */
public final class HttpServer implements AutoCloseable {
    /** Connections at a time; a container's usual limit is 1,024 open files, and the swarm needs most of them. */
    private static final int MOST_CONNECTIONS = 256;

    private static final int LONGEST_LINE = 4096;
    private static final int LONGEST_HEADERS = 16384;
    private static final int WORKERS = 4;
    private static final int MOST_WAITING = 256;
    private static final Duration IDLE = Duration.ofSeconds(60);

    private final EventLoopGroup loops;
    private final ThreadPoolExecutor workers;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final Channel listener;

    /**
     * Binds the address and begins to serve.
     *
     * @param address port 0 takes any free one
     * @throws IOException with a sentence that names address and port if it cannot be bound
     */
    public HttpServer(InetSocketAddress address, List<Route> routes) throws IOException {
        this(address, routes, IDLE);
    }

    HttpServer(InetSocketAddress address, List<Route> routes, Duration idle) throws IOException {
        boolean epoll = Epoll.isAvailable();
        this.loops = new MultiThreadIoEventLoopGroup(
                2,
                new DefaultThreadFactory("prestage-http", true),
                epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        // They stay once they are there: who looks every few seconds should not have a thread made each time.
        this.workers = new ThreadPoolExecutor(
                WORKERS,
                WORKERS,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MOST_WAITING),
                new DefaultThreadFactory("prestage-http-worker", true));
        Class<? extends ServerChannel> kind = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        ChannelFuture bound = new ServerBootstrap()
                .group(loops)
                .channel(kind)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new Pipeline(new Routes(routes), idle))
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            release();
            throw cannotBind(address, bound.cause());
        }
        this.listener = bound.channel();
    }

    private static IOException cannotBind(InetSocketAddress address, Throwable cause) {
        String place = address.getAddress() == null
                ? address.getHostString()
                : address.getAddress().getHostAddress();
        String message = String.valueOf(cause.getMessage());
        String why;
        if (message.contains("in use")) {
            why = "port " + address.getPort() + " of address " + place
                    + " is in use: stop the program that has it or choose another port";
        } else if (message.contains("assign")) {
            why = "address " + place + " is not one of this machine's, so port " + address.getPort()
                    + " cannot be served there: choose another address";
        } else {
            why = "port " + address.getPort() + " of address " + place + " cannot be served (" + message
                    + "): choose another port";
        }
        BindException exception = new BindException(why);
        exception.initCause(cause);
        return exception;
    }

    /** The address that is served, with the port that was taken. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    /** The event loops, for their metrics. */
    public Iterable<EventExecutor> loops() {
        return loops;
    }

    /** Ends all connections and gives the port back; returns when that is done. */
    @Override
    public void close() {
        listener.close().awaitUninterruptibly();
        connections.close().awaitUninterruptibly();
        release();
    }

    private void release() {
        workers.shutdownNow();
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }

    /** What every connection goes through. */
    private final class Pipeline extends ChannelInitializer<SocketChannel> {
        private final Routes routes;
        private final Duration idle;

        private Pipeline(Routes routes, Duration idle) {
            this.routes = routes;
            this.idle = idle;
        }

        @Override
        protected void initChannel(SocketChannel channel) {
            connections.add(channel);
            if (connections.size() > MOST_CONNECTIONS) {
                channel.close();
                return;
            }
            channel.pipeline()
                    // Its timer also sees bytes that leave, so that a long transfer is not idle.
                    .addLast(new IdleStateHandler(true, 0, 0, idle.toMillis(), TimeUnit.MILLISECONDS))
                    .addLast(new HttpServerCodec(new HttpDecoderConfig()
                            .setMaxInitialLineLength(LONGEST_LINE)
                            .setMaxHeaderSize(LONGEST_HEADERS)))
                    .addLast(new Connection(routes, workers));
        }
    }
}
