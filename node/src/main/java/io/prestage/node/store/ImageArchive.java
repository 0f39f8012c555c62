package io.prestage.node.store;

import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Writes one image as a gzip'd tar of a folder in the form of skopeo's {@code dir:}, the folder being called like the image.
 *
 * <p>That is what scripts of sites in the field unpack. Layers are compressed already, so they are stored in the gzip stream as they
 * are rather than compressed once more.
 */
public final class ImageArchive {
    private ImageArchive() {}

    /** Gzip whose effort can be changed from file to file. */
    private static final class Gzip extends GZIPOutputStream {
        Gzip(OutputStream out) throws IOException {
            super(out, 1 << 16);
        }

        void level(int level) {
            def.setLevel(level);
        }
    }

    /**
     * Writes the archive; it appears under its name whole and flushed.
     *
     * @param layout the folder whose blobs are the image's
     * @param image every blob of it is verified there
     * @param target where the archive goes
     * @throws StoreException if it cannot be written
     */
    public static void write(Path layout, Plan.Image image, Path target) throws StoreException {
        Path draft = target.resolveSibling("." + target.getFileName() + ".part");
        try {
            try (FileOutputStream file = new FileOutputStream(draft.toFile());
                    Gzip gzip = new Gzip(new BufferedOutputStream(file, 1 << 16));
                    TarArchiveOutputStream tar = new TarArchiveOutputStream(gzip)) {
                tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
                tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
                write(new Layout(layout.toAbsolutePath().normalize()), image, tar, gzip);
                tar.finish();
                gzip.finish();
                gzip.flush();
                file.getFD().sync();
            }
            Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            PartitionArchive.discard(draft, e);
            throw StoreException.of(target.getParent(), "write " + target.getFileName(), e);
        }
    }

    private static void write(Layout layout, Plan.Image image, TarArchiveOutputStream tar, Gzip gzip)
            throws IOException {
        String folder = image.name() + "/";
        TarArchiveEntry entry = new TarArchiveEntry(folder);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
        gzip.level(Deflater.BEST_SPEED);
        begin(tar, folder + "version", Layout.DIR_VERSION.length);
        tar.write(Layout.DIR_VERSION);
        tar.closeArchiveEntry();
        for (Map.Entry<String, Digest> file : new TreeMap<>(Layout.viewOf(image)).entrySet()) {
            Path blob = layout.blob(file.getValue());
            gzip.level(file.getKey().endsWith(".json") ? Deflater.BEST_SPEED : Deflater.NO_COMPRESSION);
            begin(tar, folder + file.getKey(), Files.size(blob));
            Files.copy(blob, tar);
            tar.closeArchiveEntry();
        }
    }

    private static void begin(TarArchiveOutputStream tar, String name, long size) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name, TarConstants.LF_NORMAL);
        entry.setSize(size);
        tar.putArchiveEntry(entry);
    }
}
