package io.prestage.lab;

import io.prestage.protocol.Digest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * Fills a registry's storage with images made on the spot, through a registry on loopback that lives as long as this.
 *
 * <p>Close it before another registry serves the same storage.
 */
public final class RegistryImages implements AutoCloseable {
    /** The two families of manifests. */
    public enum Format {
        /** The OCI image specification's. */
        OCI(
                "application/vnd.oci.image.manifest.v1+json",
                "application/vnd.oci.image.index.v1+json",
                "application/vnd.oci.image.config.v1+json",
                "application/vnd.oci.image.layer.v1.tar"),
        /** Docker's schema 2. */
        DOCKER(
                "application/vnd.docker.distribution.manifest.v2+json",
                "application/vnd.docker.distribution.manifest.list.v2+json",
                "application/vnd.docker.container.image.v1+json",
                "application/vnd.docker.image.rootfs.diff.tar");

        private final String manifest;
        private final String index;
        private final String config;
        private final String layer;

        Format(String manifest, String index, String config, String layer) {
            this.manifest = manifest;
            this.index = index;
            this.config = config;
            this.layer = layer;
        }

        private String gzippedLayer() {
            return this == OCI ? layer + "+gzip" : layer + ".gzip";
        }
    }

    /**
     * One image that was pushed.
     *
     * @param repository without the host
     * @param tag its tag
     * @param digest of its manifest or index
     * @param mediaType of that
     * @param manifestSize bytes of that
     * @param architecture of its config; empty for an index
     * @param manifests its own digest and those of the manifests below it
     * @param blobs sizes of its configs and layers
     */
    public record Pushed(
            String repository,
            String tag,
            Digest digest,
            String mediaType,
            int manifestSize,
            String architecture,
            List<Digest> manifests,
            Map<Digest, Long> blobs) {
        /**
         * The reference by tag.
         *
         * @param host with the port
         */
        public String reference(String host) {
            return host + "/" + repository + ":" + tag;
        }

        /** The reference by digest. */
        public String pinned(String host) {
            return host + "/" + repository + "@" + digest;
        }

        /** Bytes of its configs and layers. */
        public long bytes() {
            return blobs.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    private final Process registry;
    private final URI base;
    private final Path folder;
    private final HttpClient client = HttpClient.newHttpClient();

    private RegistryImages(Process registry, URI base, Path folder) {
        this.registry = registry;
        this.base = base;
        this.folder = folder;
    }

    /**
     * Starts the registry.
     *
     * @param storage the folder that {@link LabRegistry.Settings} will name
     */
    public static RegistryImages in(Path storage) throws IOException, InterruptedException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path folder = Files.createTempDirectory("registry-images");
        Path config = Files.writeString(
                folder.resolve("config.yml"),
                "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage:\n  filesystem: {rootdirectory: '"
                        + storage.toAbsolutePath() + "'}\nhttp: {addr: '127.0.0.1:" + port + "', secret: lab}\n"
                        + "validation: {manifests: {urls: {allow: ['^http']}}}\n");
        Process registry = new ProcessBuilder("docker-registry", "serve", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        RegistryImages images = new RegistryImages(registry, URI.create("http://127.0.0.1:" + port + "/v2/"), folder);
        images.awaitAnswer();
        return images;
    }

    /** Address and port, as they stand before a repository in a reference, as long as this is open. */
    public String host() {
        return base.getAuthority();
    }

    /** Random bytes: the same ones for the same seed and size. */
    public static byte[] random(long seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed * 31 + size).nextBytes(bytes);
        return bytes;
    }

    /** A layer with one file in it, as tar writes it. */
    public static byte[] tar(String name, byte[] content) {
        byte[] tar = new byte[512 + (content.length + 511) / 512 * 512 + 1024];
        put(tar, 0, name);
        put(tar, 100, "0000644\0");
        put(tar, 108, "0000000\0");
        put(tar, 116, "0000000\0");
        put(tar, 124, String.format("%011o\0", content.length));
        put(tar, 136, "00000000000\0");
        put(tar, 148, "        ");
        put(tar, 156, "0");
        put(tar, 257, "ustar\00000");
        int sum = 0;
        for (int at = 0; at < 512; at++) {
            sum += tar[at] & 0xFF;
        }
        put(tar, 148, String.format("%06o\0 ", sum));
        System.arraycopy(content, 0, tar, 512, content.length);
        return tar;
    }

    /** The same content, compressed. */
    public static byte[] gzip(byte[] content) {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return zipped.toByteArray();
    }

    private static boolean isGzip(byte[] content) {
        return content.length > 2 && (content[0] & 0xFF) == 0x1F && (content[1] & 0xFF) == 0x8B;
    }

    private static byte[] unzipped(byte[] content) {
        if (!isGzip(content)) {
            return content;
        }
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(content))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Pushes an image for amd64 of such layers. */
    public Pushed image(Format format, String repository, String tag, byte[]... layers)
            throws IOException, InterruptedException {
        return image(format, repository, tag, "amd64", layers);
    }

    /** Pushes an image for an architecture of such layers. */
    public Pushed image(Format format, String repository, String tag, String architecture, byte[]... layers)
            throws IOException, InterruptedException {
        return image(format, repository, tag, architecture, Map.of("of", repository), layers);
    }

    /** Pushes an image with such labels; a layer may be compressed with gzip. */
    public Pushed image(
            Format format,
            String repository,
            String tag,
            String architecture,
            Map<String, String> labels,
            byte[]... layers)
            throws IOException, InterruptedException {
        Map<Digest, Long> blobs = new LinkedHashMap<>();
        List<String> descriptors = new ArrayList<>();
        for (byte[] layer : layers) {
            descriptors.add(descriptor(isGzip(layer) ? format.gzippedLayer() : format.layer, layer));
            blobs.put(pushBlob(repository, layer), (long) layer.length);
        }
        byte[] config = utf8("{\"architecture\":\"" + architecture + "\",\"os\":\"linux\",\"config\":{\"Labels\":{"
                + labels.entrySet().stream()
                        .map(label -> "\"" + label.getKey() + "\":\"" + label.getValue() + "\"")
                        .collect(Collectors.joining(","))
                + "}},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":["
                + Arrays.stream(layers)
                        .map(layer -> "\"" + Digest.of(unzipped(layer)) + "\"")
                        .collect(Collectors.joining(","))
                + "]}}");
        blobs.put(pushBlob(repository, config), (long) config.length);
        byte[] manifest = utf8("{\"schemaVersion\":2,\"mediaType\":\"" + format.manifest + "\",\"config\":"
                + descriptor(format.config, config) + ",\"layers\":[" + String.join(",", descriptors) + "]}");
        Digest digest = pushManifest(repository, tag, format.manifest, manifest);
        return new Pushed(
                repository, tag, digest, format.manifest, manifest.length, architecture, List.of(digest), blobs);
    }

    /**
     * Pushes an image for amd64 with a layer that the registry does not have.
     *
     * @param address where the layer is to be had, as its manifest says
     */
    public Digest imageWithForeignLayer(String repository, String tag, byte[] own, byte[] foreign, String address)
            throws IOException, InterruptedException {
        byte[] config =
                utf8("{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\","
                        + "\"diff_ids\":[\"" + Digest.of(own) + "\",\"" + Digest.of(foreign) + "\"]}}");
        pushBlob(repository, own);
        pushBlob(repository, config);
        String elsewhere = descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", foreign);
        byte[] manifest = utf8("{\"schemaVersion\":2,\"mediaType\":\"" + Format.DOCKER.manifest + "\",\"config\":"
                + descriptor(Format.DOCKER.config, config) + ",\"layers\":["
                + descriptor(Format.DOCKER.layer, own) + ","
                + elsewhere.replace("}", ",\"urls\":[\"" + address + "\"]}") + "]}");
        return pushManifest(repository, tag, Format.DOCKER.manifest, manifest);
    }

    /** Pushes an index of images of the same repository. */
    public Pushed index(Format format, String repository, String tag, Pushed... platforms)
            throws IOException, InterruptedException {
        String descriptors = Arrays.stream(platforms)
                .map(platform -> "{\"mediaType\":\"" + platform.mediaType() + "\",\"digest\":\"" + platform.digest()
                        + "\",\"size\":" + platform.manifestSize() + ",\"platform\":{\"architecture\":\""
                        + platform.architecture() + "\",\"os\":\"linux\"}}")
                .collect(Collectors.joining(","));
        byte[] index = utf8(
                "{\"schemaVersion\":2,\"mediaType\":\"" + format.index + "\",\"manifests\":[" + descriptors + "]}");
        Digest digest = pushManifest(repository, tag, format.index, index);
        List<Digest> manifests = new ArrayList<>(List.of(digest));
        Map<Digest, Long> blobs = new LinkedHashMap<>();
        for (Pushed platform : platforms) {
            manifests.addAll(platform.manifests());
            blobs.putAll(platform.blobs());
        }
        return new Pushed(repository, tag, digest, format.index, index.length, "", List.copyOf(manifests), blobs);
    }

    /**
     * Pushes small images, {@code prefix/1:v1} and so on, each of a layer of its own and one that all share.
     *
     * @param count how many
     */
    public List<Pushed> small(String prefix, int count) throws IOException, InterruptedException {
        List<Pushed> pushed = new ArrayList<>();
        byte[] shared = tar("shared", random(1, 20_000));
        for (int image = 1; image <= count; image++) {
            Format format = image % 2 == 0 ? Format.OCI : Format.DOCKER;
            byte[] own = tar("own", random(image, 100 + 37 * image));
            pushed.add(image(format, prefix + "/" + image, "v1", shared, own));
        }
        return List.copyOf(pushed);
    }

    /** Stops the registry; what was pushed stays in the storage. */
    @Override
    public void close() throws IOException {
        registry.destroy();
        try {
            if (!registry.waitFor(10, TimeUnit.SECONDS)) {
                registry.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            registry.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a registry was stopped", e);
        }
        Files.deleteIfExists(folder.resolve("config.yml"));
        Files.deleteIfExists(folder.resolve("log"));
        Files.deleteIfExists(folder);
    }

    private Digest pushBlob(String repository, byte[] content) throws IOException, InterruptedException {
        Digest digest = Digest.of(content);
        HttpRequest.Builder head = HttpRequest.newBuilder(base.resolve(repository + "/blobs/" + digest))
                .method("HEAD", HttpRequest.BodyPublishers.noBody());
        if (client.send(head.build(), HttpResponse.BodyHandlers.discarding()).statusCode() == 200) {
            return digest;
        }
        HttpResponse<String> upload = send(
                HttpRequest.newBuilder(base.resolve(repository + "/blobs/uploads/"))
                        .POST(HttpRequest.BodyPublishers.noBody()),
                202);
        URI place = base.resolve(upload.headers().firstValue("Location").orElseThrow());
        URI whole = URI.create(place + (place.getQuery() == null ? "?" : "&") + "digest=" + digest);
        send(
                HttpRequest.newBuilder(whole)
                        .header("Content-Type", "application/octet-stream")
                        .PUT(HttpRequest.BodyPublishers.ofByteArray(content)),
                201);
        return digest;
    }

    private Digest pushManifest(String repository, String tag, String mediaType, byte[] content)
            throws IOException, InterruptedException {
        send(
                HttpRequest.newBuilder(base.resolve(repository + "/manifests/" + tag))
                        .header("Content-Type", mediaType)
                        .PUT(HttpRequest.BodyPublishers.ofByteArray(content)),
                201);
        return Digest.of(content);
    }

    private HttpResponse<String> send(HttpRequest.Builder request, int expected)
            throws IOException, InterruptedException {
        HttpRequest built = request.timeout(Duration.ofSeconds(60)).build();
        HttpResponse<String> response = client.send(built, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != expected) {
            throw new IOException(
                    built.method() + " " + built.uri() + ": " + response.statusCode() + " " + response.body());
        }
        return response;
    }

    private void awaitAnswer() throws IOException, InterruptedException {
        for (int tries = 0; ; tries++) {
            try {
                send(HttpRequest.newBuilder(base), 200);
                return;
            } catch (IOException e) {
                if (!registry.isAlive() || tries == 500) {
                    String log = Files.readString(folder.resolve("log"));
                    registry.destroyForcibly();
                    throw new IOException("docker-registry did not start: " + log, e);
                }
                registry.waitFor(20, TimeUnit.MILLISECONDS);
            }
        }
    }

    private static String descriptor(String mediaType, byte[] content) {
        return "{\"mediaType\":\"" + mediaType + "\",\"digest\":\"" + Digest.of(content) + "\",\"size\":"
                + content.length + "}";
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void put(byte[] tar, int at, String text) {
        byte[] bytes = utf8(text);
        System.arraycopy(bytes, 0, tar, at, bytes.length);
    }
}
