package io.prestage.node.store;

import io.prestage.node.store.StoreException.Reason;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Digest;
import io.prestage.protocol.PieceSet;
import io.prestage.protocol.Pieces;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Keeps one plan's content in one folder, the data partition.
 *
 * <p>A life: {@link #open}, {@link #recover} once, then {@link #write} as pieces come, {@link #finish} for each blob whose last
 * piece is in, {@link #complete} when {@link #isFull}, {@link #close}. Safe for any thread from {@code recover} on. What was
 * counted survives the end of the process at any moment; what a power cut damaged is found by hashing it again.
 *
 * <p>Everything that touches the disk throws {@link StoreException}, whose sentence is for the person at the server.
 */
public final class Store implements AutoCloseable {
    private static final int OPEN_FILES = 64;
    private static final int HASHING_THREADS = 2;

    // A folder is flushed once for so many finished blobs: 300 tiny ones would else cost 300 flushes. A power cut
    // before
    // it may move the last of them back into ingest/, from where the next run goes on.
    private static final int MOVES_PER_FLUSH = 64;

    private final Plan plan;
    private final Pieces pieces;
    private final Layout layout;
    private final FolderLock lock;
    private final StoreCounters counters;
    private final OpenFiles files = new OpenFiles(OPEN_FILES);
    private final Writeback writeback = new Writeback();
    private final PieceHashes hashes;
    private final Map<Digest, Integer> blobs = new HashMap<>();
    private final Set<Digest> manifests = new HashSet<>();

    // A blob on its way in; null once it is verified.
    private final AtomicReferenceArray<PartialBlob> partial;

    private final Object state = new Object();
    private final PieceSet held;
    private int verified;
    private boolean receipt;
    private int movesToFlush;

    private Store(Plan plan, Layout layout, FolderLock lock, StoreCounters counters) {
        this.plan = plan;
        this.pieces = Pieces.of(plan);
        this.layout = layout;
        this.lock = lock;
        this.counters = counters;
        this.hashes = new PieceHashes(pieces.count());
        this.held = new PieceSet(pieces.count());
        this.partial = new AtomicReferenceArray<>(pieces.blobs());
        for (int blob = 0; blob < pieces.blobs(); blob++) {
            blobs.put(digest(blob), blob);
            partial.set(blob, partialBlob(blob));
        }
        plan.manifests().forEach(manifest -> manifests.add(manifest.digest()));
    }

    /**
     * Takes a folder for a plan: creates it if it is absent, checks that the content fits, writes the plan's manifests.
     *
     * <p>Verified blobs and good pieces of the same plan stay; call {@link #recover} to learn them.
     *
     * @param folder where the data partition is mounted
     * @throws StoreException if the folder cannot be used; it is then as it was
     */
    public static Store open(Path folder, Plan plan) throws StoreException {
        return open(folder, plan, new StoreCounters());
    }

    /** The same, counting what it does to the disk. */
    public static Store open(Path folder, Plan plan, StoreCounters counters) throws StoreException {
        return open(folder, plan, counters, false);
    }

    private static Store open(Path folder, Plan plan, StoreCounters counters, boolean writesAnew)
            throws StoreException {
        checkNames(plan);
        Layout layout = new Layout(folder.toAbsolutePath().normalize());
        createFolder(layout.folder());
        FolderUse.of(layout).require(plan);
        FolderLock lock = FolderLock.take(layout.folder());
        try {
            FolderUse use = FolderUse.of(layout);
            use.require(plan);
            layout.requireRoom(plan);
            return begun(new Store(plan, layout, lock, counters), use, writesAnew);
        } catch (IOException | RuntimeException e) {
            try {
                lock.abandon();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            if (e instanceof IOException failure) {
                throw StoreException.of(layout.folder(), "start staging", failure);
            }
            throw (RuntimeException) e;
        }
    }

    private static Store begun(Store store, FolderUse use, boolean writesAnew) throws IOException {
        try {
            store.checkSpace(writesAnew);
            store.begin(use);
            return store;
        } catch (IOException | RuntimeException e) {
            store.writeback.close();
            throw e;
        }
    }

    /**
     * Checks that a folder can be used at all, before there is a plan for it; creates it if it is absent.
     *
     * @throws StoreException if it cannot
     */
    public static void check(Path folder) throws StoreException {
        createFolder(folder.toAbsolutePath().normalize());
        if (!Files.isWritable(folder)) {
            throw new StoreException(
                    Reason.NOT_WRITABLE, folder + " is not writable: mount it read-write or choose another folder");
        }
        planOf(folder);
    }

    /**
     * Which plan a folder holds, complete or not.
     *
     * @return nothing if it holds none or is absent
     */
    public static Optional<Digest> planOf(Path folder) throws StoreException {
        return FolderUse.of(new Layout(folder.toAbsolutePath().normalize())).plan();
    }

    /**
     * Turns a folder that holds another plan into one that this plan can be staged into.
     *
     * <p>Keeps what this plan needs too, removes what the other plan's receipt or its unfinished staging names, and nothing
     * else. Does nothing to a folder without a plan. Interrupted, it can be called again.
     *
     * @throws StoreException with {@link Reason#IN_USE} if a node has the folder
     */
    public static void replace(Path folder, Plan plan) throws StoreException {
        checkNames(plan);
        Layout layout = new Layout(folder.toAbsolutePath().normalize());
        Optional<Digest> present = FolderUse.of(layout).plan();
        if (present.isEmpty() || present.get().equals(plan.digest())) {
            return;
        }
        try (FolderLock lock = FolderLock.take(layout.folder())) {
            lock.write();
            new Replacement(layout, FolderUse.of(layout)).with(plan);
        } catch (IOException e) {
            throw StoreException.of(layout.folder(), "replace the plan", e);
        }
    }

    /**
     * Makes a complete folder one that is being filled, so that {@link #complete} writes everything but the blobs again.
     *
     * @throws StoreException with {@link Reason#OTHER_PLAN} if it holds another plan, {@link Reason#IN_USE} if a node has it
     */
    public static void reopen(Path folder, Plan plan) throws StoreException {
        try (Store store = open(folder, plan, new StoreCounters(), true)) {
            store.reopen(Set.of());
        } catch (StoreException e) {
            throw e;
        } catch (IOException e) {
            throw StoreException.of(folder, "start its repair", e);
        }
    }

    /** The plan. */
    public Plan plan() {
        return plan;
    }

    /** The plan's pieces. */
    public Pieces pieces() {
        return pieces;
    }

    /**
     * Finds out what former runs left: hashes every blob and every claimed piece. Call it once, before anything is written.
     *
     * <p>Takes as long as reading it all takes. A blob that does not match is no blob any more; those of its pieces that
     * are damaged are missing again, or all, if nothing says which are.
     *
     * @param found hears of every piece that is held, while this runs
     * @return the pieces that are held
     */
    public PieceSet recover(PieceListener found) throws StoreException {
        reopenIfIncomplete();
        ExecutorService pool = Executors.newFixedThreadPool(HASHING_THREADS, task -> {
            Thread thread = new Thread(task, "prestage-recovery");
            thread.setDaemon(true);
            return thread;
        });
        try {
            List<Integer> left = left();
            List<Callable<Boolean>> checks = new ArrayList<>();
            for (int blob : left) {
                checks.add(() -> recover(blob, found));
            }
            List<Integer> damaged = new ArrayList<>();
            List<Future<Boolean>> outcomes = pool.invokeAll(checks);
            for (int check = 0; check < outcomes.size(); check++) {
                if (!outcomes.get(check).get()) {
                    damaged.add(left.get(check));
                }
            }
            takeBack(damaged, found);
            afterRecovery();
            return held();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(Reason.IO, "interrupted while " + layout.folder() + " was checked", e);
        } catch (ExecutionException e) {
            throw StoreException.of(layout.folder(), "check what is there", asIOException(e.getCause()));
        } catch (IOException e) {
            throw StoreException.of(layout.folder(), "check what is there", e);
        } finally {
            pool.shutdownNow();
        }
    }

    /**
     * Writes a piece in place. Does nothing if it is held already.
     *
     * <p>The caller has checked the content against the hash. After an exception the piece is not held and may be written again;
     * with {@link Reason#NO_SPACE} that succeeds once there is room.
     *
     * @param piece its number in the plan
     * @param content exactly the piece's bytes, between position and limit; the buffer stays as it is
     * @param sha256 the 32 bytes of their hash
     * @return whether this was the last missing piece of its blob, so that the caller must now {@link #finish} it
     */
    public boolean write(int piece, ByteBuffer content, byte[] sha256) throws StoreException {
        if (sha256.length != Digest.LENGTH) {
            throw new IllegalArgumentException("a SHA-256 has " + Digest.LENGTH + " bytes, not " + sha256.length);
        }
        return write(piece, content, sha256, () -> publish(piece, sha256));
    }

    /**
     * Writes a piece in place that nobody will ask the {@link #hash} of: it goes to no peer. Else the same as
     * {@link #write(int, ByteBuffer, byte[])}.
     */
    public boolean writeUnhashed(int piece, ByteBuffer content) throws StoreException {
        return write(piece, content, Claim.ofUnhashed(content), () -> publishUnhashed(piece));
    }

    private boolean write(int piece, ByteBuffer content, byte[] claim, Runnable publish) throws StoreException {
        if (content.remaining() != pieces.length(piece)) {
            throw new IllegalArgumentException(
                    "piece " + piece + " has " + pieces.length(piece) + " bytes, not " + content.remaining());
        }
        PartialBlob blob = partial.get(pieces.blob(piece));
        if (blob == null) {
            return false;
        }
        long begun = System.nanoTime();
        try {
            boolean last = blob.write(piece, content, claim, publish) == PartialBlob.Written.LAST;
            counters.writes.increment();
            counters.writtenBytes.add(content.remaining());
            counters.writeNanos.add(System.nanoTime() - begun);
            return last;
        } catch (IOException e) {
            throw StoreException.of(layout.folder(), "write a piece of blob " + digest(pieces.blob(piece)), e);
        }
    }

    /**
     * Checks a blob whose pieces are all in against its digest, flushes it and moves it to {@code blobs/sha256/}. Does nothing
     * if that was done.
     *
     * @param blob its place among the plan's blobs
     * @throws DigestMismatchException if the pieces make another blob: {@link #discard} it and fetch it again
     * @throws StoreException if the disk is full or failed: call it again once that is mended; if it goes on, {@link #discard} the blob
     * @throws IllegalStateException if a piece is missing
     */
    public void finish(int blob) throws StoreException {
        PartialBlob whole = partial.get(blob);
        if (whole == null) {
            return;
        }
        if (!whole.isWhole()) {
            throw new IllegalStateException("blob " + digest(blob) + " lacks a piece");
        }
        long begun = System.nanoTime();
        try {
            whole.verify();
            if (whole.moveTo(
                    layout.blob(digest(blob)), layout.keptJournal(digest(blob)), () -> partial.set(blob, null))) {
                countVerified();
                counters.finishes.increment();
                counters.finishNanos.add(System.nanoTime() - begun);
            }
        } catch (IOException e) {
            throw StoreException.of(layout.folder(), "finish blob " + digest(blob), e);
        }
    }

    /**
     * Voids every piece of a blob that is not verified. Writes of it that began before and end later do not count.
     *
     * @param blob its place among the plan's blobs
     */
    public void discard(int blob) throws StoreException {
        PartialBlob voided = partial.get(blob);
        if (voided == null) {
            return;
        }
        try {
            if (!voided.discard()) {
                return;
            }
            synchronized (state) {
                for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
                    held.remove(piece);
                }
            }
            partial.compareAndSet(blob, voided, partialBlob(blob));
        } catch (IOException e) {
            throw StoreException.of(layout.folder(), "discard blob " + digest(blob), e);
        }
    }

    /**
     * Where a held piece lies.
     *
     * @return to be closed after use; nothing if the piece is not held
     */
    public Optional<Slice> read(int piece) throws StoreException {
        if (!holds(piece)) {
            return Optional.empty();
        }
        int blob = pieces.blob(piece);
        try {
            PartialBlob arriving = partial.get(blob);
            OpenFiles.Lease lease = arriving == null ? null : arriving.lease();
            if (lease == null) {
                if (partial.get(blob) != null) {
                    return Optional.empty();
                }
                Digest digest = digest(blob);
                lease = files.acquire(digest, () -> FileChannel.open(layout.blob(digest), StandardOpenOption.READ));
            }
            return Optional.of(new Slice(lease, pieces.offset(piece), pieces.length(piece)));
        } catch (IOException e) {
            throw StoreException.of(layout.folder(), "read blob " + digest(blob), e);
        }
    }

    /**
     * The SHA-256 of a held piece.
     *
     * @return 32 bytes, the caller's own; nothing if the piece is not held; zeros if it was written unhashed
     */
    public Optional<byte[]> hash(int piece) {
        synchronized (state) {
            return held.contains(piece) ? Optional.of(hashes.get(piece)) : Optional.empty();
        }
    }

    /** Whether a piece is held. */
    public boolean holds(int piece) {
        synchronized (state) {
            return held.contains(piece);
        }
    }

    /** A copy of the set of pieces that are held. */
    public PieceSet held() {
        synchronized (state) {
            return held.copy();
        }
    }

    /** Whether a blob is verified. */
    public boolean isVerified(int blob) {
        return partial.get(blob) == null;
    }

    /**
     * The file of verified content.
     *
     * @param digest of a blob or a manifest of the plan
     * @return nothing if the plan does not name it or it is not verified yet
     */
    public Optional<Path> blob(Digest digest) {
        Integer blob = blobs.get(digest);
        boolean there = blob == null ? manifests.contains(digest) : isVerified(blob);
        return there ? Optional.of(layout.blob(digest)) : Optional.empty();
    }

    /** The number of blobs that are verified. */
    public int verifiedBlobs() {
        synchronized (state) {
            return verified;
        }
    }

    /** Whether every blob is verified, so that {@link #complete} may be called. */
    public boolean isFull() {
        return verifiedBlobs() == pieces.blobs();
    }

    /** Whether every blob is verified and the receipt is written: nothing is left to do here. */
    public boolean isComplete() {
        synchronized (state) {
            return receipt && isFull();
        }
    }

    /** Bytes that others may write into the folder's filesystem. */
    public Bytes free() throws StoreException {
        try {
            return new Bytes(Files.getFileStore(layout.folder()).getUsableSpace());
        } catch (IOException e) {
            throw StoreException.of(layout.folder(), "ask for the free space", e);
        }
    }

    /**
     * Writes the images' views, the index, the text files and, last, the receipt, all flushed; then removes {@code ingest/}.
     *
     * <p>Interrupted at any point, it can be called again after {@link #open} and {@link #recover}.
     *
     * @throws IllegalStateException if a blob is missing or the receipt is another plan's
     */
    public void complete(Receipt statement) throws StoreException {
        if (!isFull()) {
            throw new IllegalStateException("a blob is missing");
        }
        if (!statement.plan().equals(plan.digest().toString())) {
            throw new IllegalStateException("the receipt is that of plan " + statement.plan());
        }
        try {
            Files.createDirectories(layout.ingest());
            Layout.flush(layout.blobs());
            layout.writeAll(plan);
            layout.keepForRepair(plan);
            layout.write(layout.file(Layout.RECEIPT), statement.encode());
            Layout.flush(layout.folder());
            layout.removeIngest();
        } catch (IOException e) {
            throw StoreException.of(layout.folder(), "write the layout", e);
        }
        synchronized (state) {
            receipt = true;
        }
    }

    /** Gives the folder up; slices that are in use stay readable. What was written stays. */
    @Override
    public void close() throws StoreException {
        try {
            writeback.close();
            files.close();
            if (Files.isDirectory(layout.blobs())) {
                Layout.flush(layout.blobs());
            }
        } catch (IOException e) {
            throw StoreException.of(layout.folder(), "flush finished blobs", e);
        } finally {
            unlock();
        }
    }

    private void unlock() throws StoreException {
        try {
            lock.close();
        } catch (IOException e) {
            throw StoreException.of(layout.folder(), "unlock the folder", e);
        }
    }

    private static void checkNames(Plan plan) throws StoreException {
        Stream<String> names = Stream.concat(
                plan.files().stream().map(Plan.TextFile::name),
                plan.named().stream().map(Plan.NamedFile::name));
        Optional<String> own = names.filter(Layout.OWN_NAMES::contains).findFirst();
        if (own.isPresent()) {
            throw new StoreException(
                    Reason.CORRUPT, "the plan names a file '" + own.get() + "', which is a layout's own name");
        }
    }

    private static void createFolder(Path folder) throws StoreException {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new StoreException(Reason.NOT_WRITABLE, folder + " is not a folder: choose another with -f");
        }
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new StoreException(
                    Reason.NOT_WRITABLE, "cannot create the folder " + folder + ": choose another with -f", e);
        }
    }

    private void checkSpace(boolean writesAnew) throws IOException {
        Set<String> standing = Layout.names(layout.blobs());
        Set<String> arriving = Layout.names(layout.ingest());
        long needed = 0;
        for (int blob = 0; blob < pieces.blobs(); blob++) {
            boolean there = standing.contains(digest(blob).hex()) && isThere(digest(blob), pieces.size(blob));
            if (!there) {
                PartialBlob one = partial.get(blob);
                needed += pieces.size(blob) - (one.isAmong(arriving) ? one.readClaims() : 0);
            }
        }
        if (writesAnew || needed > 0 || !Files.exists(layout.file(Layout.RECEIPT))) {
            needed += slack();
        }
        long usable = Files.getFileStore(layout.folder()).getUsableSpace();
        if (usable < needed) {
            throw new StoreException(
                    Reason.NO_SPACE,
                    layout.folder() + " needs " + new Bytes(needed) + ", has " + new Bytes(usable)
                            + " free: free some space there or choose a larger partition");
        }
    }

    // Manifests, views, index, receipt and journals, counted in the blocks that a filesystem gives them; for the
    // filesystem's own records a thousandth of the content.
    private long slack() {
        long block = 4096;
        long manifestBytes = plan.manifests().stream()
                .mapToLong(manifest -> manifest.content().length + block)
                .sum();
        long perBlob = block * pieces.blobs();
        long perImage = 4 * block * plan.images().size();
        long journals = (long) pieces.count() * Journal.RECORD;
        return (1 << 20)
                + 2 * manifestBytes
                + perBlob
                + perImage
                + journals
                + plan.total().count() / 1000;
    }

    private boolean isThere(Digest digest, long size) throws IOException {
        Path file = layout.blob(digest);
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) == size;
    }

    private void begin(FolderUse use) throws IOException {
        lock.write();
        Files.createDirectories(layout.blobs());
        Files.createDirectories(layout.repair());
        receipt = use.isReceiptOf(plan);
        if (!receipt || Files.exists(layout.ingest())) {
            Files.createDirectories(layout.ingest());
            layout.write(layout.plan(), plan.encode());
            Layout.flush(layout.ingest());
        }
        if (!receipt) {
            Files.deleteIfExists(layout.file(Layout.RECEIPT));
        }
        for (Plan.Manifest manifest : plan.manifests()) {
            writeManifest(manifest.digest(), manifest.content());
        }
        Layout.flush(layout.folder());
    }

    private void writeManifest(Digest digest, byte[] content) throws IOException {
        Path file = layout.blob(digest);
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Arrays.equals(Files.readAllBytes(file), content)) {
            return;
        }
        if (receipt) {
            reopen(Set.of(digest));
        }
        layout.write(file, content);
    }

    /** Makes a complete folder one that is being filled, so that damaged content never stands under a receipt. */
    private void reopen(Set<Digest> damaged) throws IOException {
        Files.createDirectories(layout.ingest());
        if (!Files.exists(layout.plan())) {
            layout.write(layout.plan(), plan.encode());
            Layout.flush(layout.ingest());
            Layout.flush(layout.folder());
        }
        receipt = false;
        Files.deleteIfExists(layout.file(Layout.RECEIPT));
        layout.removeLinks(plan, damaged);
    }

    private void reopenIfIncomplete() throws StoreException {
        try {
            Set<Digest> missing = new HashSet<>();
            for (int blob = 0; receipt && blob < pieces.blobs(); blob++) {
                if (!Files.exists(layout.blob(digest(blob)))) {
                    missing.add(digest(blob));
                }
            }
            if (!missing.isEmpty()) {
                reopen(missing);
            }
        } catch (IOException e) {
            throw StoreException.of(layout.folder(), "check what is there", e);
        }
    }

    /** The blobs of which former runs left anything. */
    private List<Integer> left() throws IOException {
        Set<String> standing = Layout.names(layout.blobs());
        List<Integer> left = new ArrayList<>();
        for (int blob = 0; blob < pieces.blobs(); blob++) {
            if (standing.contains(digest(blob).hex()) || partial.get(blob).hasClaims()) {
                left.add(blob);
            }
        }
        return left;
    }

    /** Checks one blob; whether what stands under its name, if anything does, is right. */
    private boolean recover(int blob, PieceListener found) throws IOException {
        Path file = layout.blob(digest(blob));
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            Map<Integer, byte[]> good = hashWhole(blob, file);
            if (good == null) {
                return false;
            }
            partial.get(blob).keepHashes(layout.keptJournal(digest(blob)), good);
            partial.get(blob).discard();
            publishVerified(blob, good, found);
            return true;
        }
        recoverPartial(blob, found);
        return true;
    }

    private void recoverPartial(int blob, PieceListener found) throws IOException {
        PartialBlob arriving = partial.get(blob);
        Map<Integer, byte[]> whole = arriving.recover((piece, sha256) -> announce(piece, sha256, found));
        if (!whole.isEmpty()) {
            try {
                arriving.verify();
                arriving.moveTo(layout.blob(digest(blob)), layout.keptJournal(digest(blob)), () -> {});
                publishVerified(blob, whole, found);
            } catch (DigestMismatchException e) {
                discard(blob);
            }
        }
    }

    private void takeBack(List<Integer> damaged, PieceListener found) throws IOException {
        if (damaged.isEmpty()) {
            return;
        }
        reopen(damaged.stream().map(this::digest).collect(Collectors.toSet()));
        for (int blob : damaged) {
            partial.get(blob).takeBack(layout.blob(digest(blob)), layout.keptJournal(digest(blob)));
            recoverPartial(blob, found);
        }
    }

    private void afterRecovery() throws IOException {
        for (int blob = 0; blob < pieces.blobs(); blob++) {
            if (pieces.size(blob) == 0) {
                finish(blob);
            }
        }
        Layout.flush(layout.blobs());
        if (isComplete()) {
            layout.removeIngest();
        }
    }

    private Map<Integer, byte[]> hashWhole(int blob, Path file) throws IOException {
        if (!isThere(digest(blob), pieces.size(blob))) {
            return null;
        }
        Map<Integer, byte[]> good = new HashMap<>();
        MessageDigest whole = Digest.sha256();
        MessageDigest one = Digest.sha256();
        ByteBuffer content = ByteBuffer.allocate(pieces.pieceSize());
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
                content.clear().limit(pieces.length(piece));
                while (content.hasRemaining()) {
                    if (channel.read(content) < 0) {
                        return null;
                    }
                }
                whole.update(content.array(), 0, content.limit());
                one.update(content.array(), 0, content.limit());
                good.put(piece, one.digest());
            }
        }
        return Digest.ofRaw(whole.digest()).equals(digest(blob)) ? good : null;
    }

    private void publishVerified(int blob, Map<Integer, byte[]> good, PieceListener found) {
        partial.set(blob, null);
        good.forEach((piece, sha256) -> announce(piece, sha256, found));
        synchronized (state) {
            verified++;
        }
    }

    private void announce(int piece, byte[] sha256, PieceListener found) {
        publish(piece, sha256);
        found.found(piece, sha256.clone());
    }

    private void publish(int piece, byte[] sha256) {
        synchronized (state) {
            hashes.put(piece, sha256);
            held.add(piece);
        }
    }

    private void publishUnhashed(int piece) {
        synchronized (state) {
            held.add(piece);
        }
    }

    private void countVerified() throws IOException {
        boolean flush;
        synchronized (state) {
            verified++;
            movesToFlush++;
            flush = movesToFlush >= MOVES_PER_FLUSH;
            movesToFlush = flush ? 0 : movesToFlush;
        }
        if (flush) {
            Layout.flush(layout.blobs());
        }
    }

    private Digest digest(int blob) {
        return plan.blobs().get(blob).contentDigest();
    }

    private PartialBlob partialBlob(int blob) {
        return new PartialBlob(blob, digest(blob), pieces, layout.ingest(), files, writeback);
    }

    private static IOException asIOException(Throwable cause) {
        if (cause instanceof IOException failure) {
            return failure;
        }
        if (cause instanceof RuntimeException bug) {
            throw bug;
        }
        return new IOException(cause);
    }
}
