package io.prestage.node.store;

import io.prestage.protocol.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * Says which pieces of one partial blob were written, across crashes.
 *
 * <p>Records of one size, so that a torn or damaged one spoils no other. A record is a claim: whoever reads it hashes the piece
 * again before it counts, because after a power cut the claim may be on disk and the piece not.
 *
 * <pre>
 *  0               8       12      16              24              36      40
 *  +---------------+-------+-------+---------------+---------------+-------+
 *  | "prestage"    | 1     | piece | blob's size   | 0             | CRC32C|   first
 *  |               |       | size  |               |               |       |
 *  +-------+-------+-------+-------+---------------+---------------+-------+
 *  | index | SHA-256 of the piece, or what Claim has instead       | CRC32C|   every other
 *  +-------+-------------------------------------------------------+-------+
 *  0       4                                                       36      40
 * </pre>
 *
 * <p>Owned by one thread at a time.
 */
final class Journal {
    /** Bytes of a record. */
    static final int RECORD = Integer.BYTES + Digest.LENGTH + Integer.BYTES;

    private static final long MAGIC = 0x7072657374616765L; // "prestage"
    private static final int VERSION = 1;
    private static final int BATCH = 1024;

    private final Path file;
    private final OpenFiles files;
    private final int pieceSize;
    private final long blobSize;
    private long next;

    /** Takes what {@link #replay} finds; the array is the receiver's own. */
    @FunctionalInterface
    interface Claims {
        void claim(int index, byte[] claim);
    }

    /**
     * Reads and writes nothing yet.
     *
     * @param file the journal
     * @param files opens it
     * @param pieceSize bytes of a full piece
     * @param blobSize bytes of the blob
     */
    Journal(Path file, OpenFiles files, int pieceSize, long blobSize) {
        this.file = file;
        this.files = files;
        this.pieceSize = pieceSize;
        this.blobSize = blobSize;
    }

    /**
     * Hands over every undamaged claim, oldest first, and goes on behind the last one.
     *
     * @return whether the file is a journal of this blob in such pieces; if not, the next claim begins it anew
     */
    boolean replay(Claims claims) throws IOException {
        next = 0;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer batch = ByteBuffer.allocate(RECORD * BATCH);
            long record = 0;
            while (fill(channel, batch, record * RECORD)) {
                while (batch.remaining() >= RECORD) {
                    ByteBuffer one = batch.slice(batch.position(), RECORD);
                    batch.position(batch.position() + RECORD);
                    if (record == 0 && !isHeader(one)) {
                        return false;
                    }
                    if (record == 0 || claim(one, claims)) {
                        next = record + 1;
                    }
                    record++;
                }
            }
            return next > 0;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /**
     * Claims a piece, whose bytes were written before.
     *
     * <p>After an exception the journal is as it was: the next claim takes the place of the torn one.
     *
     * @param index the piece's number in the blob
     * @param claim the 32 bytes of its {@link Claim}
     */
    void append(int index, byte[] claim) throws IOException {
        if (next == 0) {
            ByteBuffer header = ByteBuffer.allocate(RECORD)
                    .putLong(MAGIC)
                    .putInt(VERSION)
                    .putInt(pieceSize)
                    .putLong(blobSize);
            files.forget(this);
            write(0, seal(header.position(RECORD - Integer.BYTES)));
            next = 1;
        }
        ByteBuffer record = ByteBuffer.allocate(RECORD).putInt(index).put(claim, 0, Digest.LENGTH);
        write(next, seal(record));
        next++;
    }

    /** Moves the file, whose claims are all made. */
    void moveTo(Path target) throws IOException {
        files.forget(this);
        Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
        next = 0;
    }

    /** Puts a copy of another journal in this one's place, or nothing if there is none. */
    void copyFrom(Path other) throws IOException {
        delete();
        try {
            Files.copy(other, file);
        } catch (NoSuchFileException e) {
            return; // folders of before had none
        }
    }

    /** Closes the file, whose claims are all made. */
    void close() {
        files.forget(this);
    }

    /** Removes the file. */
    void delete() throws IOException {
        files.forget(this);
        Files.deleteIfExists(file);
        next = 0;
    }

    private void write(long record, ByteBuffer content) throws IOException {
        boolean first = record == 0;
        try (OpenFiles.Lease lease = files.acquire(this, () -> open(first))) {
            long at = record * RECORD;
            while (content.hasRemaining()) {
                at += lease.channel().write(content, at);
            }
        }
    }

    private FileChannel open(boolean first) throws IOException {
        return first
                ? FileChannel.open(
                        file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)
                : FileChannel.open(file, StandardOpenOption.WRITE);
    }

    private boolean isHeader(ByteBuffer record) {
        return isSealed(record)
                && record.getLong(0) == MAGIC
                && record.getInt(8) == VERSION
                && record.getInt(12) == pieceSize
                && record.getLong(16) == blobSize;
    }

    private boolean claim(ByteBuffer record, Claims claims) {
        int index = record.getInt(0);
        if (!isSealed(record) || index < 0 || (long) index * pieceSize >= blobSize) {
            return false;
        }
        byte[] claim = new byte[Digest.LENGTH];
        record.get(Integer.BYTES, claim);
        claims.claim(index, claim);
        return true;
    }

    private static boolean fill(FileChannel channel, ByteBuffer batch, long at) throws IOException {
        batch.clear();
        int read = 0;
        while (batch.hasRemaining() && read >= 0) {
            read = channel.read(batch, at + batch.position());
        }
        batch.flip();
        return batch.remaining() >= RECORD;
    }

    private static ByteBuffer seal(ByteBuffer record) {
        return record.putInt(crc(record)).flip();
    }

    private static boolean isSealed(ByteBuffer record) {
        return record.getInt(RECORD - Integer.BYTES) == crc(record);
    }

    private static int crc(ByteBuffer record) {
        CRC32C crc = new CRC32C();
        crc.update(record.duplicate().clear().limit(RECORD - Integer.BYTES));
        return (int) crc.getValue();
    }
}
