package io.prestage.node;

import io.netty.channel.EventLoop;
import io.prestage.node.origin.BlobSource;
import io.prestage.node.origin.OriginException;
import io.prestage.node.swarm.OriginSchedule;
import io.prestage.node.swarm.OriginSchedule.Run;
import io.prestage.node.transfer.Pacer;
import io.prestage.protocol.Digest;
import io.prestage.protocol.PieceSet;
import io.prestage.protocol.Pieces;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the blobs that this seed owns from the origin into its session.
 *
 * <p>A thread for each connection asks for the next run of pieces, streams it, and stores each piece as it is whole. What the
 * fleet holds already is not fetched: before a blob is begun, all members are asked. The schedule belongs to the transfer's
 * thread.
 */
final class OriginFeed implements AutoCloseable {
    /** Bytes of one range request: long enough to cost nothing, short enough that several connections share a blob. */
    private static final long RUN_BYTES = 8 << 20;
    /** How long what is asked of the origin may be ahead of a limit, over all connections. */
    private static final Duration AHEAD_OF_LIMIT = Duration.ofMillis(250);

    /** How long members may take to say what they hold. */
    static final Duration ASKING = Duration.ofSeconds(3);

    private static final Duration IDLE = Duration.ofMillis(500);
    private static final Duration CLOSING = Duration.ofSeconds(3);
    private static final Duration RETRY = Duration.ofSeconds(3);
    private static final Logger LOG = LoggerFactory.getLogger(OriginFeed.class);

    private final Session session;
    private final Plan plan;
    private final Pieces pieces;
    private final EventLoop loop;
    private final BlobSource source;
    private final Optional<Pacer> pacer;
    private final Supplier<CompletableFuture<PieceSet>> fleetHoldings;
    private final Consumer<IOException> failed;
    private final OriginSchedule schedule;
    private final List<Thread> threads = new ArrayList<>();
    private final Set<Integer> underWay = new HashSet<>();
    private final Semaphore wake = new Semaphore(0);

    /** Pieces that came from the origin since their blob was last void; guarded by itself. */
    private final PieceSet brought;

    private boolean learning;
    private volatile Set<Integer> owned = Set.of();
    private volatile boolean closed;

    /**
     * Starts the threads, which wait for {@link #own}.
     *
     * @param wanted connections; fewer are made if their pieces would not fit in memory, or under the limit
     * @param pacer holds up what comes from the origin, if that is limited
     * @param fleetHoldings asks all members what they hold
     * @param failed told that the origin, or the disk, failed for good
     */
    OriginFeed(
            Session session,
            EventLoop loop,
            BlobSource source,
            int wanted,
            Optional<Pacer> pacer,
            Supplier<CompletableFuture<PieceSet>> fleetHoldings,
            Consumer<IOException> failed) {
        this.session = session;
        this.plan = session.plan();
        this.pieces = session.pieces();
        this.loop = loop;
        this.source = source;
        this.pacer = pacer;
        this.fleetHoldings = fleetHoldings;
        this.failed = failed;
        int connections = connections(pacer, wanted, pieces.pieceSize());
        this.schedule = new OriginSchedule(pieces, runBytes(pacer, connections));
        this.brought = new PieceSet(pieces.count());
        for (int connection = 0; connection < connections; connection++) {
            Thread thread = new Thread(this::feed, "origin-" + connection);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    private static int connections(Optional<Pacer> pacer, int wanted, int pieceSize) {
        return pacer.map(limited -> Connections.within(wanted, pieceSize, limited.bytesIn(AHEAD_OF_LIMIT)))
                .orElseGet(() -> Connections.within(wanted, pieceSize));
    }

    /** What is asked for fills buffers at the link's speed, whatever the limit, so little is asked for at a time under one. */
    private static long runBytes(Optional<Pacer> pacer, int connections) {
        return pacer.map(limited -> Math.min(RUN_BYTES, limited.bytesIn(AHEAD_OF_LIMIT) / connections))
                .orElse(RUN_BYTES);
    }

    // On the transfer's thread.

    /**
     * Sets which blobs are this node's to fetch. Newly owned ones are begun once it is known what the fleet holds; what is on its
     * way of those that another seed fetches from now on is broken off, so that it does not come twice.
     */
    void own(Set<Integer> blobs) {
        owned = Set.copyOf(blobs);
        takeUp();
    }

    private void takeUp() {
        boolean more = false;
        for (int blob = 0; blob < pieces.blobs(); blob++) {
            if (!owned.contains(blob)) {
                schedule.disown(blob);
            } else if (!schedule.owns(blob)) {
                more = true;
            }
        }
        if (more) {
            learn();
        }
    }

    /** Looks again what is missing here and in the fleet; what a lost node alone held is fetched once more. */
    void refresh() {
        boolean missing = false;
        for (int blob = 0; blob < pieces.blobs(); blob++) {
            if (schedule.owns(blob)) {
                for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
                    missing |= !held(piece) && !underWay.contains(piece);
                }
            }
        }
        if (missing && underWay.isEmpty()) {
            learn();
        }
    }

    private void learn() {
        if (learning) {
            loop.schedule(this::takeUp, 200, TimeUnit.MILLISECONDS);
            return;
        }
        learning = true;
        fleetHoldings
                .get()
                .whenComplete((fleet, failure) -> loop.execute(() -> {
                    learning = false;
                    if (failure != null) {
                        LOG.warn("the fleet did not say what it holds; it is asked again", failure);
                        loop.schedule(this::takeUp, RETRY.toMillis(), TimeUnit.MILLISECONDS);
                        return;
                    }
                    begin(fleet);
                }));
    }

    private void begin(PieceSet fleet) {
        for (int blob : owned) {
            for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
                if (held(piece) || fleet.contains(piece) || underWay.contains(piece)) {
                    schedule.have(piece);
                } else {
                    schedule.lost(piece);
                }
            }
            schedule.own(blob);
        }
        wake.release(threads.size());
    }

