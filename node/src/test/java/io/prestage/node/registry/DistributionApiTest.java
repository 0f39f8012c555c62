package io.prestage.node.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.http.HttpServer;
import io.prestage.node.origin.ImageReference;
import io.prestage.node.origin.ImageResolver;
import io.prestage.node.origin.OriginOptions;
import io.prestage.node.origin.Platform;
import io.prestage.node.origin.RegistryClient;
import io.prestage.node.origin.ResolvedImage;
import io.prestage.protocol.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.GZIPOutputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class DistributionApiTest {
    private static final String TYPE = "application/vnd.docker.distribution.manifest.v2+json";

    @TempDir
    private Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private final Map<Digest, Long> traffic = new ConcurrentHashMap<>();
    private byte[] layer;
    private byte[] manifest;
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        layer = emptyTar(500_000);
        String config = "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
                + Digest.of(new byte[500_000 / 512 * 512]) + "\"]}}";
        manifest = ("{\"schemaVersion\":2,\"mediaType\":\"" + TYPE + "\",\"config\":{\"mediaType\":"
                        + "\"application/vnd.docker.container.image.v1+json\",\"size\":" + config.length()
                        + ",\"digest\":\"" + put(config.getBytes(UTF_8)) + "\"},\"layers\":[{\"mediaType\":"
                        + "\"application/vnd.docker.image.rootfs.diff.tar.gzip\",\"size\":" + layer.length
                        + ",\"digest\":\"" + put(layer) + "\"}]}")
                .getBytes(UTF_8);
        Digest digest = put(manifest);
        LayoutContents contents = new LayoutContents(
                folder,
                List.of(
                        new LayoutContents.Entry("org/app", Optional.of("1"), digest, TYPE),
                        new LayoutContents.Entry("org/app", Optional.of("2"), digest, TYPE),
                        new LayoutContents.Entry("org/other", Optional.of("1"), digest, TYPE)));
        DistributionApi api =
                new DistributionApi(contents, (blob, from, to, bytes) -> traffic.merge(blob, bytes, Long::sum));
        server = new HttpServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), List.of(api.route()));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static byte[] emptyTar(int size) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(new byte[size / 512 * 512]);
        }
        return out.toByteArray();
    }

    private Digest put(byte[] content) throws IOException {
        Digest digest = Digest.of(content);
        Path blobs = Files.createDirectories(folder.resolve("blobs/sha256"));
        Files.write(blobs.resolve(digest.hex()), content);
        return digest;
    }

    private String authority() {
        return "127.0.0.1:" + server.address().getPort();
    }

    private HttpResponse<String> send(String method, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + authority() + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private JsonNode json(String path) throws IOException, InterruptedException {
        return JsonMapper.shared().readTree(send("GET", path).body());
    }

    private void assertError(int status, String code, String path) throws IOException, InterruptedException {
        HttpResponse<String> response = send("GET", path);
        assertEquals(status, response.statusCode(), path);
        JsonNode error =
                JsonMapper.shared().readTree(response.body()).path("errors").path(0);
        assertEquals(code, error.path("code").asString(""), path);
    }

    @Test
    void servesManifestsByTagAndByDigest() throws Exception {
        assertEquals(200, send("GET", "/v2/").statusCode());
        for (String reference : List.of("1", "2", Digest.of(manifest).toString())) {
            HttpResponse<String> response = send("GET", "/v2/org/app/manifests/" + reference);
            assertEquals(new String(manifest, UTF_8), response.body());
            assertEquals(TYPE, response.headers().firstValue("Content-Type").orElseThrow());
            assertEquals(
                    Digest.of(manifest).toString(),
                    response.headers().firstValue("Docker-Content-Digest").orElseThrow());
        }
        HttpResponse<String> head = send("HEAD", "/v2/org/app/manifests/1");
        assertEquals(
                manifest.length,
                head.headers().firstValueAsLong("Content-Length").orElseThrow());
    }

    @Test
    void namesWhatItDoesNotHaveInTheSpecificationsCodes() throws Exception {
        String absent = Digest.of(new byte[3]).toString();
        assertError(404, "MANIFEST_UNKNOWN", "/v2/org/app/manifests/3");
        assertError(404, "MANIFEST_UNKNOWN", "/v2/org/none/manifests/1");
        assertError(404, "MANIFEST_UNKNOWN", "/v2/org/app/manifests/" + absent);
        assertError(404, "BLOB_UNKNOWN", "/v2/org/app/blobs/" + absent);
        assertError(400, "DIGEST_INVALID", "/v2/org/app/blobs/sha256:etc");
        assertError(404, "NAME_UNKNOWN", "/v2/org/none/tags/list");
        assertError(404, "NAME_INVALID", "/v2/../../etc/passwd");
        assertError(404, "NAME_INVALID", "/v2/org/app/blobs/sha256:..%2f..%2fetc");
        assertError(404, "NAME_INVALID", "/v2/org/app/referrers/x");
    }

    @Test
    void listsRepositoriesAndTagsInPages() throws Exception {
        assertEquals(
                "[\"org/app\",\"org/other\"]",
                json("/v2/_catalog").path("repositories").toString());
        assertEquals("[\"1\",\"2\"]", json("/v2/org/app/tags/list").path("tags").toString());
        HttpResponse<String> first = send("GET", "/v2/org/app/tags/list?n=1");
        assertEquals(
                "</v2/org/app/tags/list?n=1&last=1>; rel=\"next\"",
                first.headers().firstValue("Link").orElseThrow());
        assertEquals(
                "[\"2\"]", json("/v2/org/app/tags/list?n=1&last=1").path("tags").toString());
        assertError(400, "PAGINATION_NUMBER_INVALID", "/v2/_catalog?n=x");
    }

    @Test
    void isReadByTheOriginsClientAndCountsWhatItSends() throws Exception {
        byte[] random = new byte[200_000];
        new Random(7).nextBytes(random);
        Digest blob = put(random);
        OriginOptions options = new OriginOptions(Optional.empty(), Optional.empty(), false, 2);
        try (RegistryClient registry = new RegistryClient(options, n -> {})) {
            ImageReference image = ImageReference.parse(authority() + "/org/app:1");
            ResolvedImage resolved = new ImageResolver(registry, 1).resolve(image, Platform.parse("linux/amd64"));
            assertArrayEquals(manifest, resolved.root().content());
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            registry.fetch(image, blob, random.length, 0, 150_000, chunk -> {
                byte[] bytes = new byte[chunk.remaining()];
                chunk.get(bytes);
                out.writeBytes(bytes);
            });
            assertArrayEquals(java.util.Arrays.copyOf(random, 150_000), out.toByteArray());
        }
        Awaitility.await().until(() -> traffic.getOrDefault(blob, 0L) == 150_000);
    }

    @Test
    void isCopiedFromBySkopeo() throws Exception {
        Path copy = folder.resolve("copy");
        Process skopeo = new ProcessBuilder(
                        "skopeo",
                        "--insecure-policy",
                        "copy",
                        "--src-tls-verify=false",
                        "--src-no-creds",
                        "docker://" + authority() + "/org/app:1",
                        "dir:" + copy)
                .redirectErrorStream(true)
                .start();
        String output = new String(skopeo.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, skopeo.waitFor(), output);
        assertArrayEquals(manifest, Files.readAllBytes(copy.resolve("manifest.json")));
        assertArrayEquals(
                layer, Files.readAllBytes(copy.resolve(Digest.of(layer).hex())));
        assertTrue(traffic.get(Digest.of(layer)) >= layer.length, traffic.toString());
    }
}
