package io.prestage.node;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.prestage.node.Tally.Rejection;
import io.prestage.node.monitor.Event;
import io.prestage.node.monitor.EventLog;
import io.prestage.node.store.DigestMismatchException;
import io.prestage.node.store.Slice;
import io.prestage.node.store.Store;
import io.prestage.node.store.StoreException;
import io.prestage.node.swarm.Commands;
import io.prestage.node.swarm.Gathering;
import io.prestage.node.swarm.Statements;
import io.prestage.node.swarm.Swarm;
import io.prestage.node.swarm.SwarmRules;
import io.prestage.node.transfer.PieceFile;
import io.prestage.node.transfer.ReceivedPiece;
import io.prestage.node.transfer.Transfer;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Message;
import io.prestage.protocol.Message.Cancel;
import io.prestage.protocol.Message.Have;
import io.prestage.protocol.Message.Held;
import io.prestage.protocol.Message.PieceHeader;
import io.prestage.protocol.Message.Reject;
import io.prestage.protocol.Message.Request;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.PieceSet;
import io.prestage.protocol.Pieces;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One plan on one node: carries the swarm's decisions out, verifies and stores what comes.
 *
 * <p>The swarm and everything that is said to peers belong to the transfer's thread. Pieces are hashed and written by
 * {@value #WORKERS} workers, blobs finished by one more, so that a flush holds up neither.
 */
final class Session implements Commands, AutoCloseable {
    private static final int WORKERS = 2;
    /** Longer than the news that a blob is void takes to reach everybody. */
    private static final Duration PAUSE = Duration.ofSeconds(3);

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    private final Store store;
    private final Pieces pieces;
    private final Digest digest;
    private final long planBytes;
    private final Transfer transfer;
    private final EventLoop loop;
    private final Tally tally;
    private final EventLog log;
    private final Events events;
    private final Swarm swarm;
    private final Statements statements;
    private final Gathering announcements = Gathering.ofAnnouncements(System.nanoTime());
    private final Gathering mentions = Gathering.ofMentions(System.nanoTime());
    private final ExecutorService workers = Executors.newFixedThreadPool(WORKERS, run -> named(run, "verify"));
    private final ExecutorService finisher = Executors.newSingleThreadExecutor(run -> named(run, "finish"));
    /** Blobs of which nothing is asked for, and until when. */
    private final Map<Integer, Long> pausedUntil = new HashMap<>();

    private final AtomicLong verifiedBytes = new AtomicLong();

    /** What a session tells of itself. Called on any of its threads. */
    interface Events {
        /** Every blob is verified and visible. */
        void full(Session session);

        /** The pieces of a blob match their hashes, and the whole does not match its digest. */
        void voided(Session session, int blob, DigestMismatchException mismatch);

        /** The session cannot go on. */
        void failed(IOException reason);
    }

    Session(Store store, Transfer transfer, Tally tally, EventLog log, Events events) {
        this.store = store;
        this.pieces = store.pieces();
        this.digest = store.plan().digest();
        this.planBytes = store.plan().total().count();
        this.transfer = transfer;
        this.loop = transfer.loop();
        this.tally = tally;
        this.log = log;
        this.events = events;
        this.statements = new Statements(pieces.count());
        this.swarm = new Swarm(pieces, SwarmRules.DEFAULT, new SplittableRandom(), this);
    }

    Plan plan() {
        return store.plan();
    }

    /** The plan's digest. */
    Digest digest() {
        return digest;
    }

    Pieces pieces() {
        return pieces;
    }

    Store store() {
        return store;
    }

    /** Bytes of all blobs of the plan. */
    long planBytes() {
        return planBytes;
    }

    /** Blobs that are visible in the layout. Callable from any thread. */
    int blobsComplete() {
        return store.verifiedBlobs();
    }

    /** Bytes of the pieces that are held. Callable from any thread. */
    long verifiedBytes() {
        return verifiedBytes.get();
    }

    // On the transfer's thread.

    Swarm swarm() {
        return swarm;
    }

    /**
     * Takes what was found on the disk.
     *
     * @param brings whether this node is to bring it into the swarm, as a seed, or had it from there
     */
    void recovered(PieceSet found, boolean brings) {
        long now = System.nanoTime();
        found.forEach(piece -> {
            if (state(piece, store.hash(piece).orElseThrow())) {
                verifiedBytes.addAndGet(pieces.length(piece));
                if (brings) {
                    swarm.sourced(piece, now);
                } else {
                    swarm.recovered(piece);
                }
            }
        });
    }

    /** A piece came from the origin and is stored. */
    void sourced(int piece, byte[] hash) {
        if (state(piece, hash) && !swarm.held().contains(piece)) {
            verifiedBytes.addAndGet(pieces.length(piece));
            swarm.sourced(piece, System.nanoTime());
            transfer.flushAll();
        }
    }

    void said(NodeId peer, Message message) {
        long now = System.nanoTime();
        if (message instanceof Have have) {
            for (Held held : have.pieces()) {
                if (held.piece() < pieces.count() && !agrees(held.piece(), held.fingerprint())) {
                    contradicted(peer.toString(), held.piece());
                }
            }
            swarm.announced(peer, have.pieces(), now);
        } else if (message instanceof Request request) {
            swarm.requested(peer, request.piece(), now);
        } else if (message instanceof Cancel cancel) {
            swarm.cancelled(peer, cancel.piece());
        } else if (message instanceof Reject reject) {
            swarm.rejected(peer, reject.piece(), now);
        }
    }

    void received(NodeId peer, ReceivedPiece received) {
        PieceHeader header = received.header();
        int piece = header.piece();
        boolean fits = piece < pieces.count() && header.length() == pieces.length(piece);
        if (!fits) {
            received.content().release();
            tally.rejected(Rejection.LENGTH);
            drop(peer, "it sent a piece of another length");
            return;
        }
        tally.received(peer, header.length());
        if (!swarm.arrived(peer, piece, System.nanoTime())) {
            received.content().release();
            tally.wastedBytes.add(header.length());
        } else if (!agrees(piece, Statements.fingerprint(header.hash()))) {
            received.content().release();
            tally.wastedBytes.add(header.length());
            swarm.unstored(piece);
            contradicted(peer.toString(), piece);
        } else {
            hand(workers, () -> verify(peer, header, received.content()), received.content());
        }
    }

    void uploaded(NodeId peer, int bytes) {
        tally.sentBytes.add(bytes);
        swarm.uploaded(peer, System.nanoTime());
    }

    /** All pieces of a blob are void, here and everywhere; but who has the whole blob verified keeps it, and tells of it again. */
    void voided(int blob) {
        if (store.isVerified(blob)) {
            swarm.lost(blob, System.nanoTime());
            pause(blob);
        } else {
            discard(blob);
            swarm.voided(blob);
        }
    }

    /** Gives up what is here of a blob that is not verified; what others hold of it is asked for again. */
    void restart(int blob) {
        discard(blob);
        swarm.discarded(blob);
    }

    /** Time passed. */
    void tick(long now) {
        for (Iterator<Map.Entry<Integer, Long>> all = pausedUntil.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<Integer, Long> paused = all.next();
            if (now - paused.getValue() > 0) {
                all.remove();
                swarm.resume(paused.getKey());
            }
        }
        swarm.tick(now);
    }

    /** Gives up what is here of a blob, and asks for nothing of it until everybody had the time to do the same. */
    private void discard(int blob) {
        try {
            store.discard(blob);
        } catch (StoreException e) {
            events.failed(e);
        }
        transfer.retract(pieces.first(blob), pieces.end(blob));
        for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
            statements.forget(piece);
            if (swarm.held().contains(piece)) {
                verifiedBytes.addAndGet(-pieces.length(piece));
            }
        }
        pause(blob);
    }

    private void pause(int blob) {
        swarm.stop(blob);
        pausedUntil.put(blob, System.nanoTime() + PAUSE.toNanos());
    }

    /**
     * Whether a statement agrees with the ones before. What is heard of a blob while it is paused may be from before, so it is
     * not taken down.
     */
    private boolean agrees(int piece, long fingerprint) {
        return pausedUntil.containsKey(pieces.blob(piece)) || statements.agree(piece, fingerprint);
    }

    // What the swarm decides.

    @Override
    public void announce(Collection<NodeId> peers, int piece) {
        Optional<Held> held = statement(piece);
        if (held.isPresent()) {
            transfer.announce(peers, held.get());
            if (announcements.add()) {
                whenDue(announcements, transfer::sendAnnouncements);
            }
        }
    }

    @Override
    public void mention(Collection<NodeId> peers, int piece) {
        Optional<Held> held = statement(piece);
        if (held.isPresent()) {
            transfer.mention(peers, held.get());
            if (mentions.add()) {
                whenDue(mentions, transfer::sendMentions);
            }
        }
    }

    /** What neighbours are told of a piece; nothing once it is held no more. */
    private Optional<Held> statement(int piece) {
        return store.hash(piece).map(hash -> new Held(piece, Statements.fingerprint(hash)));
    }

    private void whenDue(Gathering gathered, Runnable sending) {
        long wait = Math.max(0, gathered.due() - System.nanoTime());
        loop.schedule(
                () -> {
                    gathered.left(System.nanoTime());
                    sending.run();
                },
                wait,
                TimeUnit.NANOSECONDS);
    }

    @Override
    public void reveal(NodeId peer, int piece) {
        statement(piece).ifPresent(held -> transfer.announceNow(peer, held));
    }

    @Override
    public void request(NodeId peer, int piece) {
        transfer.send(peer, new Request(piece));
    }

    @Override
    public void cancel(NodeId peer, int piece) {
        transfer.send(peer, new Cancel(piece));
    }

    @Override
    public void reject(NodeId peer, int piece) {
        transfer.send(peer, new Reject(piece));
    }

    @Override
    public void upload(NodeId peer, int piece) {
        try {
            Optional<Slice> slice = store.read(piece);
            Optional<byte[]> hash = store.hash(piece);
            if (slice.isEmpty() || hash.isEmpty()) {
                slice.ifPresent(Slice::close);
                transfer.send(peer, new Reject(piece));
                loop.execute(() -> swarm.unsent(peer, System.nanoTime()));
                return;
            }
            Slice from = slice.get();
            transfer.send(
                    peer,
                    new PieceHeader(piece, Digest.ofRaw(hash.get()), from.length()),
                    new PieceFile(from.channel(), from.position(), from.length(), from::close));
        } catch (StoreException e) {
            transfer.send(peer, new Reject(piece));
            loop.execute(() -> swarm.unsent(peer, System.nanoTime()));
            events.failed(e);
        }
    }

    @Override
    public void drop(NodeId peer, String reason) {
        log.add(Event.error("peer.dropped", "the connection to a peer is closed for good")
                .because(reason)
                .then("what was asked of it is asked of others")
                .withPeer(peer));
        loop.execute(() -> transfer.quarantine(peer, reason));
    }

    // On the workers.

    private void verify(NodeId peer, PieceHeader header, ByteBuf content) {
        int piece = header.piece();
        try {
            byte[] hash = Digest.of(content.nioBuffer()).raw();
            if (!Arrays.equals(hash, header.hash().raw())) {
                tally.rejected(Rejection.HASH);
                tally.wastedBytes.add(header.length());
                log.add(Event.warn("piece.rejected", "piece " + piece + " was not taken")
                        .because("its bytes do not match its hash")
                        .then("it is asked of another peer")
                        .ofBlob(digest(pieces.blob(piece)))
                        .withPeer(peer));
                onLoop(() -> swarm.refused(peer, piece, System.nanoTime()));
                return;
            }
            boolean last = store.write(piece, content.nioBuffer(), hash);
            onLoop(() -> verified(piece));
            if (last) {
                finish(pieces.blob(piece));
            }
        } catch (StoreException e) {
            onLoop(() -> swarm.unstored(piece));
            events.failed(e);
        } catch (RuntimeException e) {
            onLoop(() -> swarm.unstored(piece));
            events.failed(new IOException("an unexpected error: " + e, e));
        } finally {
            content.release();
        }
    }

    private void verified(int piece) {
        if (!store.holds(piece)) { // its blob was voided while it was being written
            swarm.unstored(piece);
            return;
        }
        tally.piecesVerified.increment();
        verifiedBytes.addAndGet(pieces.length(piece));
        swarm.verified(piece, System.nanoTime());
    }

    /** Makes a blob visible whose last piece is stored. Callable from any thread. */
    void finish(int blob) {
        try {
            finisher.execute(() -> {
                try {
                    store.finish(blob);
                    log.add(Event.detail(
                                    "blob.complete",
                                    "a blob of "
                                            + new Bytes(plan().blobs().get(blob).size()) + " is complete")
                            .because("its digest matches and it is on the disk")
                            .then("it is served")
                            .ofBlob(digest(blob)));
                    if (store.isFull()) {
                        events.full(this);
                    }
                } catch (DigestMismatchException e) {
                    events.voided(this, blob, e);
                } catch (StoreException e) {
                    events.failed(e);
                } catch (IllegalStateException e) {
                    LOG.debug("blob {} was given up before it was finished", blob, e);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.trace("closed before blob {} was finished", blob, e);
        }
    }

    @Override
    public void close() throws StoreException {
        workers.shutdown();
        finisher.shutdown();
        try {
            boolean ended =
                    workers.awaitTermination(10, TimeUnit.SECONDS) && finisher.awaitTermination(30, TimeUnit.SECONDS);
            if (!ended) {
                LOG.warn("pieces were still being written after 40 s; what was not is fetched again next time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        store.close();
    }

    private boolean state(int piece, byte[] hash) {
        boolean agrees = statements.agree(piece, Statements.fingerprint(hash));
        if (!agrees) {
            contradicted("what is here", piece);
        }
        return agrees;
    }

    /** Two statements differ, and nobody can say which is wrong: the blob is begun anew, unless it is proven already. */
    private void contradicted(String speaker, int piece) {
        int blob = pieces.blob(piece);
        tally.rejected(Rejection.CONTRADICTION);
        if (store.isVerified(blob)) {
            LOG.debug("{} states another hash for piece {} than the verified blob has", speaker, piece);
            return;
        }
        log.add(Event.error("blob.contradicted", "piece " + piece + " is stated to have two different hashes")
                .because("one of those who state it is wrong, and nobody can say which")
                .then("the blob is begun anew in " + PAUSE.toSeconds() + " s")
                .ofBlob(digest(blob))
                .withPeer(speaker));
        restart(blob);
    }

    private String digest(int blob) {
        return plan().blobs().get(blob).digest();
    }

    private void onLoop(Runnable event) {
        try {
            loop.execute(() -> {
                event.run();
                transfer.flushAll();
            });
        } catch (RejectedExecutionException e) {
            LOG.trace("closed meanwhile", e);
        }
    }

    private static void hand(ExecutorService to, Runnable work, ByteBuf content) {
        try {
            to.execute(work);
        } catch (RejectedExecutionException e) {
            content.release();
            LOG.trace("closed meanwhile", e);
        }
    }

    private static Thread named(Runnable run, String name) {
        Thread thread = new Thread(run, name);
        thread.setDaemon(true);
        return thread;
    }
}