    private boolean held(int piece) {
        return session.swarm().held().contains(piece);
    }

    private Optional<Run> next() {
        Optional<Run> run = schedule.next();
        run.ifPresent(taken -> {
            for (int piece = taken.first(); piece < taken.end(); piece++) {
                underWay.add(piece);
            }
        });
        return run;
    }

    private void ended(Run run) {
        for (int piece = run.first(); piece < run.end(); piece++) {
            underWay.remove(piece);
            if (!held(piece)) {
                schedule.lost(piece);
            }
        }
    }

    /**
     * Takes note that a blob is void, and says whether the origin is to blame: every piece of it came from there. Callable from
     * any thread.
     */
    boolean voided(int blob) {
        synchronized (brought) {
            boolean all = true;
            for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
                all &= brought.remove(piece);
            }
            return all;
        }
    }

    // On the connections' threads.

    private void feed() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(pieces.pieceSize());
        while (!closed) {
            try {
                Optional<Run> run = loop.submit(this::next).get();
                if (run.isEmpty()) {
                    idle(IDLE);
                    continue;
                }
                if (fetch(run.get(), buffer)) {
                    idle(RETRY);
                }
            } catch (InterruptedException e) {
                return;
            } catch (ExecutionException e) {
                failed.accept(new IOException("an unexpected error: " + e.getCause(), e.getCause()));
                return;
            } catch (RejectedExecutionException e) {
                return; // the node ends
            }
        }
    }

    /** Fetches a run; says whether the origin failed. */
    private boolean fetch(Run run, ByteBuffer buffer) {
        boolean broken = false;
        Plan.Blob blob = plan.blobs().get(run.blob());
        try {
            PieceSink sink = new PieceSink(run, buffer);
            long from = pieces.offset(run.first());
            long to = pieces.offset(run.end() - 1) + pieces.length(run.end() - 1);
            source.fetch(blob, from, to, sink::accept);
        } catch (InterruptedIOException e) {
            LOG.trace("the fetch of {} was interrupted", blob.digest(), e);
        } catch (IOException e) {
            if (!closed) {
                failed.accept(e);
                broken = e instanceof OriginException;
            }
        } catch (RuntimeException e) {
            if (!closed) {
                failed.accept(new IOException("an unexpected error: " + e, e));
            }
        } finally {
            if (!loop.isShuttingDown()) {
                loop.execute(() -> ended(run));
            }
        }
        return broken;
    }

    /** Waits for something new to fetch, at most so long. */
    private void idle(Duration most) throws InterruptedException {
        if (wake.tryAcquire(most.toMillis(), TimeUnit.MILLISECONDS)) {
            LOG.trace("there is more to fetch");
        }
    }

    /** Cuts one run into pieces, hashes and stores each. */
    private final class PieceSink {
        private final int blob;
        private final ByteBuffer buffer;
        private int piece;

        PieceSink(Run run, ByteBuffer buffer) {
            this.buffer = buffer;
            blob = run.blob();
            piece = run.first();
            buffer.clear().limit(pieces.length(piece));
        }

        void accept(ByteBuffer chunk) throws IOException {
            if (!owned.contains(blob)) {
                throw new InterruptedIOException("another seed fetches it now");
            }
            hold(chunk.remaining());
            while (chunk.hasRemaining()) {
                int taken = Math.min(chunk.remaining(), buffer.remaining());
                buffer.put(chunk.slice(chunk.position(), taken));
                chunk.position(chunk.position() + taken);
                if (!buffer.hasRemaining()) {
                    store();
                }
            }
        }

        private void hold(int bytes) throws IOException {
            if (pacer.isPresent()) {
                try {
                    pacer.get().pass(bytes);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    InterruptedIOException interrupted = new InterruptedIOException("the node ends");
                    interrupted.initCause(e);
                    throw interrupted;
                }
            }
        }

        private void store() throws IOException {
            buffer.flip();
            byte[] hash = Digest.of(buffer.duplicate()).raw();
            int stored = piece;
            synchronized (brought) {
                brought.add(stored);
            }
            boolean last = session.store().write(stored, buffer, hash);
            loop.execute(() -> session.sourced(stored, hash));
            if (last) {
                session.finish(pieces.blob(stored));
            }
            piece++;
            buffer.clear();
            if (piece < pieces.count()) {
                buffer.limit(pieces.length(piece));
            }
        }
    }

    /**
     * Ends all transfers and waits for them. They are not interrupted as long as they end by themselves, because an interrupt
     * would close the file that a thread is writing to under everybody else.
     */
    @Override
    public void close() {
        closed = true;
        source.close();
        wake.release(threads.size());
        long end = System.nanoTime() + CLOSING.toNanos();
        for (Thread thread : threads) {
            try {
                thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            thread.interrupt();
        }
    }
}
