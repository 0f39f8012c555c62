package io.prestage.node.origin;

import io.prestage.node.http.ClosableHttpClient;
import io.prestage.node.origin.OriginException.Reason;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.security.InvalidAlgorithmParameterException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/**
 * Sends one HTTP request through the right proxy with the right trust, and says what went wrong in a sentence.
 *
 * <p>HTTP/1.1 only: ranges asked for at the same time have to be connections of their own, or a path with delay gives
 * all of them together the window of one. Safe for use by many threads.
 */
final class Transport implements AutoCloseable {
    /** The key of the client for hosts without certificates of their own; no authority is empty. */
    private static final String ANY_HOST = "";

    private final Trust trust;
    private final Proxies proxies;
    private final Surroundings.Patience patience;
    private final Predicate<String> verifies;
    private final Map<String, ClosableHttpClient> clients = new ConcurrentHashMap<>();
    private final Map<String, String> schemes = new ConcurrentHashMap<>();
    private final Map<String, Object> probes = new ConcurrentHashMap<>();
    private final Set<Body> bodies = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * A transport.
     *
     * @param insecure which hosts may be spoken to without certificates that are checked, besides all if the options say so
     */
    Transport(OriginOptions options, Surroundings surroundings, Predicate<String> insecure) throws OriginException {
        this.verifies = authority -> options.tlsVerify() && !insecure.test(authority);
        this.trust = new Trust(options, surroundings, verifies);
        this.proxies = new Proxies(surroundings);
        this.patience = surroundings.patience();
    }

    /**
     * A request.
     *
     * @param form the body to post; without it the request is a GET
     * @param received told of the bytes of a body of status 200 or 206
     */
    record Call(URI target, Map<String, String> headers, Optional<String> form, LongConsumer received) {
        static Call get(URI target, Map<String, String> headers) {
            return new Call(target, headers, Optional.empty(), bytes -> {});
        }
    }

    /** Whether an address may be asked that a registry or another machine named. */
    boolean allows(URI target) {
        return target.getHost() != null
                && ("https".equals(target.getScheme())
                        || ("http".equals(target.getScheme()) && !verifies.test(target.getAuthority())));
    }

    /**
     * The address of a registry's API, without a slash at the end.
     *
     * <p>Where certificates are not checked, a registry that does not answer HTTPS is asked over HTTP, once.
     */
    URI base(String endpoint) throws IOException {
        if (verifies.test(endpoint)) {
            return URI.create("https://" + endpoint);
        }
        return URI.create(schemeOf(endpoint) + "://" + endpoint);
    }

    private String schemeOf(String endpoint) throws IOException {
        String known = schemes.get(endpoint);
        if (known != null) {
            return known;
        }
        synchronized (probes.computeIfAbsent(endpoint, any -> new Object())) { // many ask at once, in the beginning
            String scheme = schemes.get(endpoint);
            if (scheme == null) {
                scheme = probe(endpoint);
                schemes.put(endpoint, scheme);
            }
            return scheme;
        }
    }

    private String probe(String endpoint) throws IOException {
        try {
            send(probing("https://" + endpoint), patience.probe()).close();
            return "https";
        } catch (OriginException overTls) {
            try (Response answer = send(probing("http://" + endpoint), patience.response())) {
                // What a TLS server says to plain HTTP.
                if (answer.status() == 400) {
                    throw overTls;
                }
                return "http";
            } catch (OriginException overHttp) {
                if (overHttp != overTls) {
                    overTls.addSuppressed(overHttp);
                }
                throw overTls;
            }
        }
    }

    private static Call probing(String base) {
        return Call.get(URI.create(base + "/v2/"), Map.of());
    }

    /**
     * Sends the request and waits for the answer's headers.
     *
     * @throws OriginException if none come
     * @throws InterruptedIOException if the thread is interrupted
     */
    Response send(Call call) throws IOException {
        return send(call, patience.response());
    }

