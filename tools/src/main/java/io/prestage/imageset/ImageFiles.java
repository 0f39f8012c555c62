package io.prestage.imageset;

import io.airlift.compress.zstd.ZstdInputStream;
import io.prestage.node.origin.ByteSink;
import io.prestage.node.origin.Descriptor;
import io.prestage.node.origin.ImageReference;
import io.prestage.node.origin.ImageResolver;
import io.prestage.node.origin.Manifest;
import io.prestage.node.origin.OriginException;
import io.prestage.node.origin.PlatformChoice;
import io.prestage.node.origin.RegistryClient;
import io.prestage.node.origin.ResolvedImage;
import io.prestage.protocol.Digest;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The files inside an image, read from its layers as they stream by; nothing is kept on disk.
 *
 * <p>Layers are read from the last to the first, so that the first file seen under a name is the one that counts, and what an
 * upper layer deletes (its {@code .wh.} files, by the OCI image specification) is known before the lower one comes. Every layer
 * is read to its end and checked against its digest.
 */
final class ImageFiles {
    private static final int LARGEST_CONFIG = 8 << 20;

    /** Reads blobs of the image. */
    interface Blobs {
        /** Reads all of a blob. */
        void fetch(Descriptor blob, ByteSink sink) throws IOException;
    }

    /** Is shown files. */
    interface Visitor {
        /**
         * One file that counts.
         *
         * @param path without a slash before it
         * @param content to be read as far as needed; not to be closed
         */
        void file(String path, InputStream content) throws IOException;

        /** Whether more files are of use; asked after each layer. */
        default boolean wantsMore() {
            return true;
        }
    }

    private final String name;
    private final JsonNode manifest;
    private final Blobs blobs;

    ImageFiles(String name, byte[] manifest, Blobs blobs) throws IOException {
        this.name = name;
        this.blobs = blobs;
        try {
            this.manifest = JsonMapper.shared().readTree(manifest);
        } catch (JacksonException e) {
            throw new IOException(name + " has a manifest that is not JSON: it has to be pushed again", e);
        }
    }

    /** The files of an image of a registry; of a multi-platform image those of one platform. */
    static ImageFiles of(RegistryClient registry, ImageReference image, PlatformChoice platform) throws IOException {
        ResolvedImage resolved = new ImageResolver(registry, 1).resolve(image, platform);
        Manifest manifest = resolved.platformManifests().stream()
                .filter(candidate -> !candidate.isIndex())
                .findFirst()
                .orElseThrow(() -> new IOException(image + " has no platform's manifest: it has to be pushed again"));
        return new ImageFiles(
                image.toString(),
                manifest.content(),
                (blob, sink) -> registry.fetch(image, blob.digest(), blob.size(), 0, blob.size(), sink));
    }

    /** A label of the image's config. */
    Optional<String> label(String key) throws IOException {
        Descriptor config = descriptor(manifest.path("config"));
        if (config.size() > LARGEST_CONFIG) {
            throw new IOException(name + " has a config of " + config.size() + " bytes, which is too much");
        }
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        blobs.fetch(config, bytes -> {
            byte[] chunk = new byte[bytes.remaining()];
            bytes.get(chunk);
            content.write(chunk, 0, chunk.length);
        });
        if (!Digest.of(content.toByteArray()).equals(config.digest())) {
            throw new IOException(name + " has a config that is not what its digest says: it has to be pushed again");
        }
        try {
            JsonNode labels = JsonMapper.shared()
                    .readTree(content.toByteArray())
                    .path("config")
                    .path("Labels");
            return Optional.of(labels.path(key).asString("")).filter(text -> !text.isEmpty());
        } catch (JacksonException e) {
            throw new IOException(name + " has a config that is not JSON: it has to be pushed again", e);
        }
    }

    /**
     * Shows all files below a folder.
     *
     * @param folder without slashes at its ends
     */
    void walk(String folder, Visitor visitor) throws IOException {
        List<Descriptor> layers = new ArrayList<>();
        for (JsonNode layer : manifest.path("layers").values()) {
            layers.add(descriptor(layer));
        }
        Whiteouts whiteouts = new Whiteouts();
        for (int layer = layers.size() - 1; layer >= 0 && visitor.wantsMore(); layer--) {
            Descriptor blob = layers.get(layer);
            try (BlobStream raw = new BlobStream(blob, sink -> blobs.fetch(blob, sink))) {
                layer(raw, blob, folder, whiteouts, visitor);
                raw.verify(name);
            }
            whiteouts.layerEnds();
        }
    }

    private void layer(BlobStream raw, Descriptor blob, String folder, Whiteouts whiteouts, Visitor visitor)
            throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(decompressed(new StaysOpen(raw)))) {
            for (TarArchiveEntry entry = next(tar, blob); entry != null; entry = next(tar, blob)) {
                String path = Whiteouts.normalised(entry.getName());
                boolean counts = whiteouts.meet(path, entry.isDirectory());
                boolean below = path.startsWith(folder + "/") || folder.isEmpty();
                if (counts && below && entry.isFile()) {
                    visitor.file(path, tar);
                }
            }
        } catch (OriginException | InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            raw.verify(name); // content that is not what its digest says is no fault of who built it
            throw e;
        }
    }

    private TarArchiveEntry next(TarArchiveInputStream tar, Descriptor blob) throws IOException {
        try {
            return tar.getNextEntry();
        } catch (OriginException | InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(
                    name + " has a layer that is no archive, " + blob.digest() + " (" + e.getMessage()
                            + "): it has to be built and pushed again",
                    e);
        }
    }

    /** Is read to its end, to be hashed, after what it holds is closed. */
    private static final class StaysOpen extends FilterInputStream {
        StaysOpen(InputStream in) {
            super(in);
        }

        @Override
        public void close() {
            // whoever made the stream closes it
        }
    }

    /** What a layer holds, whatever its media type claims. */
    private static InputStream decompressed(InputStream raw) throws IOException {
        BufferedInputStream buffered = new BufferedInputStream(raw, 1 << 16);
        buffered.mark(4);
        byte[] magic = buffered.readNBytes(4);
        buffered.reset();
        if (magic.length >= 2 && (magic[0] & 0xFF) == 0x1F && (magic[1] & 0xFF) == 0x8B) {
            return new GZIPInputStream(buffered, 1 << 16);
        }
        boolean zstd = magic.length == 4
                && (magic[0] & 0xFF) == 0x28
                && (magic[1] & 0xFF) == 0xB5
                && (magic[2] & 0xFF) == 0x2F
                && (magic[3] & 0xFF) == 0xFD;
        return zstd ? new ZstdInputStream(buffered) : buffered;
    }

    private Descriptor descriptor(JsonNode node) throws IOException {
        try {
            return new Descriptor(
                    node.path("mediaType").asString(""),
                    Digest.parse(node.path("digest").asString("")),
                    node.path("size").asLong(-1));
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    name + " has a descriptor that is wrong (" + e.getMessage() + "): it has to be pushed again", e);
        }
    }
}
