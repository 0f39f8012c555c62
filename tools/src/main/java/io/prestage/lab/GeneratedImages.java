package io.prestage.lab;

import io.prestage.node.registry.LayoutContents;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Makes images to show and to measure with: several that share base layers, of files of random bytes, in an OCI layout. The same size
 * gives the same images.
 *
 * @param layout the folder; its index names the images as {@code tags} does
 * @param entries its images, for the registry
 * @param tags the images as {@code repository:tag}
 * @param unique bytes of all configs and layers, shared ones counted once
 * @param copied bytes of the same if every image is counted alone
 */
public record GeneratedImages(
        Path layout, List<LayoutContents.Entry> entries, List<String> tags, Bytes unique, Bytes copied) {
    private static final int IMAGES = 8;
    private static final String MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
    private static final String CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
    private static final String LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";
    private static final int BLOCK = 1 << 16;
    private static final int HEADER = TarConstants.DEFAULT_RCDSIZE;
    private static final int END = 2 * TarConstants.DEFAULT_RCDSIZE;

    /** Copies the lists. */
    public GeneratedImages {
        entries = List.copyOf(entries);
        tags = List.copyOf(tags);
    }

    private record Blob(Digest digest, long size) {}

    /**
     * Makes them.
     *
     * @param total bytes of all layers: half of them in two base layers that the images share, half in layers of their own
     * @throws InterruptedIOException if the thread is interrupted, which it stays
     */
    public static GeneratedImages make(Path layout, Bytes total) throws IOException {
        Path blobs = Files.createDirectories(layout.resolve("blobs").resolve("sha256"));
        SplittableRandom random = new SplittableRandom(total.count());
        List<Blob> bases =
                List.of(layer(blobs, total.count() * 3 / 10, random), layer(blobs, total.count() * 2 / 10, random));
        List<LayoutContents.Entry> entries = new ArrayList<>();
        List<String> tags = new ArrayList<>();
        Map<Digest, Long> unique = new HashMap<>();
        long copied = 0;
        long own = total.count() / 2 / IMAGES;
        for (int image = 0; image < IMAGES; image++) {
            List<Blob> layers = new ArrayList<>(bases.subList(0, 1 + image % 2));
            layers.add(layer(blobs, own, random));
            Blob config = put(
                    blobs,
                    ("{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Labels\":{\"demo\":\"" + image
                            + "\"}},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" + diffIds(layers) + "]}}"));
            Blob manifest = put(blobs, manifest(config, layers));
            String name = "demo/image-" + image;
            entries.add(new LayoutContents.Entry(name, Optional.of("1.0"), manifest.digest(), MANIFEST_TYPE));
            tags.add(name + ":1.0");
            layers.add(config);
            for (Blob blob : layers) {
                unique.put(blob.digest(), blob.size());
                copied += blob.size();
            }
        }
        Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        Files.writeString(layout.resolve("index.json"), index(layout, entries));
        long once = unique.values().stream().mapToLong(Long::longValue).sum();
        return new GeneratedImages(layout, entries, tags, new Bytes(once), new Bytes(copied));
    }

    private static String diffIds(List<Blob> layers) {
        return String.join(
                ",", layers.stream().map(layer -> "\"" + layer.digest() + "\"").toList());
    }

    private static String manifest(Blob config, List<Blob> layers) {
        List<String> described =
                layers.stream().map(layer -> descriptor(LAYER_TYPE, layer)).toList();
        return "{\"schemaVersion\":2,\"mediaType\":\"" + MANIFEST_TYPE + "\",\"config\":"
                + descriptor(CONFIG_TYPE, config) + ",\"layers\":[" + String.join(",", described) + "]}";
    }

    private static String index(Path layout, List<LayoutContents.Entry> entries) throws IOException {
        List<String> images = new ArrayList<>();
        for (LayoutContents.Entry image : entries) {
            Path manifest = layout.resolve("blobs")
                    .resolve("sha256")
                    .resolve(image.digest().hex());
            String described = descriptor(MANIFEST_TYPE, new Blob(image.digest(), Files.size(manifest)));
            images.add(described.substring(0, described.length() - 1)
                    + ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"" + image.name() + ":"
                    + image.tag().orElseThrow() + "\"}}");
        }
        return "{\"schemaVersion\":2,\"manifests\":[" + String.join(",", images) + "]}";
    }

    private static String descriptor(String type, Blob blob) {
        return "{\"mediaType\":\"" + type + "\",\"digest\":\"" + blob.digest() + "\",\"size\":" + blob.size() + "}";
    }

    private static Blob put(Path blobs, String text) throws IOException {
        byte[] content = text.getBytes(StandardCharsets.UTF_8);
        Digest digest = Digest.of(content);
        Files.write(blobs.resolve(digest.hex()), content);
        return new Blob(digest, content.length);
    }

    /** A tar archive of one file, so that what is made can be loaded, too; its size is at most 512 bytes less than asked for. */
    private static Blob layer(Path blobs, long size, SplittableRandom random) throws IOException {
        long content = Math.max(0, (size - HEADER - END) / TarConstants.DEFAULT_RCDSIZE * TarConstants.DEFAULT_RCDSIZE);
        Path unnamed = Files.createTempFile(blobs, "layer", "");
        MessageDigest sha256 = Digest.sha256();
        byte[] block = new byte[BLOCK];
        try (OutputStream file = new DigestOutputStream(Files.newOutputStream(unnamed), sha256);
                TarArchiveOutputStream tar = new TarArchiveOutputStream(file, TarConstants.DEFAULT_RCDSIZE)) {
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
            TarArchiveEntry entry = new TarArchiveEntry("random-" + Long.toHexString(random.nextLong()));
            entry.setModTime(0L); // the same size gives the same images
            entry.setSize(content);
            tar.putArchiveEntry(entry);
            for (long left = content; left > 0; ) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedIOException("interrupted while images were made");
                }
                int length = (int) Math.min(left, BLOCK);
                random.nextBytes(block);
                tar.write(block, 0, length);
                left -= length;
            }
            tar.closeArchiveEntry();
        }
        Digest digest = Digest.ofRaw(sha256.digest());
        Files.move(unnamed, blobs.resolve(digest.hex()));
        return new Blob(digest, HEADER + content + END);
    }
}
