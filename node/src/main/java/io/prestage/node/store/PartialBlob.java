package io.prestage.node.store;

import io.prestage.protocol.Digest;
import io.prestage.protocol.Pieces;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Takes the pieces of one blob, in any order, until the blob is whole.
 *
 * <p>The blob's digest is computed over the contiguous prefix as it grows, from the buffer in hand where the order allows.
 * Safe for any thread; writers of different pieces wait for each other only while they note what they did.
 */
final class PartialBlob {
    /** What became of a piece that was written. */
    enum Written {
        /** It counts now. */
        NEW,
        /** It counts now, and none is missing any more. */
        LAST,
        /** It counted already. */
        KNOWN,
        /** The blob was voided or finished meanwhile. */
        LATE
    }

    private static final String JOURNAL = ".journal";

    /**
     * A writer that closes a gap hashes this many pieces of those behind it; the writers after it do the rest. Without a bound one
     * writer would hash gigabytes while its caller's other pieces wait.
     */
    private static final int FOLDED_PER_WRITE = 4;

    private static final int BUFFER = 128 << 10;

    private final int blob;
    private final Digest digest;
    private final Pieces pieces;
    private final int count;
    private final Path file;
    private final OpenFiles files;
    private final Journal journal;
    private final Writeback writeback;

    private final BitSet present = new BitSet();
    private final Map<Integer, byte[]> claims = new HashMap<>();
    private final MessageDigest prefix = Digest.sha256();
    private int folded;
    private boolean folding;
    private boolean verified;
    private boolean gone;
    private long unflushed;
    private boolean flushing;
    private IOException flushFailure;

    /**
     * Touches no file yet.
     *
     * @param blob its place among the plan's blobs
     * @param digest its name
     * @param pieces the plan's pieces
     * @param ingest the folder of partial blobs
     * @param files opens the partial file and the journal
     * @param writeback flushes the partial file as it grows
     */
    PartialBlob(int blob, Digest digest, Pieces pieces, Path ingest, OpenFiles files, Writeback writeback) {
        this.writeback = writeback;
        this.blob = blob;
        this.digest = digest;
        this.pieces = pieces;
        this.count = pieces.end(blob) - pieces.first(blob);
        this.file = ingest.resolve(digest.hex());
        this.files = files;
        this.journal =
                new Journal(ingest.resolve(digest.hex() + JOURNAL), files, pieces.pieceSize(), pieces.size(blob));
    }

    /** Whether a former run left anything of it among the arriving blobs' files, which are called so. */
    boolean isAmong(Set<String> arriving) {
        return arriving.contains(digest.hex()) || arriving.contains(digest.hex() + JOURNAL);
    }

    /** Reads what a former run claimed to have written; the bytes of the pieces so claimed. */
    synchronized long readClaims() throws IOException {
        claims.clear();
        if (!Files.exists(file) || !journal.replay(claims::put)) {
            claims.clear();
            journal.delete();
            Files.deleteIfExists(file);
        }
        return claims.keySet().stream()
                .mapToLong(index -> pieces.length(pieces.first(blob) + index))
                .sum();
    }

    /** Whether a former run claimed to have written anything. */
    synchronized boolean hasClaims() {
        return !claims.isEmpty();
    }

