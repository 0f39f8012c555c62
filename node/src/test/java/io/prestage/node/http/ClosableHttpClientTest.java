package io.prestage.node.http;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class ClosableHttpClientTest {
    private static final Duration SOON = Duration.ofSeconds(2); // Java's own client looks once in three seconds

    private final Set<Thread> before = selectors();

    @Test
    void noThreadOfItIsLeftSoonAfterItIsClosed() throws Exception {
        try (HttpServer server = serving(request -> Answer.text(200, "here"));
                ClosableHttpClient client = ClosableHttpClient.plain(SOON)) {
            HttpResponse<String> answer = client.send(asking(server), BodyHandlers.ofString());
            assertEquals("here", answer.body().strip());
            assertEquals(1, made().size());
        }
        await().atMost(SOON).until(() -> made().isEmpty());
    }

    @Test
    void whatIsUnderWayEndsWhenItIsClosed() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CompletableFuture<Void> released = new CompletableFuture<>();
        Handler slow = request -> {
            asked.countDown();
            released.join();
            return Answer.text(200, "late");
        };
        try (HttpServer server = serving(slow)) {
            ClosableHttpClient client = ClosableHttpClient.plain(SOON);
            CompletableFuture<HttpResponse<String>> pending = client.sendAsync(asking(server), BodyHandlers.ofString());
            asked.await();
            client.close();
            await().atMost(SOON).until(pending::isDone);
            assertTrue(pending.isCompletedExceptionally());
            assertThrows(IOException.class, () -> client.send(asking(server), BodyHandlers.ofString()));
            released.complete(null);
        }
    }

    @Test
    @Timeout(30)
    void anAnswerThatDoesNotComeToItsEndIsNotWaitedForAnyLonger() throws Exception {
        try (ServerSocket stuck = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ClosableHttpClient client = ClosableHttpClient.plain(SOON)) {
            CompletableFuture<Socket> half = CompletableFuture.supplyAsync(() -> answerHalf(stuck));
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + stuck.getLocalPort() + "/"))
                    .timeout(Duration.ofMillis(500))
                    .build();
            assertThrows(HttpTimeoutException.class, () -> client.send(request, BodyHandlers.ofString()));
            half.join().close();
        }
    }

    private static Socket answerHalf(ServerSocket server) {
        try {
            Socket connection = server.accept();
            connection
                    .getOutputStream()
                    .write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".getBytes(StandardCharsets.US_ASCII));
            return connection;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static HttpServer serving(Handler handler) throws IOException {
        return new HttpServer(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), List.of(new Route("/", handler)));
    }

    private static HttpRequest asking(HttpServer server) {
        return HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.address().getPort() + "/"))
                .build();
    }

    private Set<Thread> made() {
        Set<Thread> threads = selectors();
        threads.removeAll(before);
        return threads;
    }

    private static Set<Thread> selectors() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().endsWith("-SelectorManager"))
                .collect(Collectors.toSet());
    }
}
