package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Obtains and keeps what a registry wants in {@code Authorization}: nothing, Basic, or a Bearer token of its token
 * service.
 *
 * <p>Safe for use by many threads; threads that need the same repository's token wait for one request.
 */
final class Authorizer {
    private static final int LONGEST_TOKEN = 1 << 20;

    /** The life of a token whose service does not say, by the distribution specification. */
    private static final long DEFAULT_SECONDS = 60;

    /** A header's value, and when it stops to count. */
    private record Grant(String header, Instant until) {}

    /** What is known of one repository; its lock makes one request for a token out of many. */
    private static final class Repository {
        private final Lock lock = new ReentrantLock();
        private volatile Optional<Grant> grant = Optional.empty();
    }

    private final Transport transport;
    private final Credentials credentials;
    private final InstantSource clock;
    private final Map<String, Repository> repositories = new ConcurrentHashMap<>();

    Authorizer(Transport transport, Credentials credentials, InstantSource clock) {
        this.transport = transport;
        this.credentials = credentials;
        this.clock = clock;
    }

    /** The header's value to try first; empty where nothing has been asked for yet. */
    Optional<String> known(ImageReference image) {
        return of(image)
                .grant
                .filter(grant -> clock.instant().isBefore(grant.until()))
                .map(Grant::header);
    }

    /**
     * Obtains a value that the registry may accept after it refused one.
     *
     * @param tried what was refused; empty if nothing was sent
     * @throws OriginException with a sentence for the operator if there is none
     */
    void renew(ImageReference image, Response refusal, Optional<String> tried) throws IOException {
        Repository repository = of(image);
        try {
            repository.lock.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted while waiting for a token");
            interrupted.initCause(e);
            throw interrupted;
        }
        try {
            boolean renewedMeanwhile = known(image).isPresent() && !known(image).equals(tried);
            if (!renewedMeanwhile) {
                repository.grant = Optional.empty();
                repository.grant = Optional.of(obtain(image, refusal));
            }
        } finally {
            repository.lock.unlock();
        }
    }

    private Repository of(ImageReference image) {
        return repositories.computeIfAbsent(image.name(), name -> new Repository());
    }

    private Grant obtain(ImageReference image, Response refusal) throws IOException {
        List<Challenge> challenges = Challenge.parse(refusal.headers().allValues("WWW-Authenticate"));
        Optional<Credential> credential = credentials.of(image);
        for (Challenge challenge : challenges) {
            if (challenge.scheme().equals("bearer")
                    && challenge.parameter("realm").isPresent()) {
                return token(image, challenge, credential);
            }
        }
        for (Challenge challenge : challenges) {
            if (challenge.scheme().equals("basic") && credential.orElse(null) instanceof Credential.Login login) {
                return new Grant(login.basic(), Instant.MAX);
            }
        }
        throw refused(image, credential.isPresent(), 401, refusal.complaint());
    }

    private Grant token(ImageReference image, Challenge challenge, Optional<Credential> credential) throws IOException {
        String realm = challenge.parameter("realm").orElseThrow();
        URI service = address(image, realm);
        Map<String, String> query = new LinkedHashMap<>();
        challenge.parameter("service").ifPresent(name -> query.put("service", name));
        query.put("scope", challenge.parameter("scope").orElse("repository:" + image.path() + ":pull"));
        Transport.Call call;
        if (credential.orElse(null) instanceof Credential.IdentityToken identity) {
            query.put("grant_type", "refresh_token");
            query.put("client_id", "prestage");
            query.put("refresh_token", identity.token());
            call = new Transport.Call(service, Map.of(), Optional.of(encode(query)), bytes -> {});
        } else {
            URI target = URI.create(realm + (service.getRawQuery() == null ? "?" : "&") + encode(query));
            Map<String, String> headers = credential.orElse(null) instanceof Credential.Login login
                    ? Map.of("Authorization", login.basic())
                    : Map.of();
            call = Transport.Call.get(target, headers);
        }
        Instant asked = clock.instant();
        try (Response response = transport.send(call)) {
            return granted(image, response, credential.isPresent(), asked);
        }
    }

    private URI address(ImageReference image, String realm) throws OriginException {
        try {
            URI service = URI.create(realm);
            if (transport.allows(service)) {
                return service;
            }
        } catch (IllegalArgumentException e) {
            throw badRealm(image, realm, e);
        }
        throw badRealm(image, realm, null);
    }

    private static OriginException badRealm(ImageReference image, String realm, Exception cause) {
        return new OriginException(
                Reason.PROTOCOL,
                image.registry() + " sends us for a token to '" + realm
                        + "', which is no HTTPS address: the registry's configuration has to be mended",
                cause);
    }

    private static String encode(Map<String, String> query) {
        return query.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }

    private Grant granted(ImageReference image, Response response, boolean loggedIn, Instant asked) throws IOException {
        int status = response.status();
        String host = response.target().getAuthority();
        if (status == 400 || status == 401 || status == 403) {
            throw refused(image, loggedIn, status, response.complaint());
        }
        if (status != 200) {
            throw Refusals.unexpected(response, "a token for " + image.name(), host);
        }
        JsonNode json;
        try {
            byte[] body = response.body().readAll(LONGEST_TOKEN).orElse(new byte[0]);
            json = JsonMapper.shared().readTree(body);
        } catch (JacksonException e) {
            throw noToken(image, host, e);
        } catch (IOException e) {
            throw transport.explain(response.target(), e);
        }
        String token = json.path("token").asString(json.path("access_token").asString(""));
        if (token.isEmpty() || token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
            throw noToken(image, host, null);
        }
        long seconds = Math.max(1, json.path("expires_in").asLong(DEFAULT_SECONDS));
        // Ends a tenth early so that it does not run out under way.
        return new Grant(
                "Bearer " + token,
                asked.plus(Duration.ofSeconds(seconds).multipliedBy(9).dividedBy(10)));
    }

    private static OriginException noToken(ImageReference image, String host, Exception cause) {
        return new OriginException(
                Reason.PROTOCOL,
                host + " answers the request for a token for " + image.name()
                        + " without one: the registry's token service has to be mended",
                cause);
    }

    /** The sentence for credentials that are missing or do not suffice. */
    static OriginException refused(ImageReference image, boolean loggedIn, int status, String complaint) {
        String said = status + (complaint.isEmpty() ? "" : ": " + complaint);
        String registry = image.registry();
        return new OriginException(
                Reason.UNAUTHORIZED,
                loggedIn
                        ? registry + " refuses the credentials for " + image.repository() + " (" + said
                                + "): log in with 'podman login " + registry + "' or pass --authfile"
                        : registry + " wants credentials for " + image.repository() + " and none were found (" + said
                                + "): check the name, then log in with 'podman login " + registry
                                + "' or pass --authfile");
    }
}
