package io.prestage.node.store;

import io.prestage.protocol.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarFile;

/**
 * The files of a data partition, in a folder or in an archive of one.
 *
 * <p>Safe for use by many threads.
 */
public final class StagedFiles {
    private final Path place;
    private final Optional<Map<String, Extent>> archived;

    private StagedFiles(Path place, Optional<Map<String, Extent>> archived) {
        this.place = place;
        this.archived = archived;
    }

    /**
     * Looks at a folder, or reads the table of an archive.
     *
     * @param place a folder, or a tar file that is not compressed
     * @throws StoreException if it is neither, with a sentence for the person who named it
     */
    public static StagedFiles at(Path place) throws StoreException {
        if (Files.isDirectory(place)) {
            return new StagedFiles(place, Optional.empty());
        }
        if (!Files.exists(place)) {
            throw new StoreException(
                    StoreException.Reason.IO,
                    place + " does not exist: name a folder or a tar file of 'prestage export'");
        }
        Map<String, Extent> table = new HashMap<>();
        try (TarFile tar = new TarFile(place)) {
            for (TarArchiveEntry entry : tar.getEntries()) {
                if (entry.isFile()) {
                    String name =
                            entry.getName().startsWith("./") ? entry.getName().substring(2) : entry.getName();
                    table.put(name, new Extent(place, entry.getDataOffset(), entry.getSize()));
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new StoreException(
                    StoreException.Reason.CORRUPT,
                    place + " is no tar file that can be read to its end: make it again with 'prestage export'",
                    e);
        }
        return new StagedFiles(place, Optional.of(table));
    }

    /** The folder or archive. */
    public Path place() {
        return place;
    }

    /** Where a file lies. */
    Optional<Extent> find(String name) throws IOException {
        if (archived.isPresent()) {
            return Optional.ofNullable(archived.get().get(name));
        }
        Path file = place.resolve(name);
        return Files.isRegularFile(file) ? Optional.of(new Extent(file, 0, Files.size(file))) : Optional.empty();
    }

    /** Where the content of a digest lies. */
    public Optional<Extent> blob(Digest digest) throws IOException {
        return find(Layout.BLOBS + "/sha256/" + digest.hex());
    }

    /**
     * A small file.
     *
     * @throws NoSuchFileException if there is none
     */
    byte[] read(String name) throws IOException {
        Optional<Extent> extent = find(name);
        if (extent.isEmpty()) {
            throw new NoSuchFileException(place + ": " + name);
        }
        return extent.get().readAll();
    }
}
