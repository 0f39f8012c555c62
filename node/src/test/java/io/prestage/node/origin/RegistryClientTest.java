package io.prestage.node.origin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.origin.OriginException.Reason;
import io.prestage.protocol.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryClientTest {
    private static final byte[] MANIFEST = "{\"schemaVersion\":2,\"config\":{},\"layers\":[]}\n".getBytes(UTF_8);

    @TempDir
    private Path folder;

    private final Surrounded surrounded = new Surrounded();
    private final LongAdder received = new LongAdder();
    private final List<Reason> failures = new CopyOnWriteArrayList<>();
    private FakeRegistry registry;

    @BeforeEach
    void start() throws IOException {
        registry = FakeRegistry.http();
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private RegistryClient client() throws IOException {
        return client(Optional.empty(), 6);
    }

    private RegistryClient client(Optional<Path> authFile, int connections) throws IOException {
        return new RegistryClient(
                new OriginOptions(authFile, Optional.empty(), false, connections),
                received::add,
                failures::add,
                surrounded.byNothing());
    }

    private RegistryClient clientWithAuth(String auths) throws IOException {
        Path file = folder.resolve("auth.json");
        Files.writeString(file, "{\"auths\":" + auths + "}");
        return client(Optional.of(file), 6);
    }

    private String login(String user, String password) {
        String pair = FakeRegistry.basic(user, password).substring("Basic ".length());
        return "{\"" + registry.authority() + "\":{\"auth\":\"" + pair + "\"}}";
    }

    private static byte[] bytes(int size) {
        byte[] content = new byte[size];
        new Random(size).nextBytes(content);
        return content;
    }

    private byte[] fetch(RegistryClient client, byte[] content, int from, int to) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        client.fetch(
                registry.image("org/app"), Digest.of(content), content.length, from, to, chunk -> copy(chunk, out));
        return out.toByteArray();
    }

    private static void copy(ByteBuffer chunk, ByteArrayOutputStream out) {
        byte[] piece = new byte[chunk.remaining()];
        chunk.get(piece);
        out.writeBytes(piece);
    }

    private byte[] put(int size) {
        byte[] content = bytes(size);
        registry.blob(content);
        return content;
    }

    private Reason manifestFailure(RegistryClient client) {
        OriginException e = assertThrows(OriginException.class, () -> client.manifest(registry.image("org/app:1")));
        return e.reason();
    }

    private void putManifest() {
        registry.manifest("org/app", "1", MediaTypes.OCI_MANIFEST, MANIFEST);
    }

    @Test
    void keepsManifestByteForByte() throws IOException {
        putManifest();
        try (RegistryClient client = client()) {
            Manifest manifest = client.manifest(registry.image("org/app:1"));
            assertArrayEquals(MANIFEST, manifest.content());
            assertEquals(MediaTypes.OCI_MANIFEST, manifest.mediaType());
            assertEquals(manifest, client.manifest(registry.image("org/app"), manifest.digest()));
        }
    }

    @Test
    void refusesManifestThatDoesNotMatchTheDigestAskedFor() throws IOException {
        registry.manifest("org/app", Digest.of(new byte[1]).toString(), MediaTypes.OCI_MANIFEST, MANIFEST);
        try (RegistryClient client = client()) {
            OriginException e = assertThrows(
                    OriginException.class, () -> client.manifest(registry.image("org/app"), Digest.of(new byte[1])));
            assertEquals(Reason.CORRUPT, e.reason());
        }
    }

    @Test
    void refusesManifestThatDoesNotMatchTheRegistrysOwnDigest() throws IOException {
        registry.always(
                "/manifests/1",
                FakeRegistry.json(
                        200,
                        "{\"layers\":[]}",
                        "Docker-Content-Digest",
                        Digest.of(new byte[1]).toString()));
        try (RegistryClient client = client()) {
            assertEquals(Reason.CORRUPT, manifestFailure(client));
        }
    }

    @Test
    void refusesManifestBeyondTheLimit() throws IOException {
        registry.manifest("org/app", "1", MediaTypes.OCI_MANIFEST, new byte[RegistryClient.LARGEST_MANIFEST + 1]);
        try (RegistryClient client = client()) {
            assertEquals(Reason.PROTOCOL, manifestFailure(client));
        }
    }

    @Test
    void refusesSchemaOneAndPagesOfText() throws IOException {
        registry.once("/manifests/1", FakeRegistry.json(200, "{\"schemaVersion\":1,\"fsLayers\":[]}"));
        registry.once("/manifests/1", FakeRegistry.json(200, "<html>log in</html>"));
        try (RegistryClient client = client()) {
            assertEquals(Reason.PROTOCOL, manifestFailure(client));
            assertEquals(Reason.PROTOCOL, manifestFailure(client));
        }
    }

    @Test
    void saysThatAnImageDoesNotExist() throws IOException {
        try (RegistryClient client = client()) {
            OriginException e =
                    assertThrows(OriginException.class, () -> client.manifest(registry.image("org/none:7")));
            assertEquals(Reason.NOT_FOUND, e.reason());
            assertTrue(e.getMessage().contains("org/none:7"), e.getMessage());
            assertEquals(List.of(), surrounded.pauses);
        }
    }

    @Test
    void fetchesExactlyTheRange() throws IOException {
        byte[] content = put(100_000);
        try (RegistryClient client = client()) {
            assertArrayEquals(Arrays.copyOfRange(content, 10, 70_000), fetch(client, content, 10, 70_000));
            assertEquals(69_990, received.sum());
            assertEquals(
                    "bytes=10-69999", registry.seen("/blobs/").get(0).range().orElseThrow());
        }
    }

    @Test
    void fetchesNothingWithoutAsking() throws IOException {
        byte[] content = put(10);
        try (RegistryClient client = client()) {
            assertEquals(0, fetch(client, content, 10, 10).length);
            assertEquals(List.of(), registry.seen());
        }
    }

    @Test
    void skipsToTheRangeWhereTheServerIgnoresIt() throws IOException {
        byte[] content = put(100_000);
        registry.always("/blobs/", FakeRegistry.ignoreRange());
        try (RegistryClient client = client()) {
            assertArrayEquals(Arrays.copyOfRange(content, 40_000, 50_000), fetch(client, content, 40_000, 50_000));
        }
    }

    @Test
    void resumesFromTheLastByteAfterTheConnectionBreaks() throws IOException {
        byte[] content = put(100_000);
        for (int i = 1; i <= 8; i++) {
            // Java loses what came in just before a connection ends if nobody has read it yet.
            int there = i * 10_000;
            Runnable arrived = () -> Awaitility.await().until(() -> received.sum() == there);
            registry.once("/blobs/", FakeRegistry.cutAfter(10_000, arrived));
        }
        try (RegistryClient client = client()) {
            assertArrayEquals(content, fetch(client, content, 0, 100_000));
            assertEquals(
                    "bytes=10000-99999", registry.seen("/blobs/").get(1).range().orElseThrow());
            assertEquals(100_000, received.sum());
        }
    }

    @Test
    void resumesAfterTheBodyStalls() throws IOException {
        byte[] content = put(100_000);
        registry.once("/blobs/", FakeRegistry.stallAfter(30_000));
        try (RegistryClient client = client()) {
            assertArrayEquals(content, fetch(client, content, 0, 100_000));
            assertEquals(
                    "bytes=30000-99999", registry.seen("/blobs/").get(1).range().orElseThrow());
        }
    }

    @Test
    void givesUpOnABlobThatNeverProgresses() throws IOException {
        byte[] content = put(1000);
        registry.always("/blobs/", FakeRegistry.cutAfter(0));
        try (RegistryClient client = client()) {
            OriginException e = assertThrows(OriginException.class, () -> fetch(client, content, 0, 1000));
            assertEquals(Reason.UNREACHABLE, e.reason());
            assertEquals(4, registry.seen("/blobs/").size());
        }
    }

    @Test
    void refusesAnotherRangeThanTheOneAskedFor() throws IOException {
        byte[] content = put(1000);
        registry.always("/blobs/", FakeRegistry.status(206, "Content-Range", "bytes 5-999/1000"));
        try (RegistryClient client = client()) {
            OriginException e = assertThrows(OriginException.class, () -> fetch(client, content, 0, 1000));
            assertEquals(Reason.PROTOCOL, e.reason());
        }
    }

    @Test
    void saysThatTheBlobHasAnotherSize() throws IOException {
        byte[] content = put(1000);
        Digest digest = Digest.of(content);
        try (RegistryClient client = client()) {
            for (long from : new long[] {0, 1500}) {
                OriginException e = assertThrows(
                        OriginException.class,
                        () -> client.fetch(registry.image("org/app"), digest, 2000, from, 2000, chunk -> {}));
                assertEquals(Reason.CORRUPT, e.reason());
            }
        }
    }

    @Test
    void waitsAsLongAsTheRegistryAsks() throws IOException {
        byte[] content = put(1000);
        registry.once("/blobs/", FakeRegistry.status(429, "Retry-After", "7"));
        registry.once("/blobs/", FakeRegistry.status(503, "Retry-After", "3"));
        try (RegistryClient client = client()) {
            assertArrayEquals(content, fetch(client, content, 0, 1000));
            assertEquals(List.of(Duration.ofSeconds(7), Duration.ofSeconds(3)), surrounded.pauses);
            assertEquals(List.of(Reason.TOO_MANY_REQUESTS, Reason.SERVER_ERROR), failures);
        }
    }

    @Test
    void failsWhenTheRegistryAsksForTooLong() throws IOException {
        putManifest();
        registry.always("/manifests/", FakeRegistry.status(429, "Retry-After", "3600"));
        try (RegistryClient client = client()) {
            assertEquals(Reason.TOO_MANY_REQUESTS, manifestFailure(client));
            assertEquals(1, registry.seen("/manifests/").size());
        }
    }

    @Test
    void waitsLongerFromFailureToFailure() throws IOException {
        registry.always("/manifests/", FakeRegistry.status(500));
        try (RegistryClient client = client()) {
            assertEquals(Reason.SERVER_ERROR, manifestFailure(client));
            assertEquals(3, surrounded.pauses.size());
            for (int i = 0; i < 3; i++) {
                long millis = surrounded.pauses.get(i).toMillis();
                assertTrue(millis >= 50L << i && millis <= 100L << i, surrounded.pauses.toString());
            }
        }
    }

    @Test
    void logsInWithBasicCredentials() throws IOException {
        putManifest();
        registry.requireBasic("me", "se:cret");
        try (RegistryClient client = clientWithAuth(login("me", "se:cret"))) {
            assertArrayEquals(
                    MANIFEST, client.manifest(registry.image("org/app:1")).content());
        }
    }

    @Test
    void saysWhereToLogInWhenCredentialsAreRefused() throws IOException {
        registry.requireBasic("me", "secret");
        try (RegistryClient client = clientWithAuth(login("me", "wrong"))) {
            OriginException e = assertThrows(OriginException.class, () -> client.manifest(registry.image("org/app:1")));
            assertEquals(Reason.UNAUTHORIZED, e.reason());
            assertTrue(e.getMessage().contains("podman login " + registry.authority()), e.getMessage());
            assertTrue(e.getMessage().contains("who are you"), e.getMessage());
        }
    }

    @Test
    void saysThatCredentialsAreMissing() throws IOException {
        registry.requireBasic("me", "secret");
        try (RegistryClient client = client()) {
            assertEquals(Reason.UNAUTHORIZED, manifestFailure(client));
        }
    }

    private void requireToken(String token) {
        registry.require(
                "Bearer " + token,
                "Bearer realm=\"http://" + registry.authority()
                        + "/token\",service=\"fake registry\",scope=\"repository:org/app:pull\"");
    }

    @Test
    void obtainsOneTokenForManyRequests() throws IOException {
        byte[] content = put(1000);
        requireToken("t1");
        registry.always("/token", FakeRegistry.json(200, "{\"token\":\"t1\",\"expires_in\":300}"));
        try (RegistryClient client = clientWithAuth(login("me", "secret"))) {
            fetch(client, content, 0, 500);
            fetch(client, content, 500, 1000);
            List<FakeRegistry.Seen> asked = registry.seen("/token");
            assertEquals(1, asked.size());
            assertEquals(
                    "/token?service=fake+registry&scope=repository%3Aorg%2Fapp%3Apull",
                    asked.get(0).path());
            assertEquals(
                    Optional.of(FakeRegistry.basic("me", "secret")),
                    asked.get(0).authorization());
        }
    }

    @Test
    void obtainsATokenAnonymously() throws IOException {
        putManifest();
        requireToken("t1");
        registry.always("/token", FakeRegistry.json(200, "{\"access_token\":\"t1\"}"));
        try (RegistryClient client = client()) {
            client.manifest(registry.image("org/app:1"));
            assertEquals(Optional.empty(), registry.seen("/token").get(0).authorization());
        }
    }

    @Test
    void renewsATokenThatTheRegistryNoLongerTakes() throws IOException {
        putManifest();
        requireToken("t1");
        registry.once("/token", FakeRegistry.json(200, "{\"token\":\"t1\",\"expires_in\":300}"));
        registry.once("/token", FakeRegistry.json(200, "{\"token\":\"t2\",\"expires_in\":300}"));
        try (RegistryClient client = client()) {
            client.manifest(registry.image("org/app:1"));
            requireToken("t2");
            client.manifest(registry.image("org/app:1"));
            assertEquals(2, registry.seen("/token").size());
        }
    }

    @Test
    void saysThatTheTokenServiceRefusesTheCredentials() throws IOException {
        requireToken("t1");
        registry.always("/token", FakeRegistry.status(401));
        try (RegistryClient client = clientWithAuth(login("me", "wrong"))) {
            assertEquals(Reason.UNAUTHORIZED, manifestFailure(client));
        }
    }

    @Test
    void exchangesAnIdentityTokenByPost() throws IOException {
        putManifest();
        requireToken("t1");
        AtomicReference<String> form = new AtomicReference<>("");
        registry.always("/token", (fake, exchange) -> {
            form.set(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
            FakeRegistry.json(200, "{\"access_token\":\"t1\"}").answer(fake, exchange);
        });
        String auths = "{\"" + registry.authority() + "/org\":{\"auth\":\"eDp5\",\"identitytoken\":\"refresh/me\"}}";
        try (RegistryClient client = clientWithAuth(auths)) {
            client.manifest(registry.image("org/app:1"));
            assertEquals("POST", registry.seen("/token").get(0).method());
            assertTrue(form.get().contains("grant_type=refresh_token"), form.get());
            assertTrue(form.get().contains("refresh_token=refresh%2Fme"), form.get());
            assertTrue(form.get().contains("service=fake+registry"), form.get());
        }
    }

    @Test
    void followsRedirectsWithoutTakingTheCredentialsAlong() throws IOException {
        byte[] content = put(50_000);
        try (FakeRegistry store = FakeRegistry.http();
                RegistryClient client = clientWithAuth(login("me", "secret"))) {
            store.blob(content);
            registry.requireBasic("me", "secret");
            registry.once("/blobs/", FakeRegistry.usual());
            registry.always(
                    "/blobs/",
                    FakeRegistry.redirectTo(
                            URI.create("http://" + store.authority() + "/far/blobs/" + Digest.of(content) + "?sig=1")));
            assertArrayEquals(Arrays.copyOfRange(content, 1, 49_000), fetch(client, content, 1, 49_000));
            assertEquals(
                    Optional.of(FakeRegistry.basic("me", "secret")),
                    registry.seen("/blobs/").get(1).authorization());
            assertEquals(Optional.empty(), store.seen("/blobs/").get(0).authorization());
            assertEquals(
                    Optional.of("bytes=1-48999"), store.seen("/blobs/").get(0).range());
        }
    }

    @Test
    void asksTheRegistryAgainWhenARedirectHasExpired() throws IOException {
        byte[] content = put(1000);
        try (FakeRegistry store = FakeRegistry.http();
                RegistryClient client = client()) {
            store.blob(content);
            store.once("/blobs/", FakeRegistry.status(403));
            registry.always(
                    "/blobs/",
                    FakeRegistry.redirectTo(
                            URI.create("http://" + store.authority() + "/far/blobs/" + Digest.of(content))));
            assertArrayEquals(content, fetch(client, content, 0, 1000));
            assertEquals(2, registry.seen("/blobs/").size());
        }
    }

    @Test
    void endsRedirectsThatGoInCircles() throws IOException {
        registry.always("/manifests/", FakeRegistry.status(307, "Location", "/v2/org/app/manifests/1"));
        try (RegistryClient client = client()) {
            assertEquals(Reason.PROTOCOL, manifestFailure(client));
        }
    }

    @Test
    void passesOnWhatTheSinkThrows() throws IOException {
        byte[] content = put(1000);
        IOException full = new IOException("no space left");
        try (RegistryClient client = client()) {
            IOException thrown = assertThrows(
                    IOException.class,
                    () -> client.fetch(registry.image("org/app"), Digest.of(content), 1000, 0, 1000, chunk -> {
                        throw full;
                    }));
            assertSame(full, thrown);
            assertEquals(1, registry.seen("/blobs/").size());
        }
    }

    @Test
    void stopsSoonAfterAnInterrupt() throws Exception {
        byte[] content = put(1000);
        registry.always("/blobs/", FakeRegistry.silence());
        AtomicReference<Throwable> outcome = new AtomicReference<>();
        try (RegistryClient client = client()) {
            Thread reader = new Thread(() -> {
                try {
                    fetch(client, content, 0, 1000);
                } catch (IOException e) {
                    outcome.set(e);
                }
            });
            reader.start();
            Awaitility.await().until(() -> !registry.seen("/blobs/").isEmpty());
            reader.interrupt();
            reader.join(2000);
            assertEquals(InterruptedIOException.class, outcome.get().getClass());
        }
    }

    @Test
    void runsNoMoreBlobRequestsThanAllowed() throws Exception {
        byte[] content = put(10_000);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch two = new CountDownLatch(2);
        registry.always("/blobs/", (fake, exchange) -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            two.countDown();
            two.await();
            running.decrementAndGet();
            FakeRegistry.usual().answer(fake, exchange);
        });
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (RegistryClient client = client(Optional.empty(), 2)) {
            List<Future<byte[]>> pending = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                pending.add(threads.submit(() -> fetch(client, content, 0, 10_000)));
            }
            for (Future<byte[]> future : pending) {
                assertArrayEquals(content, future.get());
            }
            assertEquals(2, most.get());
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void neverSpeaksPlainHttpUnlessTold() throws IOException {
        putManifest();
        try (RegistryClient client =
                new RegistryClient(OriginOptions.defaults(), received::add, failures::add, surrounded.inAHurry())) {
            assertThrows(OriginException.class, () -> client.manifest(registry.image("org/app:1")));
            assertEquals(List.of(), registry.seen());
        }
    }

    @Test
    void saysThatTheNameDoesNotResolve() throws IOException {
        try (RegistryClient client =
                new RegistryClient(OriginOptions.defaults(), received::add, failures::add, surrounded.byNothing())) {
            OriginException e = assertThrows(
                    OriginException.class, () -> client.manifest(ImageReference.parse("no.such.host.invalid/a/b:1")));
            assertEquals(Reason.UNKNOWN_HOST, e.reason());
        }
    }

    @Test
    void saysThatNobodyListens() throws IOException {
        ImageReference image = registry.image("org/app:1");
        registry.close();
        try (RegistryClient client = client()) {
            OriginException e = assertThrows(OriginException.class, () -> client.manifest(image));
            assertEquals(Reason.UNREACHABLE, e.reason());
        }
    }

    @Test
    void goesThroughTheProxyOfTheEnvironment() throws IOException {
        try (FakeRegistry proxy = FakeRegistry.http();
                RegistryClient client = new RegistryClient(
                        new OriginOptions(Optional.empty(), Optional.empty(), false, 1),
                        received::add,
                        failures::add,
                        surrounded.by(
                                Map.of("http_proxy", "http://u:p@" + proxy.authority(), "no_proxy", ".else"),
                                List.of()))) {
            proxy.always("/manifests/1", FakeRegistry.json(200, "{\"layers\":[]}"));
            Manifest manifest = client.manifest(ImageReference.parse("registry.invalid/org/app:1"));
            assertEquals(MediaTypes.OCI_MANIFEST, manifest.mediaType());
        }
    }
}
