package io.prestage.node.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpServerTest {
    private static final int SIZE = 3_000_000;

    @TempDir
    private Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<List<Long>> sent = new CopyOnWriteArrayList<>();
    private final AtomicReference<EventStream> stream = new AtomicReference<>();
    private byte[] content;
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        content = new byte[SIZE];
        new Random(1).nextBytes(content);
        Path file = Files.write(folder.resolve("file"), content);
        Path empty = Files.write(folder.resolve("empty"), new byte[0]);
        server = new HttpServer(
                loopback(0),
                List.of(
                        new Route("/", request -> Answer.text(200, "root")),
                        new Route("/below/", request -> Answer.text(200, request.path())),
                        new Route("/below/deeper/", request -> Answer.text(200, "deeper")),
                        new Route(
                                "/query",
                                request -> Answer.text(200, request.query().toString())),
                        new Route("/file", request -> file(file)),
                        new Route("/empty", request -> file(empty)),
                        new Route("/broken", request -> {
                            throw new IOException("secret detail");
                        }),
                        new Route("/wrong", request -> {
                            throw new IllegalStateException("secret detail");
                        }),
                        new Route("/gone", request -> file(folder.resolve("gone"))),
                        new Route("/events", request -> new Answer.Events(Map.of(), stream::set))),
                Duration.ofMillis(400));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private Answer file(Path file) {
        return new Answer.FileContent(
                file,
                "application/octet-stream",
                Map.of("ETag", "\"v1\""),
                (from, to, bytes) -> sent.add(List.of(from, to, bytes)));
    }

    private HttpResponse<byte[]> get(String path, String... headers) throws IOException, InterruptedException {
        return send("GET", path, headers);
    }

    private HttpResponse<byte[]> send(String method, String path, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.address().getPort() + path))
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private String text(String path) throws IOException, InterruptedException {
        return new String(get(path).body(), UTF_8).strip();
    }

    private String raw(String request) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
            socket.setSoTimeout(5000);
            socket.getOutputStream().write(request.getBytes(US_ASCII));
            socket.getOutputStream().flush();
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    @Test
    void choosesTheExactRouteThenTheLongest() throws Exception {
        assertEquals("root", text("/"));
        assertEquals("/below/a/b", text("/below/a/b"));
        assertEquals("/below", text("/below"));
        assertEquals("deeper", text("/below/deeper/x"));
        assertEquals(404, get("/else").statusCode());
        assertEquals(404, get("/filex").statusCode());
    }

    @Test
    void decodesTheQuery() throws Exception {
        assertEquals("{a=[b c, d]}", text("/query?a=b%20c&a=d"));
        assertTrue(raw("GET /%zz HTTP/1.1\r\nConnection: close\r\n\r\n").startsWith("HTTP/1.1 400"));
    }

    @Test
    void sendsAWholeFile() throws Exception {
        HttpResponse<byte[]> response = get("/file");
        assertEquals(200, response.statusCode());
        assertArrayEquals(content, response.body());
        Awaitility.await().until(() -> sent.equals(List.of(List.of(0L, (long) SIZE, (long) SIZE))));
    }

    @ParameterizedTest
    @CsvSource({
        "bytes=0-0,0,1",
        "bytes=5-9,5,10",
        "bytes=2999990-,2999990,3000000",
        "bytes=-7,2999993,3000000",
        "bytes=100-9999999,100,3000000",
        "bytes=-9999999,0,3000000"
    })
    void sendsARangeOfAFile(String range, int from, int to) throws Exception {
        HttpResponse<byte[]> response = get("/file", "Range", range);
        assertEquals(206, response.statusCode());
        assertEquals(
                "bytes " + from + "-" + (to - 1) + "/" + SIZE,
                response.headers().firstValue("Content-Range").orElseThrow());
        assertArrayEquals(Arrays.copyOfRange(content, from, to), response.body());
    }

    @ParameterizedTest
    @CsvSource({"bytes=3000000-", "bytes=-0", "bytes=9999999-99999999"})
    void refusesARangeBeyondTheEnd(String range) throws Exception {
        HttpResponse<byte[]> response = get("/file", "Range", range);
        assertEquals(416, response.statusCode());
        assertEquals(
                "bytes */" + SIZE,
                response.headers().firstValue("Content-Range").orElseThrow());
    }

    @ParameterizedTest
    @CsvSource({"bytes=9-5", "'bytes=0-1,3-4'", "lines=0-1", "bytes=-"})
    void ignoresARangeItDoesNotDo(String range) throws Exception {
        assertEquals(200, get("/file", "Range", range).statusCode());
    }

    @Test
    void sendsTheWholeFileWhenItIsAnotherThanTheRangeIsOf() throws Exception {
        assertEquals(
                206, get("/file", "Range", "bytes=0-1", "If-Range", "\"v1\"").statusCode());
        assertEquals(
                200, get("/file", "Range", "bytes=0-1", "If-Range", "\"v0\"").statusCode());
    }

    @Test
    void sendsNoBodyToHead() throws Exception {
        HttpResponse<byte[]> response = send("HEAD", "/file");
        assertEquals(SIZE, response.headers().firstValueAsLong("Content-Length").orElseThrow());
        assertEquals(0, response.body().length);
        assertEquals(200, send("HEAD", "/").statusCode());
        assertEquals(200, send("HEAD", "/empty").statusCode());
        assertEquals(0, get("/empty").body().length);
    }

    @Test
    void answersRequestsOfOneConnectionInOrder() throws IOException {
        String requests = String.join(
                "\r\n",
                "GET /below/1 HTTP/1.1",
                "",
                "GET /file HTTP/1.1",
                "Range: bytes=0-0",
                "",
                "HEAD /file HTTP/1.1",
                "",
                "GET /below/2 HTTP/1.1",
                "Connection: close",
                "",
                "");
        String answers = raw(requests);
        assertEquals(4, answers.split("HTTP/1.1 20", -1).length - 1, answers);
        assertTrue(answers.indexOf("/below/1") < answers.indexOf("206"), answers);
        assertTrue(answers.endsWith("/below/2\n"), answers);
    }

    @Test
    void answersARequestThatComesInParts() throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(5000);
            for (String part : List.of("GET /be", "low/x HTTP/1.1\r\nConnec", "tion: close\r\n", "\r\n")) {
                socket.getOutputStream().write(part.getBytes(US_ASCII));
            }
            String answer = new String(socket.getInputStream().readAllBytes(), UTF_8);
            assertTrue(answer.endsWith("/below/x\n"), answer);
        }
        assertTrue(raw("GET /below/?" + "x".repeat(4000) + " HTTP/1.1\r\nConnection: close\r\n\r\n")
                .startsWith("HTTP/1.1 200"));
    }

    @Test
    void refusesWhatIsNoGetOrHead() throws Exception {
        assertEquals(405, send("DELETE", "/").statusCode());
        String posted = raw("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello");
        assertTrue(posted.startsWith("HTTP/1.1 405") && posted.contains("GET, HEAD"), posted);
        assertTrue(raw("GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello").startsWith("HTTP/1.1 413"));
    }

    @Test
    void refusesRequestsThatAreTooLongOrGarbage() throws IOException {
        assertTrue(raw("GET /" + "x".repeat(5000) + " HTTP/1.1\r\n\r\n").startsWith("HTTP/1.1 400"));
        assertTrue(raw("GET / HTTP/1.1\r\nA: " + "x".repeat(20000) + "\r\n\r\n").startsWith("HTTP/1.1 400"));
        assertTrue(raw("\u0016\u0003\u0001 nonsense\r\n\r\n").startsWith("HTTP/1.1 400"));
    }

    @Test
    void keepsDetailsOfFailuresToItself() throws Exception {
        for (String path : List.of("/broken", "/wrong", "/gone")) {
            HttpResponse<byte[]> response = get(path);
            assertEquals(500, response.statusCode());
            assertTrue(!new String(response.body(), UTF_8).contains("secret"));
        }
    }

    @Test
    void endsConnectionsThatAreIdle() throws IOException {
        assertEquals("", raw("GET / HT"));
    }

    @Test
    void tellsHowMuchAClientThatLeftWasSent() throws Exception {
        byte[] large = new byte[64 << 20];
        Path file = Files.write(folder.resolve("large"), large);
        try (HttpServer other = new HttpServer(loopback(0), List.of(new Route("/large", request -> file(file))))) {
            try (Socket socket =
                    new Socket(InetAddress.getLoopbackAddress(), other.address().getPort())) {
                socket.getOutputStream().write("GET /large HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
                assertEquals(1000, socket.getInputStream().readNBytes(1000).length);
                socket.setSoLinger(true, 0);
            }
            Awaitility.await().until(() -> sent.size() == 1);
            assertTrue(sent.get(0).get(2) > 0 && sent.get(0).get(2) < large.length, sent.toString());
        }
    }

    private BufferedReader listen() throws IOException, InterruptedException {
        HttpResponse<InputStream> response = client.send(
                HttpRequest.newBuilder(URI.create(
                                "http://127.0.0.1:" + server.address().getPort() + "/events"))
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        assertEquals(
                "text/event-stream",
                response.headers().firstValue("Content-Type").orElseThrow());
        Awaitility.await().until(() -> stream.get() != null);
        return new BufferedReader(new InputStreamReader(response.body(), UTF_8));
    }

    @Test
    void streamsEventsUntilItCloses() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        try (BufferedReader events = listen()) {
            stream.get().onClose(closed::countDown);
            assertTrue(stream.get().send("progress", "one\ntwo"));
            assertEquals("event: progress", events.readLine());
            assertEquals("data: one", events.readLine());
            assertEquals("data: two", events.readLine());
            assertEquals("", events.readLine());
            // Longer than a connection may be idle: a comment keeps it.
            assertEquals(":", events.readLine());
            assertEquals("", events.readLine());
            stream.get().close();
            assertEquals(null, events.readLine());
        }
        closed.await();
        assertTrue(!stream.get().send("progress", "late"));
    }

    @Test
    void leavesOutEventsThatASlowClientCannotTake() throws Exception {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
            socket.getOutputStream().write("GET /events HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
            Awaitility.await().until(() -> stream.get() != null);
            String data = "x".repeat(100_000);
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> !stream.get().send("e", data));
        }
        Awaitility.await().until(() -> !stream.get().isOpen());
    }

    @Test
    void namesAddressAndPortWhenThePortIsInUse() {
        int port = server.address().getPort();
        IOException e = assertThrows(IOException.class, () -> new HttpServer(loopback(port), List.of()).close());
        assertEquals(
                "port " + port + " of address 127.0.0.1 is in use: stop the program that has it or choose another port",
                e.getMessage());
    }

    @Test
    void givesThePortBack() throws IOException {
        int port = server.address().getPort();
        server.close();
        new HttpServer(loopback(port), List.of()).close();
    }
}
