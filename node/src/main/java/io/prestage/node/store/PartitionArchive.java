package io.prestage.node.store;

import io.prestage.node.store.StoreException.Reason;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Writes a complete data partition into one tar file, which can be carried on a disk and seeded from.
 *
 * <p>Unpacked with {@code tar -x} it is the partition again: every blob stands in it once, and whatever else a partition links to a
 * blob is a link in the archive. What is read is hashed on the way, so that no damage is carried on.
 */
public final class PartitionArchive {
    private final Layout layout;
    private final Plan plan;
    private final TarArchiveOutputStream tar;
    private final LongConsumer progress;

    private PartitionArchive(Layout layout, Plan plan, TarArchiveOutputStream tar, LongConsumer progress) {
        this.layout = layout;
        this.plan = plan;
        this.tar = tar;
        this.progress = progress;
    }

    /**
     * Writes the archive; it appears under its name whole and flushed.
     *
     * @param folder of the data partition
     * @param progress hears of bytes as they are written
     * @return the plan of what is in it
     * @throws StoreException if the partition is not complete or damaged, or the archive cannot be written
     */
    public static Plan write(Path folder, Path target, LongConsumer progress) throws StoreException {
        Layout layout = new Layout(folder.toAbsolutePath().normalize());
        if (Files.exists(layout.ingest())) {
            throw new StoreException(
                    Reason.CORRUPT, folder + " is not complete: let its staging end before it is exported");
        }
        Plan plan = StagedPlan.of(StagedFiles.at(layout.folder()));
        Path whole = target.toAbsolutePath().normalize();
        if (Files.exists(whole) && !Files.isRegularFile(whole)) {
            throw new StoreException(Reason.IO, target + " is no regular file: name a file to write the archive to");
        }
        Path draft = whole.resolveSibling("." + whole.getFileName() + ".part");
        try {
            try (FileOutputStream file = new FileOutputStream(draft.toFile());
                    TarArchiveOutputStream tar = new TarArchiveOutputStream(new BufferedOutputStream(file, 1 << 18))) {
                tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
                tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
                new PartitionArchive(layout, plan, tar, progress).write();
                tar.finish();
                tar.flush();
                file.getFD().sync();
            }
            Files.move(draft, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return plan;
        } catch (StoreException e) {
            discard(draft, e);
            throw e;
        } catch (IOException e) {
            discard(draft, e);
            throw new StoreException(
                    Reason.IO, target + " cannot be written (" + e.getMessage() + "): choose another place", e);
        }
    }

    /** Removes what could not be written to its end. */
    static void discard(Path draft, IOException failure) {
        try {
            Files.deleteIfExists(draft);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    private void write() throws IOException {
        copy(Layout.OCI_LAYOUT);
        copy(Layout.INDEX);
        copy(Layout.RECEIPT);
        for (Plan.TextFile file : plan.files()) {
            copy(file.name());
        }
        Set<Digest> contents = new LinkedHashSet<>(plan.contents());
        for (Digest digest : contents) {
            blob(digest);
        }
        for (Plan.NamedFile file : plan.named()) {
            link(file.name(), file.contentDigest());
        }
        for (Plan.Image image : plan.images()) {
            String folder = Layout.IMAGES + "/" + image.name() + "/";
            copy(folder + "version");
            for (Map.Entry<String, Digest> file : new TreeMap<>(Layout.viewOf(image)).entrySet()) {
                link(folder + file.getKey(), file.getValue());
            }
        }
    }

    private void copy(String name) throws IOException {
        begin(name, Files.size(layout.file(name)));
        Files.copy(layout.file(name), tar);
        tar.closeArchiveEntry();
    }

    private void begin(String name, long size) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(size);
        tar.putArchiveEntry(entry);
    }

    private void blob(Digest digest) throws IOException {
        Path file = layout.blob(digest);
        begin(place(digest), Files.size(file));
        MessageDigest sha256 = Digest.sha256();
        byte[] chunk = new byte[1 << 18];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                sha256.update(chunk, 0, read);
                tar.write(chunk, 0, read);
                progress.accept(read);
            }
        }
        tar.closeArchiveEntry();
        if (!Digest.ofRaw(sha256.digest()).equals(digest)) {
            throw new StoreException(
                    Reason.CORRUPT, file + " is damaged: look what is wrong with 'prestage verify' and stage it again");
        }
    }

    private void link(String name, Digest digest) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name, TarConstants.LF_LINK);
        entry.setLinkName(place(digest));
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
    }

    private static String place(Digest digest) {
        return Layout.BLOBS + "/sha256/" + digest.hex();
    }
}
