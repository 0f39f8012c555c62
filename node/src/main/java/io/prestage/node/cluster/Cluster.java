package io.prestage.node.cluster;

import io.prestage.protocol.Digest;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.PieceSet;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jgroups.Address;
import org.jgroups.BytesMessage;
import org.jgroups.JChannel;
import org.jgroups.Message;
import org.jgroups.Receiver;
import org.jgroups.View;
import org.jgroups.blocks.MessageDispatcher;
import org.jgroups.blocks.RequestOptions;
import org.jgroups.blocks.ResponseMode;
import org.jgroups.util.Rsp;
import org.jgroups.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's membership in its cluster.
 *
 * <p>A node's address in JGroups is its {@link NodeId}. One thread owns the state, but for the latest summary, which JGroups' threads
 * leave to be read; the listener is called on it unless said otherwise. Methods can be called from any thread.
 */
public final class Cluster implements AutoCloseable {
    private static final Duration PEER_RETRY = Duration.ofMillis(200);
    private static final Duration PEER_PATIENCE = Duration.ofSeconds(1);

    /** How often the coordinator judges and tells. */
    private static final Duration COORDINATOR_ROUND = Duration.ofSeconds(1);

    /** How often a member reports, besides at once what is important: once a second was half of what watching costs. */
    private static final Duration MEMBER_ROUND = Duration.ofSeconds(3);

    /** How long nobody has to come or go for the cluster to be taken for settled. */
    private static final Duration SETTLED = Duration.ofSeconds(10);

    /** How long changes are gathered before they are published: a booting rack makes many at once. */
    private static final Duration GATHER = Duration.ofMillis(50);

