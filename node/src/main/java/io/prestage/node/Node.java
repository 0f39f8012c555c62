package io.prestage.node;

import io.netty.channel.EventLoop;
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
import io.prestage.node.origin.OriginException;
import io.prestage.node.origin.RegistryClient;
import io.prestage.node.registry.DistributionApi;
import io.prestage.node.store.DigestMismatchException;
import io.prestage.node.store.Receipt;
import io.prestage.node.store.Store;
import io.prestage.node.store.StoreException;
import io.prestage.node.swarm.Neighbours;
import io.prestage.node.swarm.Ownership;
import io.prestage.node.transfer.PeerEvents;
import io.prestage.node.transfer.ReceivedPiece;
import io.prestage.node.transfer.Transfer;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Message;
import io.prestage.protocol.Message.PlanChunk;
import io.prestage.protocol.Message.PlanReady;
import io.prestage.protocol.Message.PlanRequest;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.PieceSet;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the parts of a node together: joins the cluster, gets the plan, fills the folder, serves.
 *
 * <p>{@link #start} returns once the node is a member; {@link #complete} tells when the folder is full, or why it never will
 * be. The transfer's thread owns what is said to peers; opening, recovering and completing the store happen on a thread of
 * their own, in that order.
 */
public final class Node implements AutoCloseable {
    private static final Duration TICK = Duration.ofMillis(50);
    private static final int REFRESH_EVERY = 100;
    private static final Duration RESTATE = Duration.ofSeconds(1);
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);

    private final NodeOptions options;
    private final NodeId id;
    private final Tally tally = new Tally();
    private final Transfer transfer;
    private final EventLoop loop;
    private final PlanExchange plans;
    private final Cluster cluster;
    private final Metrics metrics;
    private final Pages pages;
    private final HttpServer http;
    private final ExecutorService work = Executors.newSingleThreadExecutor(run -> {
        Thread thread = new Thread(run, "stage");
        thread.setDaemon(true);
        return thread;
    });
    private final CompletableFuture<Void> complete = new CompletableFuture<>();
    private final Pace pace = new Pace();

    private volatile Member member;
    private volatile Phase phase = Phase.WAITING;
    private volatile String problem = "";
    private volatile Session session;
    private volatile PlanOffer running;
    private volatile Instant started = Instant.now();
    private volatile Instant finished;
    private volatile OriginFeed feed;

    // owned by the transfer's thread
    private final Map<NodeId, Digest> peerPlans = new HashMap<>();
    private int ticks;

    // owned by the cluster's thread
    private boolean planning;

    /**
     * Prepares a node and binds its ports.
     *
     * @throws IOException if the folder or a port cannot be used, with a sentence for the person who chose it
     */
    public Node(NodeOptions options) throws IOException {
        this.options = options;
        this.id = NodeId.random(new SecureRandom());
        this.member = new Member(
                id,
                options.server().name(),
                options.cluster().bind().getHostAddress(),
                options.swarmPort(),
                options.httpPort(),
                options.seed().isPresent(),
                "");
        Store.planOf(options.folder()); // an unusable folder is reported before anything is started
        this.transfer = new Transfer(
                id,
                options.cluster().name(),
                new InetSocketAddress(options.cluster().bind(), options.swarmPort()),
                new FromPeers());
        this.loop = transfer.loop();
        this.plans = new PlanExchange(transfer);
        this.cluster = new Cluster(options.cluster(), id, this::report, this::holdings, new FromCluster());
        this.metrics = metrics();
        this.pages = new Pages(this::fleet, this::server, metrics);
        try {
            transfer.listen();
            this.http = new HttpServer(new InetSocketAddress(options.cluster().bind(), options.httpPort()), routes());
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
        loop.scheduleAtFixedRate(this::tick, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
        LOG.info(
                "{} is a member of cluster '{}' at {}",
                member.name(),
                options.cluster().name(),
                member.host());
    }

    /** Completes when the folder is full and its receipt written; fails with the sentence of what makes that impossible. */
    public CompletableFuture<Void> complete() {
        return complete;
    }

    /** This node, as the fleet knows it. */
    public Member member() {
        return member;
    }

    /** How far this node is. */
    public Progress progress() {
        Session current = session;
        Optional<Plan> plan = Optional.ofNullable(current).map(Session::plan);
        long verified = current == null ? 0 : current.verifiedBytes();
        Instant end = finished == null ? Instant.now() : finished;
        int blobsComplete = 0;
        if (current != null) {
            for (int blob = 0; blob < current.pieces().blobs(); blob++) {
                blobsComplete += current.store().isVerified(blob) ? 1 : 0;
            }
        }
        return new Progress(
                phase,
                plan.map(Plan::total).map(Bytes::count).orElse(0L),
                verified,
                plan.map(staged -> staged.blobs().size()).orElse(0),
                blobsComplete,
                tally.originBytes.sum(),
                tally.peerBytes.sum(),
                tally.sentBytes.sum(),
                tally.wastedBytes.sum(),
                pace.bytesPerSecond(tally.originBytes.sum() + tally.peerBytes.sum(), System.nanoTime()),
                metrics.peers(),
                current == null ? 0 : Duration.between(started, end).toMillis(),
                problem);
    }

    /** The plan that is being staged, once it is here. */
    public Optional<Plan> plan() {
        return Optional.ofNullable(session).map(Session::plan);
    }

    /** The fleet as its coordinator last told of it. */
    public FleetView fleet() {
        return new FleetView(options.cluster().name(), cluster.state(), cluster.members(), cluster.servers());
    }

    /** Leaves the cluster, closes all connections, flushes. */
    @Override
    public void close() throws IOException {
        OriginFeed feeding = feed;
        if (feeding != null) {
            feeding.close();
        }
        cluster.close();
        transfer.close();
        http.close();
        pages.close();
        metrics.close();
        work.shutdown();
        Session current = session;
        if (current != null) {
            current.close();
        }
    }

    // For reports and pages.

    private Report report() {
        Session current = session;
        byte[] pieces = current == null ? new byte[0] : current.store().held().toBytes();
        return new Report(member, progress(), Optional.ofNullable(running), pieces);
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
        return Optional.ofNullable(session)
                .map(current ->
                        new Cluster.Holdings(current.digest(), current.store().held()));
    }

    private Optional<Store> store() {
        return Optional.ofNullable(session).map(Session::store);
    }

    private List<Route> routes() {
        DistributionApi registry = new DistributionApi(
                new StagedContents(this::store), (blob, from, to, bytes) -> tally.registryBytes.add(bytes));
        List<Route> routes = new ArrayList<>(pages.routes());
        routes.add(registry.route());
        return routes;
    }

    private Metrics metrics() {
        Metrics made = new Metrics();
        made.counter("prestage.origin.received", "bytes", "Bytes of blobs received from the origin", tally.originBytes);
        made.counter("prestage.peer.received", "bytes", "Bytes of pieces received from peers", tally.peerBytes);
        made.counter("prestage.peer.sent", "bytes", "Bytes of pieces sent to peers", tally.sentBytes);
        made.counter("prestage.registry.sent", "bytes", "Bytes of blobs sent by the registry", tally.registryBytes);
        made.counter("prestage.wasted", "bytes", "Bytes received and not needed or not usable", tally.wastedBytes);
        made.counter(
                "prestage.pieces.verified", null, "Pieces from peers that matched their hash", tally.piecesVerified);
        made.counters("prestage.pieces.rejected", "Pieces that were not taken", tally.piecesRejected);
        made.counters("prestage.origin.errors", "Failures of the origin", tally.originErrors);
        made.gauge(
                "prestage.plan.bytes",
                "Bytes of the plan's blobs",
                () -> progress().planBytes());
        made.gauge(
                "prestage.verified.bytes",
                "Bytes of pieces held verified",
                () -> progress().verifiedBytes());
        made.gauge("prestage.blobs", "Blobs in the plan", () -> progress().blobs());
        made.gauge(
                "prestage.blobs.complete",
                "Blobs visible in the layout",
                () -> progress().blobsComplete());
        made.gauge("prestage.cluster.members", "Members of the cluster", () -> cluster.members());
        made.gauge(
                "prestage.seeds",
                "Members that fetch from the origin",
                () -> cluster.state().seeds());
        made.gauge(
                "prestage.disk.free.bytes",
                "Bytes free on the data partition",
                () -> options.folder().toFile().getUsableSpace());
        for (Phase each : Phase.values()) {
            made.state(each.name(), () -> phase == each);
        }
        return made;
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
            if (session != null) {
                session.swarm().left(peer, System.nanoTime());
            }
        }

        @Override
        public void said(NodeId peer, Message message) {
            if (message instanceof PlanReady ready) {
                ready(peer, ready.plan());
            } else if (message instanceof PlanRequest request) {
                plans.requested(peer, request);
            } else if (message instanceof PlanChunk chunk) {
                plans.received(peer, chunk, System.nanoTime()).ifPresent(Node.this::stage);
            } else if (isStaging(peer)) {
                session.said(peer, message);
            }
        }

        @Override
        public void received(NodeId peer, ReceivedPiece piece) {
            if (isStaging(peer)) {
                session.received(peer, piece);
            } else {
                piece.content().release();
            }
        }

        @Override
        public void sent(NodeId peer, int piece, int bytes) {
            if (session != null) {
                session.uploaded(peer, bytes);
            }
        }

        private void ready(NodeId peer, Digest plan) {
            peerPlans.put(peer, plan);
            plans.has(peer, plan, System.nanoTime());
            join(peer);
        }
    }

    private boolean isStaging(NodeId peer) {
        Session current = session;
        return current != null && current.digest().equals(peerPlans.get(peer));
    }

    private void join(NodeId peer) {
        if (isStaging(peer) && phase != Phase.CHECKING) {
            session.swarm().joined(peer, System.nanoTime());
        }
    }

    private void tick() {
        long now = System.nanoTime();
        plans.tick(now);
        Session current = session;
        if (current == null) {
            transfer.flushAll();
            return;
        }
        current.swarm().tick(now);
        ticks++;
        if (ticks % REFRESH_EVERY == 0) {
            transfer.connected().stream()
                    .filter(peer -> current.swarm().isIdle(peer))
                    .forEach(transfer::release);
            OriginFeed feeding = feed;
            if (feeding != null) {
                feeding.refresh();
            }
        }
        transfer.flushAll();
    }

    // What the cluster says; on the cluster's thread.

    private final class FromCluster implements Cluster.Listener {
        @Override
        public void changed(ClusterState state) {
            connectNeighbours(state);
            if (state.plan().isPresent()) {
                follow(state.plan().get());
            } else {
                planIfSeed();
            }
            applyOwnership();
        }

        @Override
        public void voided(Digest plan, int blob) {
            loop.execute(() -> {
                Session current = session;
                if (current != null && current.digest().equals(plan)) {
                    current.voided(blob);
                }
            });
        }
    }

    private void connectNeighbours(ClusterState state) {
        Map<NodeId, InetSocketAddress> addresses = new HashMap<>();
        List<NodeId> ids = new ArrayList<>();
        state.members().forEach(present -> ids.add(present.id()));
        Set<NodeId> neighbours = Neighbours.of(id, ids);
        for (Member present : state.members()) {
            if (neighbours.contains(present.id())) {
                addresses.put(present.id(), present.swarmAddress());
            }
        }
        loop.execute(() -> {
            transfer.connect(addresses);
            transfer.flushAll();
        });
    }

    private void follow(PlanOffer offer) {
        PlanOffer current = running;
        if (current != null && current.plan().equals(offer.plan())) {
            running = offer;
            return;
        }
        Optional<NodeOptions.Seed> seed = options.seed();
        boolean another = seed.isPresent() && !seed.get().request().equals(offer.request());
        if (another && current == null && !seed.get().replace()) {
            fail(new IOException("the cluster already stages another plan (" + offer.request()
                    + "): wait until it is done, choose another --cluster, or take its place with --replace"));
            return;
        }
        if (another && current == null) {
            planIfSeed();
            return;
        }
        if (current != null && offer.generation() <= current.generation()) {
            LOG.error("the cluster follows plan {}, this node {}; they do not mix", offer.plan(), current.plan());
            return;
        }
        running = offer;
        LOG.info("the cluster stages plan {}", offer.plan());
        loop.execute(() -> {
            plans.need(offer.plan(), System.nanoTime());
            peerPlans.forEach((peer, plan) -> plans.has(peer, plan, System.nanoTime()));
            transfer.flushAll();
        });
    }

    /** Makes the plan, if this is a seed and nobody has offered one. */
    private void planIfSeed() {
        if (options.seed().isEmpty() || planning || !member.fetches()) {
            return;
        }
        planning = true;
        NodeOptions.Seed seed = options.seed().get();
        inTurn(() -> {
            try (RegistryClient registry = new RegistryClient(seed.origin(), bytes -> {})) {
                Plan plan = seed.planner().plan(registry);
                LOG.info(
                        "plan {}: {} images, {} blobs, {}",
                        plan.digest(),
                        plan.images().size(),
                        plan.blobs().size(),
                        plan.total());
                offer(plan, seed.replace());
            } catch (OriginException e) {
                originFailed(e);
            } catch (IOException | IllegalArgumentException e) {
                fail(new IOException(e.getMessage(), e));
            }
        });
    }

    private void offer(Plan plan, boolean replace) {
        PlanOffer offer = new PlanOffer(
                plan.digest(), plan.blobs().size(), options.seed().orElseThrow().request(), 1, List.of());
        Optional<PlanOffer> present = cluster.state().plan();
        boolean lost = present.isPresent() && !present.get().plan().equals(plan.digest()) && !replace;
        if (lost) {
            return; // another seed was faster; what it offered is followed like anybody's
        }
        byte[] encoded = plan.encode();
        open(plan, encoded, replace);
        if (session != null) {
            running = offer;
            cluster.offer(offer, replace);
        }
    }

    // Staging; on the stage thread.

    private void stage(Plan plan) {
        inTurn(() -> open(plan, plan.encode(), mayReplace(plan)));
    }

    private boolean mayReplace(Plan plan) {
        PlanOffer offer = running;
        if (offer == null || !offer.plan().equals(plan.digest())) {
            return false;
        }
        try {
            return Store.planOf(options.folder())
                    .filter(offer.replaced()::contains)
                    .isPresent();
        } catch (StoreException e) {
            return false;
        }
    }

    private void open(Plan plan, byte[] encoded, boolean replace) {
        try {
            closeFormer();
            if (replace) {
                Store.replace(options.folder(), plan);
            }
            Store store = Store.open(options.folder(), plan);
            Session opened = new Session(store, transfer, tally, new FromSession(plan));
            started = Instant.now();
            finished = null;
            phase = Phase.CHECKING;
            session = opened;
            cluster.reportNow();
            PieceSet found = store.recover((piece, hash) -> {});
            loop.submit(() -> begin(opened, found, encoded)).awaitUninterruptibly();
            openFeed(opened);
            if (store.isFull()) {
                finish(opened);
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    private void closeFormer() throws IOException {
        OriginFeed feeding = feed;
        if (feeding != null) {
            feeding.close();
            feed = null;
        }
        Session former = session;
        if (former != null) {
            session = null;
            loop.submit(() ->
                            transfer.connected().forEach(peer -> former.swarm().left(peer, System.nanoTime())))
                    .awaitUninterruptibly();
            former.close();
        }
    }

    private void begin(Session opened, PieceSet found, byte[] encoded) {
        phase = Phase.FILLING;
        Digest digest = opened.digest();
        plans.serve(digest, encoded);
        opened.recovered(found, options.seed().isPresent());
        transfer.ready(digest);
        peerPlans.keySet().forEach(this::join);
        transfer.flushAll();
        LOG.info(
                "filling {} with plan {}: {} of {} are there",
                options.folder(),
                digest,
                new Bytes(opened.verifiedBytes()),
                opened.plan().total());
    }

    private void openFeed(Session opened) throws IOException {
        if (options.seed().isEmpty()) {
            return;
        }
        NodeOptions.Seed seed = options.seed().get();
        RegistryClient registry = new RegistryClient(seed.origin(), tally.originBytes::add);
        feed = new OriginFeed(
                opened,
                loop,
                registry,
                seed.origin().connections(),
                () -> cluster.fleetHoldings(opened.digest(), opened.pieces().count(), OriginFeed.ASKING),
                this::fetchFailed);
        applyOwnership();
    }

    private void applyOwnership() {
        OriginFeed feeding = feed;
        Session current = session;
        Ownership present = cluster.state().ownership();
        boolean fits = feeding != null
                && current != null
                && present.owners().size() == current.pieces().blobs()
                && cluster.state()
                        .plan()
                        .filter(offer -> offer.plan().equals(current.digest()))
                        .isPresent();
        if (!fits) {
            return;
        }
        Set<Integer> owned = new HashSet<>();
        for (int blob = 0; blob < present.owners().size(); blob++) {
            if (present.owns(id, blob)) {
                owned.add(blob);
            }
        }
        loop.execute(() -> feeding.own(owned));
    }

    private final class FromSession implements Session.Events {
        private final Plan plan;
        private final Digest digest;

        FromSession(Plan plan) {
            this.plan = plan;
            this.digest = plan.digest();
        }

        @Override
        public void full() {
            Session current = session;
            if (current != null && current.digest().equals(digest)) {
                inTurn(() -> finish(current));
            }
        }

        @Override
        public void voided(int blob, DigestMismatchException mismatch) {
            boolean ours = cluster.state().ownership().owners().size() > blob
                    && cluster.state().ownership().owns(id, blob);
            LOG.error("{}", mismatch.getMessage());
            tally.rejected("digest");
            loop.execute(() -> {
                Session current = session;
                if (current != null && current.digest().equals(digest)) {
                    current.voided(blob);
                }
            });
            if (ours) {
                cluster.voided(digest, blob);
                originFailed(new OriginException(
                        OriginException.Reason.CORRUPT,
                        plan.blobs().get(blob).source() + " served other bytes than its digest says for blob "
                                + plan.blobs().get(blob).digest() + ": repair the registry's copy"));
            }
        }

        @Override
        public void failed(IOException reason) {
            fail(reason);
        }
    }

    private void finish(Session full) {
        if (phase == Phase.COMPLETE || full != session) {
            return;
        }
        try {
            finished = Instant.now();
            Progress now = progress();
            full.store()
                    .complete(Receipt.unsigned(
                            full.plan(),
                            new Receipt.Server(
                                    options.server().name(),
                                    options.server().serial().orElse(""),
                                    options.server().addresses()),
                            started,
                            finished,
                            new Receipt.Traffic(
                                    now.originBytes(), now.peerBytes(), now.wastedBytes(), now.planBytes())));
            phase = Phase.COMPLETE;
            problem = "";
            LOG.info("{} is complete: {}", options.folder(), full.plan().total());
            cluster.reportNow();
            complete.complete(null);
        } catch (StoreException e) {
            fail(e);
        }
    }

    // Trouble.

    private void fetchFailed(IOException reason) {
        if (reason instanceof OriginException origin) {
            originFailed(origin);
        } else {
            fail(reason);
        }
    }

    /** Leaves the fetching to another seed, if there is one; else goes on if the trouble may pass, and fails if not. */
    private void originFailed(OriginException reason) {
        tally.originFailed(reason.reason().label());
        boolean others = cluster.state().members().stream()
                .anyMatch(other -> other.fetches() && !other.id().equals(id));
        boolean passing = switch (reason.reason()) {
            case UNREACHABLE, TIMEOUT, SERVER_ERROR, TOO_MANY_REQUESTS -> true;
            default -> false;
        };
        problem = reason.getMessage();
        if (others) {
            if (member.fetches()) {
                LOG.error("this seed withdraws: {}", reason.getMessage());
                member = member.withdrawn(reason.getMessage());
                cluster.reportNow();
            }
        } else if (passing && session != null) {
            LOG.error("{}; it is tried again", reason.getMessage());
        } else {
            fail(reason);
        }
    }

    private void fail(IOException reason) {
        if (complete.isDone()) {
            LOG.error("{}", reason.getMessage(), reason);
            return;
        }
        phase = Phase.FAILED;
        problem = reason.getMessage();
        LOG.debug("this node failed", reason);
        cluster.reportNow();
        complete.completeExceptionally(reason);
    }

    private void inTurn(Runnable task) {
        try {
            work.execute(() -> {
                try {
                    task.run();
                } catch (RuntimeException e) {
                    fail(new IOException("an unexpected error: " + e, e));
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.trace("closed meanwhile", e);
        }
    }

    /** How fast bytes come in, averaged over about three seconds. */
    private static final class Pace {
        private static final double SPAN_NANOS = Duration.ofSeconds(3).toNanos();

        private final ReentrantLock lock = new ReentrantLock();
        private long lastBytes;
        private long lastAt;
        private double perSecond;

        long bytesPerSecond(long bytes, long now) {
            lock.lock();
            try {
                long since = now - lastAt;
                if (lastAt == 0 || since > RESTATE.toNanos() / 4) {
                    if (lastAt != 0) {
                        double recent = (bytes - lastBytes) * 1e9 / since;
                        double weight = Math.min(1, since / SPAN_NANOS * 2);
                        perSecond += weight * (recent - perSecond);
                    }
                    lastAt = now;
                    lastBytes = bytes;
                }
                return Math.round(perSecond);
            } finally {
                lock.unlock();
            }
        }
    }
}