    /**
     * Hashes the claimed pieces and forgets the claims; those that match count.
     *
     * <p>Runs before anything is written. If no piece is missing, the blob's digest is computed on the way and nobody hears of
     * the pieces yet: they are news only once {@link #verify} found the blob good.
     *
     * @param found hears of each piece that counts while the blob has gaps
     * @return the hashes of all pieces, by their number in the plan, if none is missing; else nothing
     */
    Map<Integer, byte[]> recover(PieceListener found) throws IOException {
        Map<Integer, byte[]> good = new TreeMap<>();
        Map<Integer, byte[]> claimed;
        synchronized (this) {
            claimed = Map.copyOf(claims);
            claims.clear();
        }
        if (claimed.isEmpty()) {
            return good;
        }
        boolean hopeful = claimed.size() == count;
        BitSet matching = new BitSet();
        byte[] content = new byte[pieces.pieceSize()];
        int contiguous = 0;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            for (int index = 0; index < count; index++) {
                int piece = pieces.first(blob) + index;
                Optional<byte[]> hash = claimed.containsKey(index)
                        ? prove(channel, piece, claimed.get(index), content)
                        : Optional.empty();
                if (hash.isEmpty()) {
                    continue;
                }
                if (contiguous == index) {
                    prefix.update(content, 0, pieces.length(piece));
                    contiguous++;
                }
                matching.set(index);
                if (hopeful) {
                    good.put(piece, hash.get());
                } else {
                    found.found(piece, hash.get());
                }
            }
        }
        synchronized (this) {
            present.or(matching);
            folded = contiguous;
        }
        if (good.size() < count) {
            good.forEach(found::found);
            good.clear();
        }
        return good;
    }

    private Optional<byte[]> prove(FileChannel channel, int piece, byte[] claim, byte[] content) throws IOException {
        int length = pieces.length(piece);
        return read(channel, content, pieces.offset(piece), length)
                ? Claim.prove(claim, content, length)
                : Optional.empty();
    }

    /** Whether every piece is in. */
    synchronized boolean isWhole() {
        return present.cardinality() == count;
    }

    /**
     * Writes a piece, then claims it.
     *
     * @param piece its number in the plan
     * @param content its bytes, between position and limit, which stay as they are
     * @param claim what the journal is to say of them
     * @param publish runs while no other thread can void the blob, once the piece counts
     */
    Written write(int piece, ByteBuffer content, byte[] claim, Runnable publish) throws IOException {
        int index = piece - pieces.first(blob);
        OpenFiles.Lease lease;
        synchronized (this) {
            if (gone || present.get(index)) {
                return gone ? Written.LATE : Written.KNOWN;
            }
            lease = files.acquire(this, this::open);
        }
        try (lease) {
            ByteBuffer left = content.duplicate();
            long at = pieces.offset(piece);
            while (left.hasRemaining()) {
                at += lease.channel().write(left, at);
            }
        }
        boolean last;
        synchronized (this) {
            if (gone || present.get(index)) {
                return gone ? Written.LATE : Written.KNOWN;
            }
            journal.append(index, claim);
            present.set(index);
            last = present.cardinality() == count;
            publish.run();
            unflushed += pieces.length(piece);
            if (!flushing && !last && Writeback.isWorthwhile(unflushed)) {
                flushing = true;
                writeback.add(this::flushEarly);
            }
        }
        fold(index, content, FOLDED_PER_WRITE);
        return last ? Written.LAST : Written.NEW;
    }

    /**
     * Compares the whole blob's digest and flushes its bytes.
     *
     * @throws DigestMismatchException if the pieces make another blob
     */
    void verify() throws IOException {
        synchronized (this) {
            if (gone || verified) {
                return;
            }
        }
        if (!fold(-1, ByteBuffer.allocate(0), Integer.MAX_VALUE)) {
            return;
        }
        synchronized (this) {
            if (gone || verified) {
                return;
            }
            Digest actual = Digest.ofRaw(prefix.digest());
            folded = 0;
            if (!actual.equals(digest)) {
                throw new DigestMismatchException(blob, digest, actual);
            }
            verified = true;
        }
    }

    /**
     * Flushes a verified blob and moves it to its final place; its folder is for the caller to flush. What its pieces hash to is
     * kept, if it has more than one: it tells which of them is damaged if the blob ever is.
     *
     * @param kept where to keep that
     * @return whether it did; not if the blob was voided or moved before
     * @throws IOException every time, if a flush of it ever failed: the kernel reports lost pages once and takes them for clean
     */
    boolean moveTo(Path target, Path kept, Runnable publish) throws IOException {
        synchronized (this) {
            if (gone || !verified) {
                return false;
            }
        }
        flush();
        synchronized (this) {
            if (gone) {
                return false;
            }
            Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
            gone = true;
            publish.run();
            files.forget(this);
            if (count > 1) {
                journal.moveTo(kept);
            } else {
                journal.delete();
            }
            return true;
        }
    }

    /**
     * Keeps what the pieces of a blob hash to that was found verified, unless that was kept before.
     *
     * @param kept where
     * @param hashes of all pieces, by their number in the plan
     */
    void keepHashes(Path kept, Map<Integer, byte[]> hashes) throws IOException {
        if (count <= 1) {
            return;
        }
        Journal anew = new Journal(kept, files, pieces.pieceSize(), pieces.size(blob));
        Set<Integer> known = new HashSet<>();
        if (anew.replay((index, claim) -> known.add(index)) && known.size() == count) {
            return;
        }
        anew.delete();
        for (Map.Entry<Integer, byte[]> hash : hashes.entrySet()) {
            anew.append(hash.getKey() - pieces.first(blob), hash.getValue());
        }
        anew.close();
    }

    /**
     * Takes a damaged blob back, so that {@link #recover} finds the pieces of it that are good; or removes it, if nothing says
     * what its pieces hash to. Interrupted, it can be called again.
     *
     * @param damaged the blob in its final place
     * @param kept what its pieces hash to, if that was kept
     */
    void takeBack(Path damaged, Path kept) throws IOException {
        if (!Files.isRegularFile(damaged, LinkOption.NOFOLLOW_LINKS)) {
            Files.delete(damaged); // nobody may write where somebody else's link leads
            return;
        }
        journal.copyFrom(kept);
        Files.move(damaged, file, StandardCopyOption.ATOMIC_MOVE);
        if (readClaims() > 0) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(pieces.size(blob));
            }
        }
    }

    private void flush() throws IOException {
        OpenFiles.Lease lease;
        synchronized (this) {
            if (gone) {
                return;
            }
            if (flushFailure != null) {
                throw new IOException(
                        "a flush of blob " + digest + " failed: " + flushFailure.getMessage(), flushFailure);
            }
            lease = files.acquire(this, this::open);
            unflushed = 0;
        }
        try (lease) {
            lease.channel().force(false);
        } catch (IOException e) {
            rememberFlushFailure(e);
            throw e;
        }
    }

    private void flushEarly() {
        synchronized (this) {
            flushing = false;
        }
        try {
            flush();
        } catch (IOException e) {
            rememberFlushFailure(e); // told when the blob is moved
        }
    }

    private synchronized void rememberFlushFailure(IOException failure) {
        if (flushFailure == null) {
            flushFailure = failure;
        }
    }

    /**
     * Voids what was written; a writer under way finds out when it is done.
     *
     * @return whether it did; not if the blob was voided or moved before
     */
    synchronized boolean discard() throws IOException {
        if (gone) {
            return false;
        }
        gone = true;
        files.forget(this);
        journal.delete();
        Files.deleteIfExists(file);
        return true;
    }

    /** The file for reading, or null if the blob was voided or has moved. */
    synchronized OpenFiles.Lease lease() throws IOException {
        return gone ? null : files.acquire(this, this::open);
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /**
     * Lets the prefix grow over the pieces that are in.
     *
     * @param inHand number in the blob of the piece whose content is at hand, or -1
     * @param limit the most pieces to hash
     * @return whether the prefix reaches the blob's end
     */
    private boolean fold(int inHand, ByteBuffer content, int limit) throws IOException {
        int index;
        synchronized (this) {
            // Only the one who needs the whole digest waits for another thread's turn.
            if (limit == Integer.MAX_VALUE) {
                awaitTurn();
            }
            if (gone || folding || !present.get(folded)) {
                return folded == count;
            }
            folding = true;
            index = folded;
        }
        boolean more = true;
        try {
            for (int done = 0; more && done < limit; done++) {
                if (index == inHand) {
                    prefix.update(content.duplicate());
                } else if (!updateFromDisk(pieces.first(blob) + index)) {
                    return false;
                }
                index++;
                more = advanceTo(index);
            }
        } catch (IOException | RuntimeException e) {
            restart();
            throw e;
        } finally {
            rest();
        }
        return index == count;
    }

    private synchronized boolean advanceTo(int index) {
        folded = index;
        return !gone && present.get(index);
    }

    private synchronized void restart() {
        prefix.reset();
        folded = 0;
    }

    private synchronized void rest() {
        folding = false;
        notifyAll();
    }

    private void awaitTurn() throws IOException {
        try {
            while (folding) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a blob was hashed", e);
        }
    }

    private boolean updateFromDisk(int piece) throws IOException {
        OpenFiles.Lease lease = lease();
        if (lease == null) {
            return false;
        }
        try (lease) {
            int length = pieces.length(piece);
            byte[] content = new byte[Math.min(BUFFER, length)];
            for (int done = 0; done < length; ) {
                int part = Math.min(content.length, length - done);
                if (!read(lease.channel(), content, pieces.offset(piece) + done, part)) {
                    throw new EOFException("partial blob " + digest + " became shorter");
                }
                prefix.update(content, 0, part);
                done += part;
            }
        }
        return true;
    }

    private static boolean read(FileChannel channel, byte[] content, long at, int length) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(content, 0, length);
        while (left.hasRemaining()) {
            if (channel.read(left, at + left.position()) < 0) {
                return false;
            }
        }
        return true;
    }
}
