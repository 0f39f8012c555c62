package io.prestage.imageset;

import io.prestage.node.origin.ByteSink;
import io.prestage.node.origin.Descriptor;
import io.prestage.node.origin.ImageReference;
import io.prestage.node.origin.Platform;
import io.prestage.node.origin.RegistryClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads a catalog from its index image: of a registry, or in an OCI layout on this machine. */
final class CatalogImage {
    /** Where the catalog's files are in the image, by OLM's convention. */
    private static final String LABEL = "operators.operatorframework.io.index.configs.v1";

    private static final String LOCAL = "oci://";

    private CatalogImage() {}

    /**
     * Reads a catalog.
     *
     * @param reference of the image, or {@code oci:///folder}
     * @param platform whose part of a multi-platform image to read; they say the same
     * @param packages which packages are of interest; none means all
     * @throws IOException if it cannot be had or is no file-based catalog
     */
    static Catalog read(RegistryClient registry, String reference, Platform platform, Set<String> packages)
            throws IOException {
        ImageFiles image = reference.startsWith(LOCAL)
                ? local(reference, Path.of(reference.substring(LOCAL.length())), platform)
                : ImageFiles.of(registry, parse(reference), platform);
        String folder = image.label(LABEL)
                .map(Whiteouts::normalised)
                .orElseThrow(
                        () -> new IOException(
                                reference + " has no label " + LABEL
                                        + ": it is no file-based catalog, which Prestage needs; choose one of OpenShift 4.11 or newer"));
        // By path: of two layers' files of one name the upper one is shown alone, of one layer's the later one counts.
        Map<String, List<CatalogDocument>> documents = new LinkedHashMap<>();
        image.walk(folder, new ImageFiles.Visitor() {
            @Override
            public void file(String path, InputStream content) throws IOException {
                if (path.substring(path.lastIndexOf('/') + 1).startsWith(".")) {
                    return; // .indexignore
                }
                List<CatalogDocument> kept = new ArrayList<>();
                CatalogDocument.readAll(path, content, document -> {
                    if (packages.isEmpty() || packages.contains(document.packageName())) {
                        kept.add(document);
                    }
                });
                documents.put(path, kept);
            }
        });
        if (documents.isEmpty()) {
            throw new IOException(reference + " has no files in /" + folder + ": it is no file-based catalog");
        }
        Catalog.Builder catalog = new Catalog.Builder();
        documents.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .flatMap(file -> file.getValue().stream())
                .forEach(catalog::add);
        return catalog.build();
    }

    private static ImageReference parse(String reference) throws IOException {
        try {
            return ImageReference.parse(reference);
        } catch (IllegalArgumentException e) {
            throw new IOException("the catalog " + e.getMessage(), e);
        }
    }

    private static ImageFiles local(String reference, Path layout, Platform platform) throws IOException {
        JsonNode index = json(reference, layout.resolve("index.json"));
        Path blobs = layout.resolve("blobs");
        Optional<JsonNode> manifest = Optional.of(index);
        while (manifest.isPresent() && manifest.get().path("manifests").isArray()) {
            Optional<String> digest = chosen(manifest.get().path("manifests"), platform);
            if (digest.isEmpty()) {
                throw new IOException(reference + " has nothing for " + platform + ": copy that platform there, too");
            }
            manifest = Optional.of(json(reference, file(blobs, digest.get())));
        }
        byte[] content = JsonMapper.shared().writeValueAsBytes(manifest.get());
        return new ImageFiles(
                reference,
                content,
                (blob, sink) -> read(file(blobs, blob.digest().toString()), blob, sink));
    }

    private static Optional<String> chosen(JsonNode manifests, Platform platform) {
        List<JsonNode> fitting = manifests.values().stream()
                .filter(entry -> {
                    JsonNode of = entry.path("platform");
                    return of.isMissingNode()
                            || (of.path("os").asString("").equals(platform.os())
                                    && of.path("architecture").asString("").equals(platform.architecture()));
                })
                .toList();
        return fitting.stream().findFirst().map(entry -> entry.path("digest").asString(""));
    }

    private static Path file(Path blobs, String digest) {
        return blobs.resolve(digest.replace(':', '/'));
    }

    private static JsonNode json(String reference, Path file) throws IOException {
        try {
            return JsonMapper.shared().readTree(Files.readAllBytes(file));
        } catch (IOException | JacksonException e) {
            throw new IOException(reference + " is no OCI layout: " + file + " cannot be read; write oci:///FOLDER", e);
        }
    }

    private static void read(Path file, Descriptor blob, ByteSink sink) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] chunk = new byte[1 << 16];
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                sink.accept(ByteBuffer.wrap(chunk, 0, read));
            }
        } catch (NoSuchFileException e) {
            throw new IOException("the catalog's layout lacks blob " + blob.digest() + ": copy it there again", e);
        }
    }
}