    private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);
    /** How JGroups' exception begins when the port is taken; it keeps no cause. */
    private static final String NO_PORT = "No available port";

    private static final RequestOptions TELL = RequestOptions.ASYNC();

    private final ClusterOptions options;
    private final NodeId self;
    private final Supplier<Report> status;
    private final Supplier<Optional<Holdings>> holdings;
    private final Listener listener;
    private final ScheduledExecutorService thread;
    private final Coordinator coordinator = new Coordinator(System::nanoTime);
    private final SummaryRows summaryRows;
    private final JChannel channel;
    private final MessageDispatcher dispatcher;
    private volatile ClusterState state = ClusterState.EMPTY;
    private volatile View view;

    /** What is shown: the latest that was told of all servers, if nobody has read it yet, or what became of it. */
    private final AtomicReference<Fleet> fleet = new AtomicReference<>(Fleet.Known.of(List.of(), System.nanoTime()));

    /** What was shown when it was last read; of the cluster's thread. */
    private Fleet read = fleet.get();

    /** When it last told of any, or was last replaced. */
    private volatile long summaryAt = System.nanoTime();

    private Optional<Bulletin.Offered> offer = Optional.empty();
    private volatile boolean coordinatorIsSilent;
    private boolean settled;
    private long viewedAt;
    private boolean publishing;

    /** What is told to whoever runs the node. */
    public interface Listener {
        /** The coordinator published a state. */
        void changed(ClusterState state);

        /** An owner found that a blob's pieces are void. */
        void voided(Digest plan, int blob);

        /**
         * How the whole fleet is, whenever its coordinator tells of it or concludes it, and while that one is silent. Called on any
         * thread, and waited for.
         */
        void told(FleetBrief fleet);
    }

    /**
     * What a node holds of a plan.
     *
     * @param plan the plan
     * @param pieces its pieces
     */
    public record Holdings(Digest plan, PieceSet pieces) {}

    /**
     * Prepares to join; {@link #start} joins.
     *
     * @param self the id that becomes the node's address
     * @param status asked every one to three seconds what to report, on the cluster's thread
     * @param holdings asked what this node holds, when a seed takes over from another; on a thread of JGroups
     * @throws IOException if JGroups cannot be set up so
     */
    public Cluster(
            ClusterOptions options,
            NodeId self,
            Supplier<Report> status,
            Supplier<Optional<Holdings>> holdings,
            Listener listener)
            throws IOException {
        this.options = options;
        this.self = self;
        this.status = status;
        this.holdings = holdings;
        this.listener = listener;
        this.summaryRows = new SummaryRows(options.discovery() == ClusterOptions.Discovery.MULTICAST);
        this.thread = Executors.newSingleThreadScheduledExecutor(run -> {
            Thread made = new Thread(run, "cluster");
            made.setDaemon(true);
            return made;
        });
        try {
            this.channel = new JChannel(Stack.of(options));
        } catch (Exception e) {
            throw new IOException("cannot set up cluster membership: " + e.getMessage(), e);
        }
        channel.addAddressGenerator(() -> new UUID(self.high(), self.low()));
        this.dispatcher = new MessageDispatcher(channel, this::received);
        dispatcher.setReceiver(new Receiver() {
            @Override
            public void viewAccepted(View accepted) {
                submit(() -> viewed(accepted));
            }
        });
    }

    /**
     * Joins the cluster, or starts it. Returns when this node is a member; with static discovery, a node that the list does not
     * name waits until one that it names answers, or the calling thread is interrupted.
     *
     * @throws IOException if the address or port cannot be used, with a sentence that names it
     */
    public void start() throws IOException {
        if (!options.isNamed()) {
            awaitPeer();
        }
        try {
            channel.connect(options.name());
        } catch (Exception e) {
            throw new IOException(reason(e), e);
        }
        submit(this::round);
    }

    private void awaitPeer() throws IOException {
        boolean told = false;
        while (options.peers().stream().noneMatch(this::answers)) {
            if (!told) {
                LOG.info("waiting for one of {} to answer", options.peers());
                told = true;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(PEER_RETRY.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for one of --peers to answer");
            }
        }
    }

    private boolean answers(InetSocketAddress peer) {
        try (Socket probe = new Socket()) {
            probe.bind(new InetSocketAddress(options.bind(), 0));
            probe.connect(peer, (int) PEER_PATIENCE.toMillis());
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Does, on this thread and to no effect, what members do with each other's messages once there is a plan; see {@code Rehearsal}. */
    public static void rehearse() {
        BulletinCodec.rehearse();
    }

    /** What the coordinator last published. */
    public ClusterState state() {
        return state;
    }

    /** Every server of the fleet, those that left included, as of now. */
    public List<ServerStatus> servers() {
        return fleet.get().servers(System.nanoTime());
    }

    /** The same in a few numbers, which cost nothing to ask for. */
    public FleetBrief brief() {
        return fleet.get().brief();
    }

    /** Members that JGroups sees, those that have not reported yet included. */
    public int members() {
        View present = view;
        return present == null ? 0 : present.size();
    }

    /** Who speaks for all or may have to: the coordinator, and the next in rank; nobody before this node is a member. */
    public List<NodeId> speakers() {
        View present = view;
        return present == null
                ? List.of()
                : present.getMembers().stream().limit(2).map(Cluster::id).toList();
    }

    /** Reports at once, because something important changed. */
    public void reportNow() {
        submit(this::report);
    }

    /** Offers a plan, again and again until the cluster has one; {@link Listener#changed} tells which. */
    public void offer(PlanOffer plan, boolean replace) {
        submit(() -> {
            offer = Optional.of(new Bulletin.Offered(plan, replace));
            offerAgain();
        });
    }

    /** Tells everyone that a blob's pieces are void. */
    public void voided(Digest plan, int blob) {
        submit(() -> send(null, new Bulletin.Voided(plan, blob)));
    }

    /**
     * Asks all members what they hold of a plan.
     *
     * @param patience how long to wait for those who do not answer
     * @return the union, completed on a thread of JGroups; empty of what was not answered in time
     */
    public CompletableFuture<PieceSet> fleetHoldings(Digest plan, int pieces, Duration patience) {
        RequestOptions wait = new RequestOptions(ResponseMode.GET_ALL, patience.toMillis());
        try {
            return dispatcher
                    .<byte[]>castMessageWithFuture(
                            null, new BytesMessage(null, BulletinCodec.encode(new Bulletin.Asked(plan))), wait)
                    .thenApply(answers -> {
                        PieceSet union = new PieceSet(pieces);
                        for (Rsp<byte[]> answer : answers) {
                            byte[] held = answer.getValue();
                            if (held != null && held.length == (pieces + 7) / 8) {
                                union.addAll(PieceSet.ofBytes(pieces, ByteBuffer.wrap(held)));
                            }
                        }
                        return union;
                    });
        } catch (Exception e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Leaves the cluster. */
    @Override
    public void close() {
        thread.shutdownNow();
        dispatcher.stop();
        channel.close();
    }

    /** Takes a message on a thread of JGroups; what it returns is the answer, if one is waited for. */
    private byte[] received(Message message) {
        Bulletin bulletin;
        try {
            bulletin = BulletinCodec.decode(message.getArray(), message.getOffset(), message.getLength());
        } catch (IllegalArgumentException e) {
            LOG.warn("{} sent what cannot be read: {}", message.getSrc(), e.getMessage());
            return new byte[0];
        }
        if (bulletin instanceof Bulletin.Asked asked) {
            return holdings.get()
                    .filter(held -> held.plan().equals(asked.plan()))
                    .map(held -> held.pieces().toBytes())
                    .orElse(new byte[0]);
        }
        Address sender = message.getSrc();
        if (bulletin instanceof Bulletin.Summary summary) {
            summarized(sender, summary);
        } else {
            submit(() -> read(sender, bulletin));
        }
        return new byte[0];
    }

    /**
     * Takes a summary. One that tells of all servers is shown as it is, so that nobody needs to be woken to read it: it comes every
     * second, and hardly anyone looks.
     */
    private void summarized(Address sender, Bulletin.Summary summary) {
        if (isCoordinator() || !isFromCoordinator(sender)) {
            return;
        }
        UnreadSummary latest = new UnreadSummary(summary, System.nanoTime());
        summaryAt = latest.toldAt();
        if (summary.whole()) {
            fleet.set(latest);
            listener.told(summary.brief());
        } else {
            submit(() -> readPart(latest));
        }
    }

    // On the cluster's thread.

    private void viewed(View accepted) {
        boolean wasCoordinator = isCoordinator();
        readSummary();
        summaryAt = System.nanoTime();
        viewedAt = summaryAt;
        if (settled) {
            settled = false;
            Stack.seekOften(channel.getProtocolStack());
        }
        view = accepted;
        coordinator.viewed(accepted.getMembers().stream().map(Cluster::id).toList());
        LOG.debug("members: {}", accepted);
        if (isCoordinator()) {
            if (!wasCoordinator) {
                LOG.debug("this node coordinates the cluster");
            }
            publishSoon();
        }
        report();
        show();
    }

    private void read(Address sender, Bulletin bulletin) {
        if (bulletin instanceof Bulletin.Reported reported) {
            if (isCoordinator() && coordinator.reported(reported.report())) {
                publishSoon();
            }
        } else if (bulletin instanceof Bulletin.Offered offered) {
            if (isCoordinator() && coordinator.offered(offered.offer(), offered.replace())) {
                publishSoon();
            }
        } else if (bulletin instanceof Bulletin.Published published) {
            if (!isCoordinator() && isFromCoordinator(sender)) {
                readSummary();
                coordinator.published(published.state());
                changed();
            }
        } else if (bulletin instanceof Bulletin.Voided voided) {
            listener.voided(voided.plan(), voided.blob());
        }
    }

    /** Takes over what the coordinator told last, if nobody has. */
    private void readSummary() {
        read = fleet.get();
        if (read instanceof UnreadSummary unread && !isCoordinator()) {
            coordinator.published(unread.servers(), unread.toldAt());
        }
    }

    /** Takes over what the coordinator told of some servers, unless it told of all since. */
    private void readPart(UnreadSummary part) {
        boolean outdated = fleet.get() instanceof UnreadSummary unread && unread.toldAt() - part.toldAt() > 0;
        if (!outdated && !isCoordinator()) {
            readSummary();
            coordinator.published(part.servers(), part.toldAt());
            show(known(part.brief()));
            listener.told(part.brief());
        }
    }

    /** Shows what this node concludes. */
    private void show() {
        show(Fleet.Known.of(coordinator.servers(), System.nanoTime()));
    }

    /** What this node concludes of the servers, of all of which the coordinator told so much. */
    private Fleet known(FleetBrief brief) {
        return new Fleet.Known(coordinator.servers(), brief, System.nanoTime());
    }

    /** Shows something else than what was read, unless something newer came meanwhile; the coordinator knows best. */
    private void show(Fleet concluded) {
        if (isCoordinator()) {
            fleet.set(concluded);
        } else {
            fleet.compareAndSet(read, concluded);
        }
        read = fleet.get();
    }

    private void round() {
        try {
            report();
            offerAgain();
            settle();
            if (isCoordinator()) {
                coordinator.judge();
                show();
                sendSummary();
                summaryAt = System.nanoTime();
                listener.told(brief());
            } else if (view != null) {
                if (isDeputy() && fleet.get() instanceof UnreadSummary) { // it may have to judge how servers got on
                    readSummary();
                    show(known(read.brief()));
                }
                suspectCoordinator(System.nanoTime() - summaryAt);
            }
        } finally {
            schedule(this::round, isCoordinator() ? COORDINATOR_ROUND : MEMBER_ROUND);
        }
    }

    /** A cluster in which nobody comes or goes any more need not look for others all the time; who is alone does. */
    private void settle() {
        if (!settled && members() > 1 && System.nanoTime() - viewedAt > SETTLED.toNanos()) {
            settled = true;
            Stack.seekSeldom(channel.getProtocolStack());
        }
    }

    private void suspectCoordinator(long silentNanos) {
        if (!Conditions.isSilent(silentNanos)) {
            coordinatorIsSilent = false;
            return;
        }
        readSummary();
        coordinatorIsSilent = coordinator.suspect(id(view.getCoord()), silentNanos);
        show();
        listener.told(brief());
    }

    private void report() {
        if (view == null) {
            return;
        }
        Report report = status.get();
        if (isCoordinator()) {
            if (coordinator.reported(report)) {
                publishSoon();
            }
        } else {
            send(view.getCoord(), new Bulletin.Reported(report));
        }
    }

    private void offerAgain() {
        if (offer.isEmpty() || view == null) {
            return;
        }
        boolean settled = state.plan()
                .filter(plan -> !offer.get().replace()
                        || plan.plan().equals(offer.get().offer().plan()))
                .isPresent();
        if (settled) {
            offer = Optional.empty();
        } else if (isCoordinator()) {
            if (coordinator.offered(offer.get().offer(), offer.get().replace())) {
                publishSoon();
            }
        } else {
            send(view.getCoord(), offer.get());
        }
    }

    private void sendSummary() {
        List<ServerStatus> known = coordinator.servers();
        List<ServerStatus> rows = summaryRows.next(known, view.size());
        if (view.size() > 1 && !rows.isEmpty()) {
            send(null, Bulletin.Summary.of(rows, known));
        }
    }

    private void publishSoon() {
        if (!publishing) {
            publishing = true;
            schedule(this::publish, GATHER);
        }
    }

    private void publish() {
        publishing = false;
        if (!isCoordinator()) {
            return;
        }
        if (view.size() > 1) {
            send(null, new Bulletin.Published(coordinator.state()));
        }
        changed();
    }

    private void changed() {
        state = coordinator.state();
        show();
        try {
            listener.changed(state);
        } catch (RuntimeException e) {
            LOG.error("a change of the cluster could not be handled", e);
        }
    }

    /**
     * Whether this node is the one whose metrics and log name servers that are stuck: the coordinator, or the next in rank while
     * that one is not heard of. Callable from any thread.
     */
    public boolean speaksForAll() {
        return isCoordinator() || (isDeputy() && coordinatorIsSilent);
    }

    /** Whether this node coordinates the cluster if the coordinator leaves. */
    private boolean isDeputy() {
        View present = view;
        return present != null
                && present.size() > 1
                && id(present.getMembers().get(1)).equals(self);
    }

    private boolean isCoordinator() {
        return view != null && id(view.getCoord()).equals(self);
    }

    private boolean isFromCoordinator(Address sender) {
        return view != null && view.getCoord().equals(sender);
    }

    private void send(Address to, Bulletin bulletin) {
        try {
            BytesMessage message = new BytesMessage(to, BulletinCodec.encode(bulletin));
            if (to == null) {
                dispatcher.castMessage(null, message, TELL);
            } else {
                dispatcher.sendMessage(message, TELL);
            }
        } catch (Exception e) {
            LOG.debug("a {} was not sent", bulletin.getClass().getSimpleName(), e);
        }
    }

    private void submit(Runnable work) {
        schedule(work, Duration.ZERO);
    }

    private void schedule(Runnable work, Duration delay) {
        Runnable event = () -> {
            try {
                work.run();
            } catch (RuntimeException e) {
                LOG.error("an event of the cluster could not be handled", e);
            }
        };
        try {
            thread.schedule(event, delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.trace("the cluster is closed", e);
        }
    }

    private String reason(Exception failure) {
        Throwable cause = failure;
        while (cause.getCause() != null && !(cause instanceof BindException)) {
            cause = cause.getCause();
        }
        String where = options.bind().getHostAddress() + " port " + options.port();
        boolean taken = cause instanceof BindException
                || String.valueOf(cause.getMessage()).startsWith(NO_PORT);
        if (taken) {
            return "port " + options.port() + " of address " + options.bind().getHostAddress()
                    + " is in use: stop the program that has it or choose another port with --cluster-port";
        }
        return "cannot join cluster '" + options.name() + "' from " + where + ": " + cause.getMessage();
    }

    private static NodeId id(Address address) {
        UUID uuid = (UUID) address;
        return new NodeId(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits());
    }
}
