package io.prestage.node;

import io.prestage.node.cluster.Progress.Phase;
import io.prestage.node.monitor.EventLog;
import io.prestage.node.store.DigestMismatchException;
import io.prestage.node.store.StoreCounters;
import io.prestage.node.transfer.Limits;
import io.prestage.node.transfer.PeerEvents;
import io.prestage.node.transfer.ReceivedPiece;
import io.prestage.node.transfer.Transfer;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Message;
import io.prestage.protocol.Message.PlanChunk;
import io.prestage.protocol.Message.PlanReady;
import io.prestage.protocol.Message.PlanRequest;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's part in the swarm: hears from peers which plans they have, gets the plan that it is told to follow, has it staged,
 * exchanges its pieces.
 *
 * <p>It knows nothing of the cluster or of origins: who the peers are and which plan counts is told by the {@link Node}.
 * What is said to peers belongs to the transfer's thread.
 */
final class Participant implements AutoCloseable {
    private static final Duration TICK = Duration.ofMillis(50);
    private static final int TICKS_PER_REVIEW = 100;

    private static final Logger LOG = LoggerFactory.getLogger(Participant.class);

    private final Transfer transfer;
    private final PlanExchange plans;
    private final Staging staging;
    private final Predicate<Plan> mayReplace;
    private final Listener listener;

    // Owned by the transfer's thread.
    private final Map<NodeId, Digest> peerPlans = new HashMap<>();
    private int ticks;

    /** What is told of the part that a node has in the swarm. */
    interface Listener {
        /** So many peers are connected; called on the transfer's thread. */
        void peers(int count);

        /** A session takes part in the swarm from now on; called on the transfer's thread. */
        void begun(Session session);

        /** What a session needs besides peers can be started; called on the staging's thread. */
        void ready(Session session) throws IOException;

        /** The session's blob arrived whole and is another than its digest names; called on any thread. */
        void voided(Session session, int blob);

        /** The folder is full and its receipt written; called on the staging's thread. */
        void completed(Session session);

        /** Something changed that the fleet should know at once; called on any thread. */
        void changed();

        /** A session gives way to another plan's; called on the staging's thread. */
        void ending();

        /** Some seconds passed; called on the transfer's thread. */
        void review();
    }

    /**
     * Makes the parts; nothing is bound yet.
     *
     * @param id this node
     * @param cluster peers of another one are refused
     * @param bind where to listen for peers
     * @param limits how much of the link to use
     * @param folder to fill
     * @param server for the receipt
     * @param seed whether what is on the disk is to be brought into the swarm by this node
     * @param log told what happens
     * @param counters count what is written
     * @param mayReplace whether the folder's plan may give way to such a one
     */
    Participant(
            NodeId id,
            String cluster,
            InetSocketAddress bind,
            Limits limits,
            Path folder,
            ServerName server,
            boolean seed,
            Tally tally,
            EventLog log,
            StoreCounters counters,
            Predicate<Plan> mayReplace,
            Listener listener) {
        this.transfer = new Transfer(id, cluster, bind, limits, new FromPeers());
        this.plans = new PlanExchange(transfer);
        this.staging = new Staging(folder, server, seed, transfer, tally, log, counters, new FromStaging());
        this.mayReplace = mayReplace;
        this.listener = listener;
    }

