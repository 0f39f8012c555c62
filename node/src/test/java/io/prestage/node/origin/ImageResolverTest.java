package io.prestage.node.origin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.origin.OriginException.Reason;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ImageResolverTest {
    private static final Platform AMD64 = Platform.parse("linux/amd64");
    private static final Platform ARM64 = Platform.parse("linux/arm64/v8");
    private static final PlatformChoice ALL = new PlatformChoice.All();

    private FakeRegistry registry;
    private RegistryClient client;
    private ImageResolver resolver;

    @BeforeEach
    void start() throws IOException {
        registry = FakeRegistry.http();
        client = new RegistryClient(
                new OriginOptions(Optional.empty(), Optional.empty(), false, 4),
                n -> {},
                r -> {},
                new Surrounded().byNothing());
        resolver = new ImageResolver(client, 4);
    }

    @AfterEach
    void stop() {
        client.close();
        registry.close();
    }

    private static Digest digest(String content) {
        return Digest.of(content.getBytes(UTF_8));
    }

    private static String descriptor(String mediaType, Digest digest, long size, String more) {
        return String.format(
                Locale.ROOT, "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d%s}", mediaType, digest, size, more);
    }

    private static String layer(String content) {
        return descriptor("application/vnd.oci.image.layer.v1.tar+gzip", digest(content), content.length(), "");
    }

    private static String manifestOf(String config, String... layers) {
        return "{\"schemaVersion\":2,\"config\":"
                + descriptor("application/vnd.oci.image.config.v1+json", digest(config), config.length(), "")
                + ",\"layers\":[" + String.join(",", layers) + "]}";
    }

    private String put(String tag, String json) {
        registry.manifest("org/app", tag, MediaTypes.OCI_MANIFEST, json.getBytes(UTF_8));
        return json;
    }

    private void putIndex(String tag, String mediaType, String... entries) {
        String json = "{\"schemaVersion\":2,\"mediaType\":\"" + mediaType + "\",\"manifests\":["
                + String.join(",", entries) + "]}";
        registry.manifest("org/app", tag, mediaType, json.getBytes(UTF_8));
    }

    private static String entry(String json, String platform) {
        String more = platform.isEmpty() ? "" : ",\"platform\":" + platform;
        return descriptor(MediaTypes.OCI_MANIFEST, digest(json), json.length(), more);
    }

    private static String platform(String architecture) {
        return "{\"os\":\"linux\",\"architecture\":\"" + architecture + "\"}";
    }

    private ResolvedImage resolve(String tag, PlatformChoice choice) throws IOException {
        return resolver.resolve(registry.image("org/app:" + tag), choice);
    }

    private static List<Digest> digests(ResolvedImage image) {
        return image.blobs().stream().map(Descriptor::digest).toList();
    }

    private Reason failure(String tag) {
        return assertThrows(OriginException.class, () -> resolve(tag, AMD64)).reason();
    }

    @Test
    void listsConfigAndLayersEachOnce() throws IOException {
        put("1", manifestOf("{}", layer("a"), layer("b"), layer("a")));
        ResolvedImage image = resolve("1", AMD64);
        assertEquals(List.of(digest("{}"), digest("a"), digest("b")), digests(image));
        assertEquals(List.of(image.root()), image.platformManifests());
    }

    @Test
    void choosesThePlatformOfAnIndex() throws IOException {
        String amd = put("amd", manifestOf("amd", layer("a")));
        String arm = put("arm", manifestOf("arm", layer("b")));
        String note = put("note", manifestOf("note", layer("n")));
        putIndex(
                "1",
                MediaTypes.DOCKER_LIST,
                entry(note, "{\"os\":\"unknown\",\"architecture\":\"unknown\"}"),
                entry(arm, platform("arm64")),
                entry(amd, platform("amd64")));
        assertEquals(List.of(digest("amd"), digest("a")), digests(resolve("1", AMD64)));
        assertEquals(List.of(digest("arm"), digest("b")), digests(resolve("1", ARM64)));
        assertEquals(3, resolve("1", ALL).platformManifests().size());
        assertEquals(MediaTypes.DOCKER_LIST, resolve("1", ALL).root().mediaType());
    }

    @Test
    void namesThePlatformsThatAreThere() {
        String amd = put("amd", manifestOf("amd"));
        putIndex("1", MediaTypes.OCI_INDEX, entry(amd, platform("amd64")), entry(amd, platform("s390x")));
        OriginException e = assertThrows(OriginException.class, () -> resolve("1", ARM64));
        assertTrue(e.getMessage().contains("linux/arm64/v8: it has linux/amd64, linux/s390x"), e.getMessage());
    }

    @Test
    void descendsIntoAnIndexOfAnIndex() throws IOException {
        String amd = put("amd", manifestOf("amd", layer("a")));
        String inner = "{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_INDEX + "\",\"manifests\":["
                + entry(amd, platform("amd64")) + "]}";
        registry.manifest("org/app", "inner", MediaTypes.OCI_INDEX, inner.getBytes(UTF_8));
        putIndex("1", MediaTypes.OCI_INDEX, descriptor(MediaTypes.OCI_INDEX, digest(inner), inner.length(), ""));
        ResolvedImage image = resolve("1", AMD64);
        assertEquals(
                List.of(digest(inner), digest(amd)),
                image.platformManifests().stream().map(Manifest::digest).toList());
        assertEquals(List.of(digest("amd"), digest("a")), digests(image));
    }

    @Test
    void takesAnEntryWithoutPlatformWhenNoneMatches() throws IOException {
        String only = put("only", manifestOf("only"));
        putIndex("1", MediaTypes.OCI_INDEX, entry(only, ""));
        assertEquals(List.of(digest("only")), digests(resolve("1", AMD64)));
    }

    @Test
    void marksForeignLayersAndKeepsTheirAddresses() throws IOException {
        put(
                "1",
                manifestOf(
                        "{}",
                        layer("a"),
                        descriptor(
                                "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                                digest("f"),
                                1,
                                ",\"urls\":[\"https://elsewhere.example/f\"]")));
        List<Descriptor> blobs = resolve("1", AMD64).blobs();
        assertEquals(Optional.empty(), blobs.get(1).elsewhere());
        assertEquals(Optional.of("https://elsewhere.example/f"), blobs.get(2).elsewhere());
        assertEquals(List.of("https://elsewhere.example/f"), blobs.get(2).urls());
    }

    @Test
    void refusesDescriptorsThatAreWrong() {
        put("size", manifestOf("{}", descriptor("x", digest("a"), -1, "")));
        put("sizes", manifestOf("{}", descriptor("x", digest("a"), 1, ""), descriptor("x", digest("a"), 2, "")));
        put("digest", manifestOf("{}", "{\"mediaType\":\"x\",\"digest\":\"sha256:../../etc\",\"size\":1}"));
        put("none", manifestOf("{}", "{\"mediaType\":\"x\",\"digest\":\"" + digest("a") + "\"}"));
        for (String tag : List.of("size", "sizes", "digest", "none")) {
            assertEquals(Reason.PROTOCOL, failure(tag));
        }
    }

    @Test
    void namesAllMissingImagesAtOnce() {
        put("1", manifestOf("{}"));
        List<ImageReference> images =
                List.of(registry.image("org/app:1"), registry.image("org/gone:1"), registry.image("org/lost:2"));
        OriginException e = assertThrows(OriginException.class, () -> resolver.resolveAll(images, AMD64));
        assertEquals(Reason.NOT_FOUND, e.reason());
        assertTrue(e.getMessage().contains("org/gone:1") && e.getMessage().contains("org/lost:2"), e.getMessage());
    }

    @Test
    void resolvesManyInOrder() throws IOException {
        put("1", manifestOf("one"));
        put("2", manifestOf("two"));
        List<ImageReference> images = List.of(registry.image("org/app:2"), registry.image("org/app:1"));
        assertEquals(
                images,
                resolver.resolveAll(images, AMD64).stream()
                        .map(ResolvedImage::source)
                        .toList());
    }
}
