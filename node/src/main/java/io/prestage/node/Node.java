package io.prestage.node;

import io.prestage.node.cluster.Cluster;
import io.prestage.node.cluster.ClusterState;
import io.prestage.node.cluster.Member;
import io.prestage.node.cluster.PlanOffer;
import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.Progress.Phase;
import io.prestage.node.cluster.Report;
import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.http.HttpServer;
import io.prestage.node.http.Route;
import io.prestage.node.monitor.FleetView;
import io.prestage.node.monitor.Metrics;
import io.prestage.node.monitor.Pages;
import io.prestage.node.registry.DistributionApi;
import io.prestage.node.store.DigestMismatchException;
import io.prestage.node.store.Store;
import io.prestage.node.store.StoreException;
import io.prestage.node.swarm.Neighbours;
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
import java.net.BindException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the parts of a node together: joins the cluster, gets the plan, has the folder filled, serves.
 *
 * <p>{@link #start} returns once the node is a member; {@link #complete} tells when the folder is full, or why it never will
 * be. The transfer's thread owns what is said to peers, the cluster's thread what is heard of the cluster.
 */
public final class Node implements AutoCloseable {
    private static final Duration TICK = Duration.ofMillis(50);
    private static final int TICKS_PER_REVIEW = 100;
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);

    private final NodeOptions options;
    private final NodeId id = NodeId.random(new SecureRandom());
    private final Tally tally = new Tally();
    private final Transfer transfer;
    private final PlanExchange plans;
    private final Cluster cluster;
    private final Staging staging;
    private final Optional<Seeding> seeding;
    private final Metrics metrics;
    private final Pages pages;
    private final HttpServer http;

    private volatile Member member;

    /** The plan of the cluster that this node takes part in. */
    private volatile PlanOffer following;

    // Owned by the transfer's thread.
    private final Map<NodeId, Digest> peerPlans = new HashMap<>();
    private int ticks;

    /**
     * Prepares a node and binds its ports.
     *
     * @throws IOException if the folder or a port cannot be used, with a sentence for the person who chose it
     */
    public Node(NodeOptions options) throws IOException {
        this.options = options;
        this.member = new Member(
                id,
                options.server().name(),
                options.cluster().bind().getHostAddress(),
                options.swarmPort(),
                options.httpPort(),
                options.seed().isPresent(),
                "");
        Store.check(options.folder());
        this.transfer = new Transfer(
                id,
                options.cluster().name(),
                new InetSocketAddress(options.cluster().bind(), options.swarmPort()),
                new FromPeers());
        this.plans = new PlanExchange(transfer);
        this.cluster = new Cluster(options.cluster(), id, this::report, this::holdings, new FromCluster());
        this.staging = new Staging(
                options.folder(), options.server(), options.seed().isPresent(), transfer, tally, new FromStaging());
        this.seeding =
                options.seed().map(seed -> new Seeding(seed, id, transfer, cluster, staging, tally, this::withdraw));
        this.metrics = NodeMetrics.of(tally, this::progress, cluster, options.folder());
        this.pages = new Pages(this::fleet, this::server, metrics);
        try {
            transfer.listen();
            this.http = serve();
        } catch (IOException e) {
            transfer.close();
            throw e;
        }
    }

    /**
     * Joins the cluster.
     *
     * @throws IOException if that cannot be, with a sentence that says why
     */
    public void start() throws IOException {
        cluster.start();
        transfer.loop().scheduleAtFixedRate(this::tick, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
        LOG.info(
                "{} is a member of cluster '{}' at {}",
                member.name(),
                options.cluster().name(),
                member.host());
    }

    /** Completes when the folder is full and its receipt written; fails with the sentence of what makes that impossible. */
    public CompletableFuture<Void> complete() {
        return staging.complete();
    }

    /** This node, as the fleet knows it. */
    public Member member() {
        return member;
    }

    /** How far this node is with the plan that the cluster follows; with another it has not begun. */
    public Progress progress() {
        Progress progress = staging.progress(metrics.peers());
        boolean another = staging.session().isPresent() && present().isEmpty();
        return another && progress.complete() ? Progress.NONE : progress;
    }

    /** The plan that is being staged, once it is here. */
    public Optional<Plan> plan() {
        return staging.session().map(Session::plan);
    }

    /** The fleet as its coordinator last told of it. */
    public FleetView fleet() {
        return new FleetView(options.cluster().name(), cluster.state(), cluster.members(), cluster.servers());
    }

    /** Leaves the cluster, closes all connections, flushes. */
    @Override
    public void close() throws IOException {
        seeding.ifPresent(Seeding::close);
        cluster.close();
        transfer.close();
        http.close();
        pages.close();
        metrics.close();
        staging.close();
    }

    // For reports and pages.

    private Report report() {
        byte[] pieces =
                present().map(session -> session.store().held().toBytes()).orElse(new byte[0]);
        return new Report(member, progress(), Optional.ofNullable(following), pieces);
    }

    /** The session of the plan that the cluster follows. */
    private Optional<Session> present() {
        PlanOffer offer = following;
        return staging.session()
                .filter(session -> offer == null || session.digest().equals(offer.plan()));
    }

    private ServerStatus server() {
        Optional<ServerStatus> known = cluster.servers().stream()
                .filter(server -> server.member().id().equals(id))
                .findFirst();
        return new ServerStatus(
                member,
                progress(),
                true,
                known.map(ServerStatus::safeToPowerOff).orElse(false),
                known.map(ServerStatus::soleHolderOf).orElse(0));
    }

    private Optional<Cluster.Holdings> holdings() {
        return staging.session()
                .map(session ->
                        new Cluster.Holdings(session.digest(), session.store().held()));
    }

    private HttpServer serve() throws IOException {
        try {
            return new HttpServer(new InetSocketAddress(options.cluster().bind(), options.httpPort()), routes());
        } catch (BindException e) {
            throw new IOException(e.getMessage() + " with --http-port", e);
        }
    }

    private List<Route> routes() {
        StagedContents contents = new StagedContents(() -> staging.session().map(Session::store));
        DistributionApi registry =
                new DistributionApi(contents, (blob, from, to, bytes) -> tally.registryBytes.add(bytes));
        List<Route> routes = new ArrayList<>(pages.routes());
        routes.add(registry.route());
        return routes;
    }

    private void withdraw(String reason) {
        member = member.withdrawn(reason);
        cluster.reportNow();
    }

    // What peers say; on the transfer's thread.

    private final class FromPeers implements PeerEvents {
        @Override
        public void connected(NodeId peer, Optional<Digest> plan) {
            metrics.peers(transfer.connected().size());
            plan.ifPresent(digest -> ready(peer, digest));
        }

        @Override
        public void disconnected(NodeId peer) {
            metrics.peers(transfer.connected().size());
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
                plans.received(peer, chunk, System.nanoTime()).ifPresent(Node.this::stage);
            } else {
                sharing(peer).ifPresent(session -> session.said(peer, message));
            }
        }

        @Override
        public void received(NodeId peer, ReceivedPiece piece) {
            sharing(peer)
                    .ifPresentOrElse(
                            session -> session.received(peer, piece),
                            () -> piece.content().release());
        }

        @Override
        public void sent(NodeId peer, int piece, int bytes) {
            staging.session().ifPresent(session -> session.uploaded(peer, bytes));
        }

        private void ready(NodeId peer, Digest plan) {
            peerPlans.put(peer, plan);
            plans.has(peer, plan, System.nanoTime());
            join(peer);
        }
    }

    /** The session that this node has in common with a peer. */
    private Optional<Session> sharing(NodeId peer) {
        return staging.session().filter(session -> session.digest().equals(peerPlans.get(peer)));
    }

    private void join(NodeId peer) {
        if (staging.phase() != Phase.CHECKING) {
            sharing(peer).ifPresent(session -> session.swarm().joined(peer, System.nanoTime()));
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
            seeding.ifPresent(Seeding::refresh);
        }
        transfer.flushAll();
    }

    // What the staging tells.

    private void stage(Plan plan) {
        staging.inTurn(() -> staging.stage(plan, mayReplace(plan)));
    }

    /** Whether the folder holds a plan whose place this one came to take. */
    private boolean mayReplace(Plan plan) {
        PlanOffer offer = following;
        if (offer == null || !offer.plan().equals(plan.digest())) {
            return false;
        }
        try {
            return Store.planOf(options.folder())
                    .filter(offer.replaced()::contains)
                    .isPresent();
        } catch (StoreException e) {
            return false; // opening the store says it better
        }
    }

    private final class FromStaging implements Staging.Listener {
        @Override
        public void begun(Session session, byte[] encodedPlan) {
            plans.serve(session.digest(), encodedPlan);
            transfer.ready(session.digest());
            peerPlans.keySet().forEach(Node.this::join);
        }

        @Override
        public void ready(Session session) throws IOException {
            if (seeding.isPresent()) {
                seeding.get().feed(session);
            }
        }

        @Override
        public void voided(Session session, int blob, DigestMismatchException mismatch) {
            boolean everywhere = seeding.map(seed -> seed.voided(session, blob)).orElse(false);
            transfer.loop().execute(() -> {
                if (everywhere) {
                    session.voided(blob);
                } else {
                    session.restart(blob); // its owner tells, if this is not the only node that has it wrong
                }
            });
        }

        @Override
        public void changed() {
            cluster.reportNow();
        }

        @Override
        public void ending(Session session) {
            seeding.ifPresent(Seeding::close);
            transfer.loop()
                    .submit(() ->
                            transfer.connected().forEach(peer -> session.swarm().left(peer, System.nanoTime())))
                    .awaitUninterruptibly();
        }
    }

    // What the cluster says; on the cluster's thread.

    private final class FromCluster implements Cluster.Listener {
        @Override
        public void changed(ClusterState state) {
            connectNeighbours(state);
            if (state.plan().isPresent()) {
                follow(state.plan().get());
            } else if (member.fetches()) {
                seeding.ifPresent(Seeding::makePlan);
            }
            seeding.ifPresent(seed -> seed.own(state));
        }

        @Override
        public void voided(Digest plan, int blob) {
            transfer.loop()
                    .execute(() -> staging.session()
                            .filter(session -> session.digest().equals(plan))
                            .ifPresent(session -> session.voided(blob)));
        }
    }

    private void connectNeighbours(ClusterState state) {
        Set<NodeId> neighbours =
                Neighbours.of(id, state.members().stream().map(Member::id).toList());
        Map<NodeId, InetSocketAddress> addresses = new HashMap<>();
        for (Member present : state.members()) {
            if (neighbours.contains(present.id())) {
                addresses.put(present.id(), present.swarmAddress());
            }
        }
        transfer.loop().execute(() -> {
            transfer.connect(addresses);
            transfer.flushAll();
        });
    }

    private void follow(PlanOffer offer) {
        PlanOffer present = following;
        if (present != null && present.plan().equals(offer.plan())) {
            following = offer;
            return;
        }
        boolean refused =
                present == null && seeding.filter(seed -> seed.refuses(offer)).isPresent();
        if (refused && !options.seed().orElseThrow().replace()) {
            staging.fail(new IOException("the cluster already stages another plan (" + offer.request()
                    + "): wait until it is done, choose another --cluster, or take its place with --replace"));
            return;
        }
        if (refused) {
            seeding.get().makePlan();
            return;
        }
        if (present != null && offer.generation() <= present.generation()) {
            LOG.error("the cluster follows plan {}, this node {}; they do not mix", offer.plan(), present.plan());
            return;
        }
        following = offer;
        LOG.info("the cluster stages plan {}", offer.plan());
        transfer.loop().execute(() -> {
            boolean here = staging.session()
                    .filter(session -> session.digest().equals(offer.plan()))
                    .isPresent();
            if (!here) {
                staging.announced();
                plans.need(offer.plan(), System.nanoTime());
                peerPlans.forEach((peer, plan) -> plans.has(peer, plan, System.nanoTime()));
                transfer.flushAll();
            }
        });
    }
}
