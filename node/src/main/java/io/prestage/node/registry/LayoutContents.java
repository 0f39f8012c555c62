package io.prestage.node.registry;

import io.prestage.protocol.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Serves the files of a folder {@code blobs/sha256/<hex>} under names that are given once.
 *
 * <p>Manifests are files of that folder too; which of them may be asked for by digest, and as what, comes from the given
 * entries.
 */
public final class LayoutContents implements Contents {
    /** Bytes above which a file is no manifest; the same bound as for those that come from an origin. */
    private static final long LARGEST_MANIFEST = 4 << 20;

    /**
     * A manifest of the folder.
     *
     * @param name the repository
     * @param tag the tag, if it has one; without one the manifest is found by its digest only
     */
    public record Entry(String name, Optional<String> tag, Digest digest, String mediaType) {}

    private final Path blobs;
    private final SortedMap<String, SortedMap<String, Entry>> byTag = new TreeMap<>();
    private final Map<Digest, Entry> byDigest = new TreeMap<>();

    /**
     * Contents that do not change, except that files may still appear.
     *
     * @param layout the folder that holds {@code blobs}
     */
    public LayoutContents(Path layout, List<Entry> entries) {
        this.blobs = layout.resolve("blobs").resolve("sha256");
        for (Entry entry : entries) {
            byDigest.put(entry.digest(), entry);
            entry.tag()
                    .ifPresent(tag -> byTag.computeIfAbsent(entry.name(), name -> new TreeMap<>())
                            .put(tag, entry));
        }
    }

    @Override
    public Optional<StoredManifest> manifest(String name, String reference) throws IOException {
        Entry entry = reference.contains(":")
                ? byDigest.get(Digest.parse(reference))
                : byTag.getOrDefault(name, new TreeMap<>()).get(reference);
        if (entry == null) {
            return Optional.empty();
        }
        Path file = blobs.resolve(entry.digest().hex());
        try {
            if (Files.size(file) > LARGEST_MANIFEST) {
                throw new IOException(file + " is too large to be a manifest");
            }
            return Optional.of(new StoredManifest(entry.mediaType(), entry.digest(), Files.readAllBytes(file)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<Path> blob(Digest digest) {
        return Optional.of(blobs.resolve(digest.hex())).filter(Files::isRegularFile);
    }

    @Override
    public List<String> names() {
        return List.copyOf(byTag.keySet());
    }

    @Override
    public List<String> tags(String name) {
        return List.copyOf(byTag.getOrDefault(name, new TreeMap<>()).keySet());
    }
}
