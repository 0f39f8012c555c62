package io.prestage.node;

import io.netty.util.concurrent.EventExecutor;
import io.prestage.node.cluster.Cluster;
import io.prestage.node.cluster.ClusterState;
import io.prestage.node.cluster.FleetBrief;
import io.prestage.node.cluster.Member;
import io.prestage.node.cluster.PlanOffer;
import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.Report;
import io.prestage.node.http.HttpServer;
import io.prestage.node.http.Route;
import io.prestage.node.monitor.Event;
import io.prestage.node.monitor.EventLog;
import io.prestage.node.monitor.FleetView;
import io.prestage.node.monitor.Metrics;
import io.prestage.node.monitor.Pages;
import io.prestage.node.registry.DistributionApi;
import io.prestage.node.store.Store;
import io.prestage.node.store.StoreCounters;
import io.prestage.node.store.StoreException;
import io.prestage.node.swarm.Neighbours;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Digest;
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
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Puts the parts of a node together: joins the cluster, gets the plan, has the folder filled, serves.
 *
 * <p>{@link #start} returns once the node is a member; {@link #complete} tells when the folder is full, or why it never will
 * be. The cluster's thread owns what is heard of the cluster.
 */
public final class Node implements AutoCloseable {
    /** So long after members came or went, the cluster is at rest, and a node that joined one which fills has its plan. */
    private static final Duration AT_REST = Duration.ofSeconds(4);

    private final NodeOptions options;
    private final NodeId id = NodeId.random(new SecureRandom());
    private final Tally tally = new Tally();
    private final Rehearsal rehearsal;
    private final Cluster cluster;
    private final Participant participant;
    private final Staging staging;
    private final Optional<Seeding> seeding;
    private final EventLog log;
    private final AtomicInteger peers = new AtomicInteger();
    private final Feeders feeders = new Feeders(tally);
    private final Views views;
    private final Metrics metrics;
    private final Pages pages;
    private final HttpServer http;

    private volatile Member member;

    /** The plan of the cluster that this node takes part in. */
    private volatile PlanOffer following;

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
        this.cluster = new Cluster(options.cluster(), id, this::report, this::holdings, new FromCluster());
        this.log = EventLog.written(peer -> Views.nameOf(cluster, peer));
        StoreCounters counters = new StoreCounters();
        this.participant = new Participant(
                id,
                options.cluster().name(),
                new InetSocketAddress(options.cluster().bind(), options.swarmPort()),
                options.limits(),
                options.folder(),
                options.server(),
                options.seed().isPresent(),
                tally,
                log,
                counters,
                this::mayReplace,
                new FromParticipant());
        this.staging = participant.staging();
        this.seeding = options.seed()
                .map(seed -> new Seeding(
                        seed,
                        id,
                        options.limits(),
                        participant.transfer(),
                        cluster,
                        staging,
                        tally,
                        log,
                        this::withdraw));
        this.views = new Views(
                options.cluster().name(), cluster, this::member, this::progress, staging::session, feeders, log);
        this.metrics = NodeMetrics.of(tally, counters, views, peers::get, cluster, options.folder());
        this.pages = new Pages(
                views::fleet,
                views::node,
                cluster::speakers,
                metrics,
                new StuckServers(id, cluster::speaksForAll, log));
        this.rehearsal = new Rehearsal(seeding.isPresent() ? Duration.ZERO : AT_REST);
        participant.listen();
        try {
            this.http = serve();
        } catch (IOException e) {
            participant.close();
            throw e;
        }
        List<EventExecutor> loops =
                new ArrayList<>(List.of(participant.transfer().loop()));
        http.loops().forEach(loops::add);
        metrics.netty(loops);
    }

    /**
     * Joins the cluster.
     *
     * @throws IOException if that cannot be, with a sentence that says why
     */
    public void start() throws IOException {
        cluster.start();
        rehearsal.start(http.address());
        log.add(Event.info(
                        "cluster.joined",
                        member.name() + " is a member of cluster '"
                                + options.cluster().name() + "' at " + member.host())
                .then(seeding.isPresent() ? "the plan is made, unless the cluster has one" : "it waits for a plan"));
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
        Progress progress = staging.progress(peers.get());
        boolean another = staging.session().isPresent() && present().isEmpty();
        return another && progress.complete() ? Progress.NONE : progress;
    }

    /** The plan that is being staged, once it is here. */
    public Optional<Plan> plan() {
        return staging.session().map(Session::plan);
    }

    /** The fleet in a few numbers, as its coordinator last told of it. */
    public FleetBrief brief() {
        return cluster.brief();
    }

    /** The fleet as its coordinator last told of it. */
    public FleetView fleet() {
        return views.fleet();
    }

    /** Leaves the cluster, closes all connections, flushes. */
    @Override
    public void close() throws IOException {
        rehearsal.close();
        seeding.ifPresent(Seeding::close);
        cluster.close();
        http.close();
        pages.close();
        metrics.close();
        rehearsal.awaitCleared();
        participant.close();
    }

    // For reports and pages.

    private Report report() {
        byte[] pieces =
                present().map(session -> session.store().held().toBytes()).orElse(new byte[0]);
        return new Report(
                member, progress(), Optional.ofNullable(following), pieces, feeders.busiest(System.nanoTime()));
    }

    /** The session of the plan that the cluster follows. */
    private Optional<Session> present() {
        PlanOffer offer = following;
        return staging.session()
                .filter(session -> offer == null || session.digest().equals(offer.plan()));
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

    // What is told of this node's part in the swarm.

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

    private final class FromParticipant implements Participant.Listener {
        @Override
        public void peers(int count) {
            peers.set(count);
        }

        @Override
        public void begun(Session session) {
            log.add(Event.info(
                            "fill.begun",
                            "filling " + options.folder() + " with plan " + session.digest() + ": "
                                    + new Bytes(session.verifiedBytes()) + " of " + new Bytes(session.planBytes())
                                    + " are there")
                    .then("the rest is asked of peers"));
        }

        @Override
        public void completed(Session session) {
            log.add(Event.info("fill.complete", options.folder() + " is complete: " + new Bytes(session.planBytes()))
                    .because("every blob matches its digest and the receipt is written")
                    .then("it goes on serving"));
        }

        @Override
        public void ready(Session session) throws IOException {
            if (seeding.isPresent()) {
                seeding.get().feed(session);
            }
        }

        @Override
        public void voided(Session session, int blob) {
            // Who does not own it is told by its owner, if this is not the only node that has it wrong.
            boolean everywhere = seeding.map(seed -> seed.voided(session, blob)).orElse(false);
            participant.begunAnew(session, blob, everywhere);
        }

        @Override
        public void changed() {
            cluster.reportNow();
        }

        @Override
        public void ending() {
            seeding.ifPresent(Seeding::close);
        }

        @Override
        public void review() {
            seeding.ifPresent(Seeding::refresh);
        }
    }

    // What the cluster says; on the cluster's thread unless said otherwise.

    private final class FromCluster implements Cluster.Listener {
        @Override
        public void changed(ClusterState state) {
            rehearsal.postpone();
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
            staging.session()
                    .filter(session -> session.digest().equals(plan))
                    .ifPresent(session -> participant.begunAnew(session, blob, true));
        }

        @Override
        public void told(FleetBrief fleet) {
            pages.told(fleet);
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
        participant.connect(addresses);
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
            log.add(Event.error(
                            "plan.foreign",
                            "the cluster follows plan " + offer.plan() + ", this node " + present.plan())
                    .because("two clusters with different plans have met")
                    .then("this node keeps its own: start it again to follow the cluster's"));
            return;
        }
        following = offer;
        rehearsal.close();
        log.add(Event.info("plan.followed", "the cluster stages plan " + offer.plan())
                .then("it is fetched"));
        participant.follow(offer.plan());
    }
}
