package io.prestage.node.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.IdleStateEvent;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the requests of one connection, one after the other, and writes the answers.
 *
 * <p>Netty's FlowControlHandler, which is made for this, loses reads in 4.2.15 and later (netty issue 17050): a request
 * that comes in two packets was never answered.
 */
final class Connection extends SimpleChannelInboundHandler<HttpObject> {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private static final String ALLOWED = "GET, HEAD";

    private final Routes routes;
    private final Executor workers;
    private final ArrayDeque<Incoming> waiting = new ArrayDeque<>();
    private HttpRequest current;
    private Optional<HttpResponseStatus> refusal = Optional.empty();
    private boolean busy;
    private boolean ended;
    private SentEvents stream;

    Connection(Routes routes, Executor workers) {
        this.routes = routes;
        this.workers = workers;
    }

    /** A file's part, open and ready to be sent. */
    private record Opened(FileChannel channel, long size, Optional<ByteRange> range) {
        void close() {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.debug("a file that was only read could not be closed", e);
            }
        }
    }

    /**
     * A request that was read to its end, and the status with which to refuse it.
     *
     * @param refusal empty if it may be answered
     */
    private record Incoming(HttpRequest request, Optional<HttpResponseStatus> refusal) {}

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
        if (stream != null) {
            ctx.close();
            return;
        }
        if (message instanceof HttpRequest request) {
            current = request;
            refusal = Optional.empty();
        }
        if (!message.decoderResult().isSuccess()) {
            refusal = Optional.of(HttpResponseStatus.BAD_REQUEST);
        } else if (message instanceof HttpContent content && content.content().isReadable()) {
            refusal = Optional.of(
                    isRead(current)
                            ? HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE
                            : HttpResponseStatus.METHOD_NOT_ALLOWED);
        }
        if (message instanceof LastHttpContent || refusal.isPresent()) {
            arrived(ctx, new Incoming(current, refusal));
        }
    }

    /** Of requests that come without waiting for answers, no more are read than one read from the socket holds. */
    private void arrived(ChannelHandlerContext ctx, Incoming incoming) {
        if (incoming.refusal().isPresent()) {
            // What follows on this connection cannot be told from the refused request's rest.
            ctx.channel().config().setAutoRead(false);
        }
        if (busy) {
            ctx.channel().config().setAutoRead(false);
            waiting.add(incoming);
        } else if (!ended) {
            busy = true;
            begin(ctx, incoming);
        }
    }

    private void begin(ChannelHandlerContext ctx, Incoming incoming) {
        if (incoming.refusal().isEmpty()) {
            dispatch(ctx, incoming.request());
            return;
        }
        ended = true;
        busy = false;
        HttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, incoming.refusal().get(), Unpooled.EMPTY_BUFFER);
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        if (response.status().equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
            response.headers().set(HttpHeaderNames.ALLOW, ALLOWED);
        }
        ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    private void dispatch(ChannelHandlerContext ctx, HttpRequest request) {
        if (!isRead(request)) {
            write(ctx, request, new Answer.Content(405, "text/plain", new byte[0], Map.of("Allow", ALLOWED)));
            return;
        }
        try {
            workers.execute(() -> work(ctx, request));
        } catch (RejectedExecutionException e) {
            write(ctx, request, new Answer.Content(503, "text/plain", new byte[0], Map.of("Retry-After", "1")));
        }
    }

    private static boolean isRead(HttpRequest request) {
        return request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
    }

    /** On a worker, because handlers read files and wait for locks. */
    private void work(ChannelHandlerContext ctx, HttpRequest request) {
        Answer answer;
        Optional<Opened> opened = Optional.empty();
        try {
            answer = answer(request);
            if (answer instanceof Answer.FileContent file) {
                opened = Optional.of(open(file, request));
            }
        } catch (ByteRange.Unsatisfiable e) {
            answer = new Answer.Content(416, "text/plain", new byte[0], Map.of("Content-Range", "bytes */" + e.size()));
        } catch (IOException e) {
            LOG.warn("GET {} failed", request.uri(), e);
            answer = Answer.text(500, "this cannot be read now");
        } catch (RuntimeException e) {
            LOG.error("GET {} failed, which is a mistake in Prestage", request.uri(), e);
            answer = Answer.text(500, "this failed");
        }
        Answer outcome = answer;
        Optional<Opened> content = opened;
        try {
            ctx.executor().execute(() -> {
                if (content.isPresent() && outcome instanceof Answer.FileContent file) {
                    writeFile(ctx, request, file, content.get());
                } else {
                    write(ctx, request, outcome);
                }
            });
        } catch (RejectedExecutionException e) { // the server is closed, and with it the connection
            LOG.debug("GET {} is not answered any more", request.uri(), e);
            content.ifPresent(Opened::close);
        }
    }

    private Answer answer(HttpRequest request) throws IOException {
        QueryStringDecoder address = new QueryStringDecoder(request.uri());
        String path;
        Map<String, List<String>> query;
        try {
            path = address.path();
            query = address.parameters();
        } catch (IllegalArgumentException e) {
            return Answer.text(400, "the address is not encoded as it should be");
        }
        Optional<Route> route = routes.find(path);
        if (route.isEmpty()) {
            return Answer.text(404, "nothing is served at " + path);
        }
        Map<String, String> headers = new HashMap<>();
        request.headers()
                .forEach(header -> headers.putIfAbsent(header.getKey().toLowerCase(Locale.ROOT), header.getValue()));
        return route.get().handler().answer(new Request(path, query, headers));
    }

    private static Opened open(Answer.FileContent file, HttpRequest request)
            throws IOException, ByteRange.Unsatisfiable {
        FileChannel channel = FileChannel.open(file.file(), StandardOpenOption.READ);
        try {
            long size = channel.size();
            String header = request.headers().get(HttpHeaderNames.RANGE);
            String condition = request.headers().get(HttpHeaderNames.IF_RANGE);
            boolean asked = header != null
                    && (condition == null || condition.equals(file.headers().get("ETag")));
            Optional<ByteRange> range = asked ? ByteRange.parse(header, size) : Optional.empty();
            return new Opened(channel, size, range);
        } catch (IOException | ByteRange.Unsatisfiable e) {
            channel.close();
            throw e;
        }
    }

    private void write(ChannelHandlerContext ctx, HttpRequest request, Answer answer) {
        if (answer instanceof Answer.Events events) {
            writeEvents(ctx, request, events);
        } else if (answer instanceof Answer.Content content) {
            boolean head = request.method().equals(HttpMethod.HEAD);
            ByteBuf body = head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(content.body());
            HttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(content.status()), body);
            describe(response, content.mediaType(), content.headers(), content.body().length);
            finish(ctx, request, response, ctx.writeAndFlush(keepAlive(request, response)));
        }
    }

    private void writeFile(ChannelHandlerContext ctx, HttpRequest request, Answer.FileContent file, Opened opened) {
        ByteRange range = opened.range().orElse(new ByteRange(0, opened.size()));
        long length = range.to() - range.from();
        HttpResponseStatus status =
                opened.range().isPresent() ? HttpResponseStatus.PARTIAL_CONTENT : HttpResponseStatus.OK;
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, status);
        describe(response, file.mediaType(), file.headers(), length);
        response.headers().set(HttpHeaderNames.ACCEPT_RANGES, "bytes");
        if (opened.range().isPresent()) {
            response.headers()
                    .set(
                            HttpHeaderNames.CONTENT_RANGE,
                            "bytes " + range.from() + "-" + (range.to() - 1) + "/" + opened.size());
        }
        DefaultFileRegion region = new DefaultFileRegion(opened.channel(), range.from(), length);
        keepAlive(request, response);
        if (request.method().equals(HttpMethod.HEAD) || length == 0) {
            region.release();
            ctx.write(response);
        } else {
            cork(ctx, true);
            ctx.write(response);
            ctx.write(region).addListener(done -> {
                cork(ctx, false);
                file.sent().sent(range.from(), range.to(), region.transferred());
            });
        }
        finish(ctx, request, response, ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT));
    }

    /** Has the kernel fill its packets while a file goes out, rather than send what is there after each of its pages. */
    private static void cork(ChannelHandlerContext ctx, boolean corked) {
        if (ctx.channel() instanceof EpollSocketChannel channel && channel.isActive()) {
            channel.config().setTcpCork(corked);
        }
    }

    private static void describe(HttpResponse response, String mediaType, Map<String, String> headers, long length) {
        headers.forEach(response.headers()::set);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, mediaType);
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, length);
        response.headers().set("X-Content-Type-Options", "nosniff");
    }

    private static HttpResponse keepAlive(HttpRequest request, HttpResponse response) {
        HttpUtil.setKeepAlive(response, HttpUtil.isKeepAlive(request));
        return response;
    }

    /** Goes on with the next request when the answer is out, or ends the connection. */
    private void finish(ChannelHandlerContext ctx, HttpRequest request, HttpResponse response, ChannelFuture written) {
        boolean keep = HttpUtil.isKeepAlive(request) && HttpUtil.isContentLengthSet(response);
        written.addListener((ChannelFutureListener) future -> {
            if (future.isSuccess() && keep) {
                next(ctx);
            } else {
                ctx.close();
            }
        });
    }

    private void next(ChannelHandlerContext ctx) {
        Incoming incoming = waiting.poll();
        if (incoming != null) {
            begin(ctx, incoming);
        } else {
            busy = false;
            ctx.channel().config().setAutoRead(true);
        }
    }

    private void writeEvents(ChannelHandlerContext ctx, HttpRequest request, Answer.Events events) {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        events.headers().forEach(response.headers()::set);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream");
        response.headers().set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        if (request.method().equals(HttpMethod.HEAD)) {
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, 0);
            finish(ctx, request, response, ctx.writeAndFlush(keepAlive(request, response)));
            return;
        }
        boolean chunked = request.protocolVersion().equals(HttpVersion.HTTP_1_1);
        HttpUtil.setTransferEncodingChunked(response, chunked);
        ctx.writeAndFlush(response);
        stream = new SentEvents(ctx.channel());
        // Nothing is expected, but only a read notices that the client has gone.
        ctx.channel().config().setAutoRead(true);
        events.onOpen().accept(stream);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (!(event instanceof IdleStateEvent)) {
            ctx.fireUserEventTriggered(event);
        } else if (stream != null && ctx.channel().isWritable()) {
            // A comment, by the standard of server-sent events; it finds out whether the client is still there.
            ctx.writeAndFlush(chunk(":\n\n"));
        } else {
            ctx.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.debug("an HTTP client's connection ended", cause);
        ctx.close();
    }

    private static HttpContent chunk(String text) {
        return new DefaultHttpContent(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    }

    /** Events on their way through a channel. */
    private static final class SentEvents implements EventStream {
        private final Channel channel;

        private SentEvents(Channel channel) {
            this.channel = channel;
        }

        @Override
        public boolean send(String event, String data) {
            if (!channel.isActive() || !channel.isWritable()) {
                return false;
            }
            StringBuilder text = new StringBuilder("event: ").append(event).append('\n');
            data.lines().forEach(line -> text.append("data: ").append(line).append('\n'));
            channel.writeAndFlush(chunk(text.append('\n').toString()));
            return true;
        }

        @Override
        public boolean isOpen() {
            return channel.isActive();
        }

        @Override
        public void onClose(Runnable action) {
            channel.closeFuture().addListener(done -> action.run());
        }

        @Override
        public void close() {
            channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT).addListener(ChannelFutureListener.CLOSE);
        }
    }
}