    private Response send(Call call, Duration wait) throws IOException {
        URI target = call.target();
        if (closed) {
            throw new IllegalStateException("the origin's client is closed");
        }
        CompletableFuture<Response> answer = new CompletableFuture<>();
        CompletableFuture<?> exchange =
                clientFor(target).sendAsync(request(call, wait), head -> begin(call, head, answer));
        exchange.whenComplete((response, failure) -> {
            if (failure != null) {
                answer.completeExceptionally(failure);
            }
        });
        try {
            return answer.get(patience.connect().plus(wait).toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            abandon(exchange, answer);
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted =
                    new InterruptedIOException("interrupted while asking " + target.getHost());
            interrupted.initCause(e);
            throw interrupted;
        } catch (TimeoutException e) {
            abandon(exchange, answer);
            throw explain(target, new HttpTimeoutException("no answer"));
        } catch (ExecutionException e) {
            throw explain(target, e.getCause());
        }
    }

    /**
     * Answers as soon as the headers are there.
     *
     * <p>The client's own answer comes a little later, and not at all if the connection breaks until then: what had come of
     * the body would be lost.
     */
    private Body begin(Call call, HttpResponse.ResponseInfo head, CompletableFuture<Response> answer) {
        Body body = open(head.statusCode() / 100 == 2 ? call.received() : bytes -> {});
        if (!answer.complete(new Response(call.target(), head.statusCode(), head.headers(), body))) {
            body.close();
        }
        return body;
    }

    private static void abandon(CompletableFuture<?> exchange, CompletableFuture<Response> answer) {
        exchange.cancel(true);
        if (!answer.cancel(false) && !answer.isCompletedExceptionally()) {
            answer.join().close();
        }
    }

    private Body open(LongConsumer received) {
        Body body = new Body(patience.stall(), received, bodies::remove);
        bodies.add(body);
        if (closed) {
            body.close();
        }
        return body;
    }

    private HttpRequest request(Call call, Duration wait) {
        HttpRequest.Builder request = HttpRequest.newBuilder(call.target()).timeout(wait);
        request.setHeader("User-Agent", "prestage");
        call.headers().forEach(request::setHeader);
        proxies.loginFor(call.target()).ifPresent(login -> request.setHeader("Proxy-Authorization", login.basic()));
        call.form()
                .ifPresent(form -> request.setHeader("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(form)));
        return request.build();
    }

    private ClosableHttpClient clientFor(URI target) throws OriginException {
        String key = trust.isSpecial(target.getAuthority()) ? target.getAuthority() : ANY_HOST;
        ClosableHttpClient known = clients.get(key);
        return known != null ? known : newClient(key, target.getAuthority());
    }

    /** Makes a client unless there is one by now; each has a thread of its own. */
    private synchronized ClosableHttpClient newClient(String key, String authority) throws OriginException {
        ClosableHttpClient known = clients.get(key);
        if (closed) {
            throw new IllegalStateException("the origin's client is closed");
        }
        if (known == null) {
            known = new ClosableHttpClient(HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(patience.connect())
                    .proxy(proxies)
                    .sslContext(trust.contextFor(authority)));
            clients.put(key, known);
        }
        return known;
    }

    /** Turns what Java says about a failed request into a sentence. */
    OriginException explain(URI target, Throwable cause) {
        String host = target.getAuthority();
        String through = proxies.nameFor(target)
                .map(name -> " through the proxy " + name)
                .orElse("");
        if (isCausedBy(cause, UnresolvedAddressException.class, UnknownHostException.class)) {
            return new OriginException(
                    Reason.UNKNOWN_HOST,
                    through.isEmpty()
                            ? "the name " + target.getHost() + " does not resolve: check it and this machine's DNS"
                            : host + " cannot be reached" + through
                                    + ", whose name does not resolve: check HTTPS_PROXY and this machine's DNS",
                    cause);
        }
        if (isCausedBy(
                cause,
                CertificateException.class,
                CertPathBuilderException.class,
                CertPathValidatorException.class,
                InvalidAlgorithmParameterException.class)) {
            return new OriginException(
                    Reason.UNKNOWN_CA,
                    "the certificate of " + host + " is not trusted (" + innermost(cause)
                            + "): pass its authority with --cacert or put it into /etc/containers/certs.d/" + host,
                    cause);
        }
        if (isCausedBy(cause, HttpConnectTimeoutException.class)) {
            return new OriginException(
                    Reason.TIMEOUT,
                    host + " does not take a connection" + through + " within "
                            + patience.connect().toSeconds() + " s: check the route and the firewall",
                    cause);
        }
        if (isCausedBy(cause, HttpTimeoutException.class)) {
            return new OriginException(
                    Reason.TIMEOUT, host + " does not answer in time" + through + ": check the link to it", cause);
        }
        if (isCausedBy(cause, ConnectException.class)) {
            return new OriginException(
                    Reason.UNREACHABLE,
                    host + " cannot be reached" + through + ": check the address, the route and the firewall",
                    cause);
        }
        if (isCausedBy(cause, SSLException.class) && innermost(cause).contains("SSL message")) {
            return new OriginException(
                    Reason.PROTOCOL,
                    host + " does not speak TLS: if it is a plain HTTP registry, pass --tls-verify=false",
                    cause);
        }
        return new OriginException(
                Reason.UNREACHABLE,
                "the connection to " + host + through + " broke (" + innermost(cause) + "): check the link to it",
                cause);
    }

    private static boolean isCausedBy(Throwable failure, Class<?>... kinds) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
                .anyMatch(cause -> Stream.of(kinds).anyMatch(kind -> kind.isInstance(cause)));
    }

    private static String innermost(Throwable cause) {
        Throwable t = cause;
        while (t.getCause() != null) {
            t = t.getCause();
        }
        return t.getMessage() == null ? t.getClass().getSimpleName() : t.getMessage();
    }

    /** Ends every transfer. */
    @Override
    public synchronized void close() {
        closed = true;
        bodies.forEach(Body::close);
        clients.values().forEach(ClosableHttpClient::close);
        clients.clear();
    }
}
