package io.prestage.node.store;

import io.prestage.node.store.StoreException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a folder to one store.
 *
 * <p>The lock is on {@code oci-layout}, which every layout has anyway, so that a server that is switched off leaves nothing
 * behind. The operating system drops it when any channel of this process to that file is closed; so no other class of this
 * package that runs beside a store opens that file.
 */
final class FolderLock implements AutoCloseable {
    private static final byte[] CONTENT = "{\"imageLayoutVersion\":\"1.0.0\"}\n".getBytes(StandardCharsets.UTF_8);

    private final Path file;
    private final boolean created;
    private final FileChannel channel;

    private FolderLock(Path file, boolean created, FileChannel channel) {
        this.file = file;
        this.created = created;
        this.channel = channel;
    }

    /**
     * Takes the lock.
     *
     * @throws StoreException with {@link Reason#IN_USE} if another process or another store of this one has it
     */
    static FolderLock take(Path folder) throws StoreException {
        Path file = folder.resolve(Layout.OCI_LAYOUT);
        FileChannel channel = null;
        try {
            boolean created = !Files.exists(file);
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                channel.close();
                throw inUse(folder, null);
            }
            return new FolderLock(file, created, channel);
        } catch (OverlappingFileLockException e) {
            throw inUse(folder, e);
        } catch (IOException e) {
            throw StoreException.of(folder, "lock the folder", e);
        }
    }

    /** Writes the file's content where it is not there yet. */
    void write() throws IOException {
        ByteBuffer present = ByteBuffer.allocate(CONTENT.length + 1);
        int read = 0;
        while (read >= 0 && present.hasRemaining()) {
            read = channel.read(present, present.position());
        }
        if (present.flip().equals(ByteBuffer.wrap(CONTENT))) {
            return;
        }
        ByteBuffer left = ByteBuffer.wrap(CONTENT);
        while (left.hasRemaining()) {
            channel.write(left, left.position());
        }
        channel.truncate(CONTENT.length);
        channel.force(true);
    }

    /** Gives the folder up after a failed start; leaves no file that was not there before. */
    void abandon() throws IOException {
        if (created) {
            Files.deleteIfExists(file);
        }
        close();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private static StoreException inUse(Path folder, Exception cause) {
        return new StoreException(
                Reason.IN_USE, folder + " is in use by another node: stop that one or choose another folder", cause);
    }
}
