package io.prestage.node.origin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;

/**
 * A registry on loopback that misbehaves on command.
 *
 * <p>By default it serves what was put into it, to everyone, with ranges. {@link #once} and {@link #always} replace the
 * answer to requests whose path contains some text; of those that match, the one told first wins.
 */
public final class FakeRegistry implements AutoCloseable {
    private static final String NOBODY = "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"who are you\"}]}";
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d*)");

    /** A request that came in. */
    public record Seen(String method, String path, Optional<String> range, Optional<String> authorization) {}

    /** An answer other than the usual. */
    @FunctionalInterface
    public interface Behaviour {
        /** Answers; whatever the exchange still lacks is cut off afterwards. */
        void answer(FakeRegistry registry, HttpExchange exchange) throws IOException, InterruptedException;
    }

    private record Rule(String pathPart, Behaviour behaviour, boolean lasting) {}

    /** Content as it is to be served. */
    private static final class Stored {
        private final String mediaType;
        private final byte[] content;

        private Stored(String mediaType, byte[] content) {
            this.mediaType = mediaType;
            this.content = content;
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Map<String, Stored> contents = new ConcurrentHashMap<>();
    private final List<Rule> rules = new CopyOnWriteArrayList<>();
    private final List<Seen> seen = new CopyOnWriteArrayList<>();
    private volatile Optional<String> wanted = Optional.empty();
    private volatile String challenge = "";

    private FakeRegistry(HttpServer server) {
        this.server = server;
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    /** A registry that speaks plain HTTP. */
    public static FakeRegistry http() throws IOException {
        return new FakeRegistry(HttpServer.create(loopback(), 0));
    }

    /** A registry that speaks HTTPS with the context's certificate. */
    public static FakeRegistry https(SSLContext context) throws IOException {
        HttpsServer server = HttpsServer.create(loopback(), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        return new FakeRegistry(server);
    }

    private static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    /** Host and port, as a reference has them. */
    public String authority() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /** A reference to an image here. */
    public ImageReference image(String nameAndTag) {
        return ImageReference.parse(authority() + "/" + nameAndTag);
    }

    /** Puts a blob into every repository. */
    public Digest blob(byte[] content) {
        Digest digest = Digest.of(content);
        contents.put("blobs/" + digest, new Stored("application/octet-stream", content));
        return digest;
    }

    /** Puts a manifest under its digest and a tag. */
    public Digest manifest(String name, String tag, String mediaType, byte[] content) {
        Digest digest = Digest.of(content);
        contents.put(name + "/manifests/" + tag, new Stored(mediaType, content));
        contents.put(name + "/manifests/" + digest, new Stored(mediaType, content));
        return digest;
    }

    /** Refuses whoever does not send this {@code Authorization}, with this challenge. */
    public void require(String authorization, String wwwAuthenticate) {
        wanted = Optional.of(authorization);
        challenge = wwwAuthenticate;
    }

    /** Refuses whoever does not log in. */
    public void requireBasic(String user, String password) {
        require(basic(user, password), "Basic realm=\"fake\"");
    }

    /** The value of {@code Authorization} for a login. */
    public static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** Answers the next request whose path contains the text this way. */
    public void once(String pathPart, Behaviour behaviour) {
        rules.add(new Rule(pathPart, behaviour, false));
    }

    /** Answers all requests whose path contains the text this way. */
    public void always(String pathPart, Behaviour behaviour) {
        rules.add(new Rule(pathPart, behaviour, true));
    }

    /** Every request so far. */
    public List<Seen> seen() {
        return List.copyOf(seen);
    }

    /** The requests so far whose path contains the text. */
    public List<Seen> seen(String pathPart) {
        return seen.stream().filter(s -> s.path().contains(pathPart)).toList();
    }

    /** Answers with a status and headers, given as name, value, name, value. */
    public static Behaviour status(int status, String... headers) {
        return (registry, exchange) -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
            }
            exchange.sendResponseHeaders(status, -1);
        };
    }

    /** Answers with JSON. */
    public static Behaviour json(int status, String json, String... headers) {
        return (registry, exchange) -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
            }
            byte[] body = json.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        };
    }

    /** Begins the right answer and cuts the connection after some bytes of the body. */
    public static Behaviour cutAfter(int bytes) {
        return (registry, exchange) -> registry.partly(exchange, bytes);
    }

    /** Begins the right answer and cuts the connection after some bytes of the body, once the action has returned. */
    public static Behaviour cutAfter(int bytes, Runnable before) {
        return (registry, exchange) -> {
            registry.partly(exchange, bytes);
            before.run();
        };
    }

    /** Begins the right answer and sends no more after some bytes of the body until the registry closes. */
    public static Behaviour stallAfter(int bytes) {
        return (registry, exchange) -> {
            registry.partly(exchange, bytes);
            registry.closing.await();
        };
    }

    /** Does not answer until the registry closes. */
    public static Behaviour silence() {
        return (registry, exchange) -> registry.closing.await();
    }

    /** Answers a request for a range with the whole content. */
    public static Behaviour ignoreRange() {
        return (registry, exchange) -> {
            byte[] content = registry.find(exchange).orElseThrow().content;
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content);
        };
    }

    /** Answers with another body of the same form. */
    public static Behaviour wrongBytes(byte[] other) {
        return (registry, exchange) ->
                registry.serve(exchange, new Stored("application/octet-stream", other), other.length);
    }

    /** Sends the client to another address. */
    public static Behaviour redirectTo(URI address) {
        return status(307, "Location", address.toString());
    }

    /** Answers as if nothing had been told. */
    public static Behaviour usual() {
        return (registry, exchange) -> registry.serveUsually(exchange);
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().toString();
        seen.add(new Seen(
                exchange.getRequestMethod(), path, header(exchange, "Range"), header(exchange, "Authorization")));
        try {
            behaviourFor(path).answer(this, exchange);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            exchange.close();
        }
    }

    private synchronized Behaviour behaviourFor(String path) {
        Optional<Rule> first =
                rules.stream().filter(rule -> path.contains(rule.pathPart())).findFirst();
        first.filter(rule -> !rule.lasting()).ifPresent(rules::remove);
        return first.map(Rule::behaviour).orElse(usual());
    }

    private static Optional<String> header(HttpExchange exchange, String name) {
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
    }

    private void serveUsually(HttpExchange exchange) throws IOException, InterruptedException {
        if (wanted.isPresent() && !header(exchange, "Authorization").equals(wanted)) {
            json(401, NOBODY, "WWW-Authenticate", challenge).answer(this, exchange);
            return;
        }
        Optional<Stored> stored = find(exchange);
        if (stored.isPresent()) {
            serve(exchange, stored.get(), Integer.MAX_VALUE);
        } else {
            exchange.sendResponseHeaders(exchange.getRequestURI().getPath().equals("/v2/") ? 200 : 404, -1);
        }
    }

    private Optional<Stored> find(HttpExchange exchange) {
        String path = exchange.getRequestURI().getPath();
        int blobs = path.indexOf("/blobs/");
        String key = blobs >= 0 ? path.substring(blobs + 1) : path.substring(Math.min(path.length(), "/v2/".length()));
        return Optional.ofNullable(contents.get(key));
    }

    private void partly(HttpExchange exchange, int bytes) throws IOException {
        serve(exchange, find(exchange).orElseThrow(), bytes);
    }

    private void serve(HttpExchange exchange, Stored stored, int limit) throws IOException {
        byte[] content = stored.content;
        int from = 0;
        int to = content.length;
        Matcher range = RANGE.matcher(header(exchange, "Range").orElse(""));
        exchange.getResponseHeaders().add("Content-Type", stored.mediaType);
        if (range.matches()) {
            from = Integer.parseInt(range.group(1));
            to = range.group(2).isEmpty() ? to : Math.min(to, Integer.parseInt(range.group(2)) + 1);
            if (from >= content.length) {
                exchange.sendResponseHeaders(416, -1);
                return;
            }
            exchange.getResponseHeaders().add("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + content.length);
        }
        exchange.sendResponseHeaders(range.matches() ? 206 : 200, to - from == 0 ? -1 : to - from);
        OutputStream out = exchange.getResponseBody();
        out.write(content, from, Math.min(limit, to - from));
        out.flush();
    }

    @Override
    public void close() {
        closing.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