    /**
     * Starts to listen for peers.
     *
     * @throws IOException if that cannot be, with a sentence that says why; there is nothing to close then
     */
    void listen() throws IOException {
        try {
            transfer.listen();
        } catch (IOException e) {
            transfer.close();
            throw e;
        }
        transfer.loop().scheduleAtFixedRate(this::tickOrFail, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    Transfer transfer() {
        return transfer;
    }

    Staging staging() {
        return staging;
    }

    /** Sets which peers to be connected to, and where each listens. Callable from any thread. */
    void connect(Map<NodeId, InetSocketAddress> addresses) {
        transfer.loop().execute(() -> {
            transfer.connect(addresses);
            transfer.flushAll();
        });
    }

    /** Gets and stages a plan, unless that is done already. Callable from any thread. */
    void follow(Digest plan) {
        transfer.loop().execute(() -> {
            boolean here = staging.session()
                    .filter(session -> session.digest().equals(plan))
                    .isPresent();
            if (!here) {
                staging.announced();
                plans.need(plan, System.nanoTime());
                peerPlans.forEach((peer, theirs) -> plans.has(peer, theirs, System.nanoTime()));
                transfer.flushAll();
            }
        });
    }

    /** A blob of the present session is void: for everybody, or for this node only. Callable from any thread. */
    void begunAnew(Session session, int blob, boolean everywhere) {
        transfer.loop().execute(() -> {
            if (everywhere) {
                session.voided(blob);
            } else {
                session.restart(blob);
            }
        });
    }

    @Override
    public void close() throws IOException {
        transfer.close();
        staging.close();
    }

    /** A schedule ends without a word with the first exception, and nothing would lapse any more. */
    private void tickOrFail() {
        try {
            tick();
        } catch (RuntimeException e) {
            if (staging.phase() != Phase.FAILED) { // or it would be told twenty times a second
                LOG.error("an unexpected error: {}", e.toString(), e);
            }
            staging.fail(new IOException("an unexpected error: " + e, e));
        }
    }

    private void tick() {
        plans.tick(System.nanoTime());
        Optional<Session> session = staging.session();
        session.ifPresent(current -> current.tick(System.nanoTime()));
        if (++ticks % TICKS_PER_REVIEW == 0 && session.isPresent()) {
            transfer.connected().stream()
                    .filter(peer -> session.get().swarm().isIdle(peer))
                    .forEach(transfer::release);
            listener.review();
        }
        transfer.flushAll();
    }

    /**
     * The session that this node has in common with a peer. Asked for every message, so that lambdas, which are made by a call
     * into the VM until they are optimized, are kept out of here.
     */
    private Optional<Session> sharing(NodeId peer) {
        Optional<Session> session = staging.session();
        boolean shared = session.isPresent() && session.get().digest().equals(peerPlans.get(peer));
        return shared ? session : Optional.empty();
    }

    private void join(NodeId peer) {
        if (staging.phase() != Phase.CHECKING) {
            sharing(peer).ifPresent(session -> session.swarm().joined(peer, System.nanoTime()));
        }
    }

    private void stage(Plan plan) {
        staging.inTurn(() -> staging.stage(plan, mayReplace.test(plan)));
    }

    private final class FromPeers implements PeerEvents {
        @Override
        public void connected(NodeId peer, Optional<Digest> plan) {
            listener.peers(transfer.connected().size());
            plan.ifPresent(digest -> ready(peer, digest));
        }

        @Override
        public void disconnected(NodeId peer) {
            listener.peers(transfer.connected().size());
            peerPlans.remove(peer);
            plans.gone(peer, System.nanoTime());
            staging.session().ifPresent(session -> session.swarm().left(peer, System.nanoTime()));
        }

        @Override
        public void said(NodeId peer, Message message) {
            if (message instanceof PlanReady ready) {
                ready(peer, ready.plan());
            } else if (message instanceof PlanRequest request) {
                plans.requested(peer, request);
            } else if (message instanceof PlanChunk chunk) {
                plans.received(peer, chunk, System.nanoTime()).ifPresent(Participant.this::stage);
            } else {
                Optional<Session> session = sharing(peer);
                if (session.isPresent()) {
                    session.get().said(peer, message);
                }
            }
        }

        @Override
        public void received(NodeId peer, ReceivedPiece piece) {
            Optional<Session> session = sharing(peer);
            if (session.isPresent()) {
                session.get().received(peer, piece);
            } else {
                piece.content().release();
            }
        }

        @Override
        public void sent(NodeId peer, int piece, int bytes) {
            Optional<Session> session = staging.session();
            if (session.isPresent()) {
                session.get().uploaded(peer, bytes);
            }
        }

        private void ready(NodeId peer, Digest plan) {
            peerPlans.put(peer, plan);
            plans.has(peer, plan, System.nanoTime());
            join(peer);
        }
    }

    private final class FromStaging implements Staging.Listener {
        @Override
        public void begun(Session session, byte[] encodedPlan) {
            plans.serve(session.digest(), encodedPlan);
            transfer.ready(session.digest());
            peerPlans.keySet().forEach(Participant.this::join);
            listener.begun(session);
        }

        @Override
        public void ready(Session session) throws IOException {
            listener.ready(session);
        }

        @Override
        public void voided(Session session, int blob, DigestMismatchException mismatch) {
            listener.voided(session, blob);
        }

        @Override
        public void completed(Session session) {
            listener.completed(session);
        }

        @Override
        public void changed() {
            listener.changed();
        }

        @Override
        public void ending(Session session) {
            listener.ending();
            transfer.loop()
                    .submit(() ->
                            transfer.connected().forEach(peer -> session.swarm().left(peer, System.nanoTime())))
                    .awaitUninterruptibly();
        }
    }
}
