package io.prestage.node.origin;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Hands the body of an answer to the thread that asked, and gives up on it when no byte comes for too long.
 *
 * <p>java.net.http ends its own timeout with the headers, hence this. One thread reads; the client's threads fill; any
 * thread may close.
 */
final class Body implements HttpResponse.BodySubscriber<Body>, AutoCloseable {
    /**
     * Buffers that may wait for the reader. One has 16 KiB unless {@code -Djdk.httpclient.bufsize} says otherwise; with
     * 128 KiB six connections brought 0.9 GB/s over loopback instead of 0.45.
     */
    private static final int WINDOW = 8;

    private sealed interface Event {
        record Bytes(List<ByteBuffer> buffers) implements Event {}

        record Failed(Throwable cause) implements Event {}

        record End() implements Event {}
    }

    private final Duration stall;
    private final LongConsumer received;
    private final Consumer<Body> onClose;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final ArrayDeque<ByteBuffer> ready = new ArrayDeque<>();
    private Flow.Subscription subscription;
    private boolean closed;

    /**
     * A body that has not begun.
     *
     * @param stall how long to wait for the next byte
     * @param received told of every byte that arrives, by the client's threads
     * @param onClose told when the body is closed
     */
    Body(Duration stall, LongConsumer received, Consumer<Body> onClose) {
        this.stall = stall;
        this.received = received;
        this.onClose = onClose;
    }

    @Override
    public CompletionStage<Body> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription source) {
        boolean late;
        synchronized (this) {
            late = closed;
            subscription = source;
        }
        if (late) {
            source.cancel();
        } else {
            source.request(WINDOW);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        long bytes = 0;
        for (ByteBuffer buffer : buffers) {
            bytes += buffer.remaining();
        }
        received.accept(bytes);
        events.add(new Event.Bytes(buffers));
    }

    @Override
    public void onError(Throwable cause) {
        events.add(new Event.Failed(cause));
    }

    @Override
    public void onComplete() {
        events.add(new Event.End());
    }

    /**
     * The next bytes, at least one; empty at the end.
     *
     * @throws HttpTimeoutException if none came in time
     * @throws InterruptedIOException if the thread is interrupted
     * @throws IOException if the connection broke or the body was closed
     */
    Optional<ByteBuffer> next() throws IOException {
        while (true) {
            ByteBuffer buffer = ready.poll();
            if (buffer != null) {
                if (buffer.hasRemaining()) {
                    return Optional.of(buffer);
                }
                continue;
            }
            Event event = await();
            if (event instanceof Event.Bytes bytes) {
                ready.addAll(bytes.buffers());
                subscribed().request(1);
            } else if (event instanceof Event.Failed failed) {
                throw new IOException("the connection broke off", failed.cause());
            } else {
                events.add(event);
                return Optional.empty();
            }
        }
    }

    private synchronized Flow.Subscription subscribed() {
        return subscription;
    }

    private Event await() throws IOException {
        try {
            Event event = events.poll(stall.toMillis(), TimeUnit.MILLISECONDS);
            if (event == null) {
                throw new HttpTimeoutException("no byte for " + stall.toMillis() + " ms");
            }
            return event;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted while waiting for the origin");
            interrupted.initCause(e);
            throw interrupted;
        }
    }

    /**
     * The rest of the body.
     *
     * @param limit the most bytes to accept
     * @return empty if there are more
     * @throws IOException as {@link #next()}
     */
    Optional<byte[]> readAll(int limit) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (true) {
            Optional<ByteBuffer> buffer = next();
            if (buffer.isEmpty()) {
                return Optional.of(all.toByteArray());
            }
            byte[] bytes = new byte[buffer.get().remaining()];
            buffer.get().get(bytes);
            if (all.size() + bytes.length > limit) {
                return Optional.empty();
            }
            all.write(bytes);
        }
    }

    /** Ends the transfer; a connection whose body is not at its end is cut. */
    @Override
    public void close() {
        Flow.Subscription source;
        synchronized (this) {
            closed = true;
            source = subscription;
        }
        if (source != null) {
            source.cancel();
        }
        events.add(new Event.Failed(new IOException("closed")));
        onClose.accept(this);
    }
}
