package io.prestage.node;

import io.prestage.node.origin.BlobSource;
import io.prestage.node.origin.OriginException;
import io.prestage.node.store.DigestMismatchException;
import io.prestage.node.store.Receipt;
import io.prestage.node.store.Store;
import io.prestage.node.store.StoreException;
import io.prestage.node.swarm.OriginSchedule;
import io.prestage.node.swarm.OriginSchedule.Run;
import io.prestage.protocol.Pieces;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Fills one folder with a plan straight from its origin, for this machine alone: no cluster, no peers.
 *
 * <p>Goes on from what the folder holds already. A blob that cannot be had is tried {@value #TRIES} times and then costs the
 * images that need it; the others are staged all the same. An origin that does not answer at all ends the run, and the next one
 * goes on where it was.
 */
public final class Download implements AutoCloseable {
    /** How often a blob is tried before its images count as failed. */
    public static final int TRIES = 3;

    /** Bytes of one range request, as a seed has it. */
    private static final long RUN_BYTES = 8 << 20;

    /**
     * What happens on the way. Called by several threads, one at a time.
     */
    public interface Listener {
        /** An image's last blob is verified, or was there before. */
        void staged(Plan.Image image, boolean before);

        /** An image cannot be staged. */
        void failed(Plan.Image image, String reason);
    }

    /**
     * How it ended.
     *
     * @param full whether all of the plan is there and its receipt written
     * @param failed why each image failed, by artifact name
     * @param mayPass whether what failed may succeed a little later, so that the partial content was kept
     */
    public record Outcome(boolean full, Map<String, String> failed, boolean mayPass) {
        /** Copies the failures. */
        public Outcome {
            failed = Map.copyOf(failed);
        }
    }

    private final Plan plan;
    private final Store store;
    private final Pieces pieces;
    private final BlobSource source;
    private final Listener listener;
    private final List<Set<Integer>> missing = new ArrayList<>();
    private final Map<Integer, List<Integer>> imagesOf = new HashMap<>();
    private final ExecutorService finisher = Executors.newSingleThreadExecutor(run -> {
        Thread thread = new Thread(run, "finish");
        thread.setDaemon(true);
        return thread;
    });

    private final AtomicLong bytesHere = new AtomicLong();

    // Guarded by this.
    private final OriginSchedule schedule;
    private final Map<Integer, Integer> tries = new HashMap<>();
    private final Map<Integer, String> reasons = new HashMap<>();
    private final Set<Integer> failedImages = new HashSet<>();
    private int underWay;
    private int fruitless;
    private boolean onlyPassing = true;
    private IOException broken;

    private Download(Store store, BlobSource source, Listener listener) {
        this.store = store;
        this.plan = store.plan();
        this.pieces = store.pieces();
        this.source = source;
        this.listener = listener;
        this.schedule = new OriginSchedule(pieces, RUN_BYTES);
        Map<String, Integer> numbers = new HashMap<>();
        for (int blob = 0; blob < pieces.blobs(); blob++) {
            numbers.put(plan.blobs().get(blob).digest(), blob);
        }
        for (int image = 0; image < plan.images().size(); image++) {
            Set<Integer> needed = new HashSet<>();
            for (String blob : plan.images().get(image).blobs()) {
                Integer number = numbers.get(blob);
                if (number != null) { // a manifest that is listed as a layer, too, is no blob of the plan
                    needed.add(number);
                    imagesOf.computeIfAbsent(number, any -> new ArrayList<>()).add(image);
                }
            }
            missing.add(needed);
        }
    }

    /**
     * Opens the folder and checks what is there.
     *
     * @throws StoreException if it cannot be used for this plan
     */
    public static Download into(Path folder, Plan plan, BlobSource source, Listener listener) throws StoreException {
        return new Download(Store.open(folder, plan), source, listener);
    }

    /**
     * Fetches what is missing and writes the layout.
     *
     * @param connections how many ranges to fetch at a time, at least 1; fewer are if their pieces would not fit in memory
     * @param server which server the receipt is for
     * @param fetched tells how many bytes came in over the network, for the receipt
     * @throws IOException if the folder or the disk fails, or the thread is interrupted
     */
    public Outcome run(int connections, ServerName server, LongSupplier fetched) throws IOException {
        Instant started = Instant.now();
        recover();
        List<Thread> threads = new ArrayList<>();
        int most = Connections.within(connections, pieces.pieceSize());
        for (int connection = 0; connection < most; connection++) {
            Thread thread = new Thread(this::work, "origin-" + connection);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
            finisher.shutdown();
            boolean finished = false;
            while (!finished) {
                finished = finisher.awaitTermination(1, TimeUnit.HOURS); // the disk decides how long its flushes take
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted; run it again to go on");
            interrupted.initCause(e);
            throw interrupted;
        }
        return end(started, server, fetched.getAsLong());
    }

    private synchronized Outcome end(Instant started, ServerName server, long fetched) throws IOException {
        if (broken != null) {
            throw broken;
        }
        if (store.isFull()) {
            store.complete(Receipt.unsigned(
                    plan,
                    new Receipt.Server(server.name(), server.serial().orElse(""), server.addresses()),
                    started,
                    Instant.now(),
                    new Receipt.Traffic(fetched, 0, 0, plan.total().count())));
            return new Outcome(true, Map.of(), false);
        }
        for (int image = 0; image < missing.size(); image++) {
            if (!missing.get(image).isEmpty()) {
                fail(image);
            }
        }
        Map<String, String> failed = new HashMap<>();
        failedImages.forEach(image -> failed.put(plan.images().get(image).name(), reason(image)));
        for (Plan.NamedFile file : plan.named()) {
            for (int blob = 0; blob < pieces.blobs(); blob++) {
                if (plan.blobs().get(blob).digest().equals(file.digest()) && reasons.containsKey(blob)) {
                    failed.put(file.name(), reasons.get(blob));
                }
            }
        }
        return new Outcome(false, failed, onlyPassing);
    }

    private void recover() throws StoreException {
        store.recover((piece, hash) -> bytesHere.addAndGet(pieces.length(piece)))
                .forEach(schedule::have);
        for (int blob = 0; blob < pieces.blobs(); blob++) {
            if (store.isVerified(blob)) {
                int there = blob;
                missing.forEach(needed -> needed.remove(there));
            } else {
                schedule.own(blob);
            }
        }
        for (int image = 0; image < plan.images().size(); image++) {
            if (missing.get(image).isEmpty()) {
                listener.staged(plan.images().get(image), true);
            }
        }
    }

    // On the connections' threads.

    private void work() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(pieces.pieceSize());
        for (Optional<Run> run = next(); run.isPresent(); run = next()) {
            fetch(run.get(), buffer);
        }
    }

    /** The next run; waits while others may still fail and leave something to do. */
    private synchronized Optional<Run> next() {
        while (broken == null) {
            Optional<Run> run = schedule.next();
            if (run.isPresent()) {
                underWay++;
                return run;
            }
            if (underWay == 0) {
                return Optional.empty();
            }
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    private void fetch(Run run, ByteBuffer buffer) {
        Plan.Blob blob = plan.blobs().get(run.blob());
        try {
            PieceWriter writer = new PieceWriter(run, buffer);
            long from = pieces.offset(run.first());
            long to = pieces.offset(run.end() - 1) + pieces.length(run.end() - 1);
            source.fetch(blob, from, to, writer::accept);
            fetched();
        } catch (OriginException e) {
            failed(run.blob(), e.getMessage(), e.mayPassInTime());
            lost(run);
        } catch (IOException e) {
            breakOff(e);
        } catch (RuntimeException e) {
            breakOff(new IOException("an unexpected error: " + e, e));
        } finally {
            ended();
        }
    }

    private synchronized void fetched() {
        fruitless = 0;
    }

    private synchronized void ended() {
        underWay--;
        notifyAll();
    }

    private synchronized void lost(Run run) {
        for (int piece = run.first(); piece < run.end(); piece++) {
            if (!store.holds(piece)) {
                schedule.lost(piece);
            }
        }
    }

    private synchronized void breakOff(IOException reason) {
        if (broken == null) {
            broken = reason;
        }
        notifyAll();
    }

    /** A try of a blob failed; after the last one its images have, and after several of any all that is missing has. */
    private synchronized void failed(int blob, String reason, boolean mayPass) {
        onlyPassing &= mayPass;
        reasons.put(blob, reason);
        fruitless = mayPass ? fruitless + 1 : fruitless;
        if (tries.merge(blob, 1, Integer::sum) >= TRIES) {
            giveUp(blob);
        }
        if (fruitless >= TRIES) {
            for (int other = 0; other < pieces.blobs(); other++) {
                if (!store.isVerified(other)) {
                    reasons.putIfAbsent(other, reason);
                    schedule.disown(other); // what is on its way still counts if it comes
                }
            }
        }
    }

    private void giveUp(int blob) {
        schedule.disown(blob);
        imagesOf.getOrDefault(blob, List.of()).forEach(this::fail);
    }

    private void fail(int image) {
        if (failedImages.add(image)) {
            listener.failed(plan.images().get(image), reason(image));
        }
    }

    private String reason(int image) {
        return missing.get(image).stream()
                .map(reasons::get)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse("it was not fetched");
    }

    // On the finisher's thread.

    private void finish(int blob) {
        try {
            store.finish(blob);
            verified(blob);
        } catch (DigestMismatchException e) {
            again(blob);
        } catch (IOException e) {
            breakOff(e);
        } catch (RuntimeException e) {
            breakOff(new IOException("an unexpected error: " + e, e));
        } finally {
            ended();
        }
    }

    private synchronized void verified(int blob) {
        for (int image : imagesOf.getOrDefault(blob, List.of())) {
            Set<Integer> needed = missing.get(image);
            if (needed.remove(blob) && needed.isEmpty() && !failedImages.contains(image)) {
                listener.staged(plan.images().get(image), false);
            }
        }
    }

    private synchronized void again(int blob) {
        try {
            store.discard(blob);
        } catch (StoreException e) {
            breakOff(e);
            return;
        }
        for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
            schedule.lost(piece);
            bytesHere.addAndGet(-pieces.length(piece));
        }
        Plan.Blob served = plan.blobs().get(blob);
        failed(
                blob,
                served.source() + " served other bytes than they have to be, which is " + served.digest() + ": "
                        + (served.source().contains("://")
                                ? "check the address and the SHA-256 that was named for it"
                                : "repair the registry's copy"),
                false);
    }

    /** Cuts one run into pieces and stores each; the blob's digest alone says whether they are right. */
    private final class PieceWriter {
        private final ByteBuffer buffer;
        private int piece;

        PieceWriter(Run run, ByteBuffer buffer) {
            this.buffer = buffer;
            this.piece = run.first();
            buffer.clear().limit(pieces.length(piece));
        }

        void accept(ByteBuffer chunk) throws IOException {
            while (chunk.hasRemaining()) {
                int taken = Math.min(chunk.remaining(), buffer.remaining());
                buffer.put(chunk.slice(chunk.position(), taken));
                chunk.position(chunk.position() + taken);
                if (!buffer.hasRemaining()) {
                    write();
                }
            }
        }

        private void write() throws IOException {
            buffer.flip();
            boolean last = store.writeUnhashed(piece, buffer);
            bytesHere.addAndGet(pieces.length(piece));
            if (last) {
                int blob = pieces.blob(piece);
                synchronized (Download.this) {
                    underWay++; // until it is finished, for it may have to be fetched again
                }
                finisher.execute(() -> finish(blob));
            }
            piece++;
            buffer.clear();
            if (piece < pieces.count()) {
                buffer.limit(pieces.length(piece));
            }
        }
    }

    /** Bytes of blobs that are here. Callable from any thread. */
    public long bytesHere() {
        return bytesHere.get();
    }

    /** Gives the folder up; what was written stays. */
    @Override
    public void close() throws StoreException {
        finisher.shutdownNow();
        store.close();
    }
}
