package io.prestage.node;

import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.Progress.Phase;
import io.prestage.node.monitor.Event;
import io.prestage.node.monitor.EventLog;
import io.prestage.node.store.DigestMismatchException;
import io.prestage.node.store.Receipt;
import io.prestage.node.store.Store;
import io.prestage.node.store.StoreCounters;
import io.prestage.node.store.StoreException;
import io.prestage.node.transfer.Transfer;
import io.prestage.protocol.PieceSet;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a plan into a node's folder: opens the store, checks what is there, runs the session, writes the receipt.
 *
 * <p>What takes long happens on one thread of its own, in the order in which it was asked for. What is asked of it can be
 * asked from any thread.
 */
final class Staging implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Staging.class);

    private final Path folder;
    private final ServerName server;
    private final boolean seed;
    private final Transfer transfer;
    private final Tally tally;
    private final EventLog log;
    private final StoreCounters counters;
    private final Listener listener;
    private final Pace pace = new Pace();
    private final ExecutorService thread = Executors.newSingleThreadExecutor(run -> {
        Thread made = new Thread(run, "stage");
        made.setDaemon(true);
        return made;
    });

    /** Of the plan that is being staged; another for each. */
    private volatile CompletableFuture<Void> complete = new CompletableFuture<>();

    private volatile Phase phase = Phase.WAITING;
    private volatile String problem = "";
    private volatile Session session;
    private volatile Optional<Instant> announced = Optional.empty();
    private volatile Instant started = Instant.now();
    private volatile Instant finished;

    /** What is told of a staging. */
    interface Listener {
        /** A session takes part in the swarm from now on; called on the transfer's thread. */
        void begun(Session session, byte[] encodedPlan);

        /**
         * What a session needs besides peers can be started; called on the staging's thread.
         *
         * @throws IOException if that cannot be, which ends the node
         */
        void ready(Session session) throws IOException;

        /** The session's blob arrived whole and is another than its digest names; called on any thread. */
        void voided(Session session, int blob, DigestMismatchException mismatch);

        /** The folder is full and its receipt written; called on the staging's thread. */
        void completed(Session session);

        /** Something changed that the fleet should know at once; called on any thread. */
        void changed();

        /** A session gives way to another plan's; called on the staging's thread. */
        void ending(Session session);
    }

    /**
     * Waits for a plan.
     *
     * @param seed whether what is on the disk is to be brought into the swarm by this node
     */
    Staging(
            Path folder,
            ServerName server,
            boolean seed,
            Transfer transfer,
            Tally tally,
            EventLog log,
            StoreCounters counters,
            Listener listener) {
        this.folder = folder;
        this.server = server;
        this.seed = seed;
        this.transfer = transfer;
        this.tally = tally;
        this.log = log;
        this.counters = counters;
        this.listener = listener;
    }

    /**
     * Completes when the folder is full of the present plan and its receipt written; fails with the sentence of what makes that
     * impossible, or what befell it later.
     */
    CompletableFuture<Void> complete() {
        return complete;
    }

    /** The session of the plan that is being staged, once its store is open. */
    Optional<Session> session() {
        return Optional.ofNullable(session);
    }

    Phase phase() {
        return phase;
    }

    /** How far this node is. */
    Progress progress(int peers) {
        Session current = session;
        long received = tally.originBytes.sum() + tally.peerBytes.sum();
        long pacing = pace.perSecond(received, System.nanoTime());
        long planBytes = current == null ? 0 : current.planBytes();
        long verified = current == null ? 0 : current.verifiedBytes();
        int blobs = current == null ? 0 : current.pieces().blobs();
        int blobsComplete = current == null ? 0 : current.blobsComplete();
        Instant end = finished == null ? Instant.now() : finished;
        return new Progress(
                phase,
                planBytes,
                verified,
                blobs,
                blobsComplete,
                tally.originBytes.sum(),
                tally.peerBytes.sum(),
                tally.sentBytes.sum(),
                tally.wastedBytes.sum(),
                pacing,
                peers,
                current == null ? 0 : Duration.between(started, end).toMillis(),
                problem);
    }

    /** The cluster's plan has become known, so that the time runs; called before {@link #stage}. */
    void announced() {
        announced = Optional.of(Instant.now());
    }

    /** Says what keeps the node from going on, which may pass; empty if nothing does any more. */
    void problem(String sentence) {
        problem = sentence;
    }

    /** Ends the node for a reason that does not pass. */
    void fail(IOException reason) {
        if (phase == Phase.FAILED) {
            LOG.debug("this node failed already", reason); // on a dead disk every piece on its way fails
            return;
        }
        phase = Phase.FAILED;
        problem = reason.getMessage();
        log.add(Event.error("node.failed", "this node cannot go on")
                .because(problem)
                .then("mend the cause and start it again; what is verified stays"));
        LOG.debug("this node failed", reason);
        listener.changed();
        if (!complete.completeExceptionally(reason)) {
            complete = CompletableFuture.failedFuture(reason);
        }
    }

    /** Does something on the staging's thread after what was asked for before. */
    void inTurn(Runnable task) {
        try {
            thread.execute(() -> {
                try {
                    task.run();
                } catch (RejectedExecutionException e) {
                    LOG.debug("closed meanwhile", e); // the transfer, and soon this
                } catch (RuntimeException e) {
                    LOG.error("an unexpected error: {}", e.toString(), e);
                    fail(new IOException("an unexpected error: " + e, e));
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.trace("closed meanwhile", e);
        }
    }

    /**
     * Stages a plan, in the place of another if there is one. To be called on the staging's thread.
     *
     * @param replace whether a folder that holds another plan is to be turned into one of this
     * @return whether the session runs
     */
    boolean stage(Plan plan, boolean replace) {
        Session present = session;
        if (present != null && present.digest().equals(plan.digest())) {
            return true; // a seed made it while it came from a peer
        }
        try {
            endFormer();
            if (replace) {
                Store.replace(folder, plan);
            }
            Store store = Store.open(folder, plan, counters);
            Session opened = new Session(store, transfer, tally, log, new FromSession());
            started = announced.orElseGet(Instant::now);
            announced = Optional.empty();
            finished = null;
            phase = Phase.CHECKING;
            session = opened;
            listener.changed();
            PieceSet found = store.recover((piece, hash) -> {});
            byte[] encoded = plan.encode();
            transfer.loop().submit(() -> begin(opened, found, encoded)).awaitUninterruptibly();
            listener.ready(opened);
            if (store.isFull()) {
                finish(opened);
            }
            return true;
        } catch (IOException e) {
            fail(e);
            return false;
        }
    }

    @Override
    public void close() throws StoreException {
        thread.shutdown();
        Session current = session;
        if (current != null) {
            current.close();
        }
    }

    private void endFormer() throws IOException {
        Session former = session;
        if (former == null) {
            return;
        }
        phase = Phase.WAITING;
        complete = new CompletableFuture<>();
        session = null;
        listener.ending(former);
        former.close();
    }

    private void begin(Session opened, PieceSet found, byte[] encoded) {
        phase = Phase.FILLING;
        opened.recovered(found, seed);
        listener.begun(opened, encoded);
        transfer.flushAll();
    }

    private void finish(Session full) {
        if (phase == Phase.COMPLETE || !full.equals(session)) {
            return;
        }
        try {
            finished = Instant.now();
            full.store().complete(receipt(full.plan()));
            phase = Phase.COMPLETE;
            problem = "";
            listener.completed(full);
            listener.changed();
            complete.complete(null);
        } catch (StoreException e) {
            fail(e);
        }
    }

    private Receipt receipt(Plan plan) {
        return Receipt.unsigned(
                plan,
                new Receipt.Server(server.name(), server.serial().orElse(""), server.addresses()),
                started,
                finished,
                new Receipt.Traffic(
                        tally.originBytes.sum(),
                        tally.peerBytes.sum(),
                        tally.wastedBytes.sum(),
                        plan.total().count()));
    }

    private final class FromSession implements Session.Events {
        @Override
        public void full(Session full) {
            inTurn(() -> finish(full));
        }

        @Override
        public void voided(Session of, int blob, DigestMismatchException mismatch) {
            log.add(Event.error("blob.void", "a blob arrived whole and is another than its digest names")
                    .because(mismatch.getMessage())
                    .then("it is begun anew")
                    .ofBlob(of.plan().blobs().get(blob).digest()));
            tally.rejected(Tally.Rejection.DIGEST);
            try {
                of.store().discard(blob); // at once: the node may be about to end, and the disk must not keep it
            } catch (StoreException e) {
                fail(e);
            }
            listener.voided(of, blob, mismatch);
        }

        @Override
        public void failed(IOException reason) {
            fail(reason);
        }
    }
}
