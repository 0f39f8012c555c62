package io.prestage.node.http;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * An HTTP client of the JDK that ends when it is closed; that of Java 17 has no way to.
 *
 * <p>Left alone, its selector thread waits in the kernel until the client's last reference was collected, and the VM gives threads
 * that are there 0.3 s when the process ends. That thread ends when it is interrupted, and inherits the group of the thread that
 * made the client, by which it is found. Safe for every thread.
 */
public final class ClosableHttpClient implements AutoCloseable {
    private final ThreadGroup threads = new ThreadGroup("http-client");
    private final Map<Object, CompletableFuture<?>> underWay = new ConcurrentHashMap<>();
    private final HttpClient client;
    private volatile boolean closed;

    /** Makes the client that was described. */
    public ClosableHttpClient(HttpClient.Builder description) {
        client = CompletableFuture.supplyAsync(
                        description::build, run -> new Thread(threads, run, "http-client").start())
                .join();
    }

    /**
     * A client for nodes, which speak plain HTTP.
     *
     * @param patience how long it waits for a connection
     */
    public static ClosableHttpClient plain(Duration patience) {
        return new ClosableHttpClient(
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(patience));
    }

    /**
     * Sends a request.
     *
     * @return fails if the client is closed before the answer is complete
     */
    public <T> CompletableFuture<HttpResponse<T>> sendAsync(HttpRequest request, BodyHandler<T> body) {
        CompletableFuture<HttpResponse<T>> answer;
        try {
            answer = client.sendAsync(request, body);
        } catch (RejectedExecutionException e) { // its selector thread has ended
            return CompletableFuture.failedFuture(new IOException("the client is closed", e));
        }
        Object key = new Object();
        underWay.put(key, answer);
        answer.whenComplete((response, failure) -> underWay.remove(key));
        if (closed) {
            answer.cancel(true);
        }
        return answer;
    }

    /**
     * Sends a request and waits for the answer; for its body as long again as the request's timeout says for the rest, of which the JDK's
     * client has no notion.
     *
     * @throws IOException if there is none, or the client is closed meanwhile
     */
    public <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> body) throws IOException, InterruptedException {
        CompletableFuture<HttpResponse<T>> answer = sendAsync(request, body);
        try {
            return request.timeout().isEmpty()
                    ? answer.get()
                    : answer.get(2 * request.timeout().get().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            answer.cancel(true);
            HttpTimeoutException late = new HttpTimeoutException("the answer did not come to its end");
            late.initCause(e);
            throw late;
        } catch (InterruptedException e) {
            answer.cancel(true);
            throw e;
        } catch (CancellationException e) {
            throw new IOException("the client was closed", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IOException(e.getCause());
        }
    }

    /** Breaks off what is under way. */
    @Override
    public void close() {
        closed = true;
        underWay.values().forEach(answer -> answer.cancel(true));
        threads.interrupt();
    }
}
