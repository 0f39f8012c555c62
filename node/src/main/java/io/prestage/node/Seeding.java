package io.prestage.node;

import io.prestage.node.cluster.Cluster;
import io.prestage.node.cluster.ClusterState;
import io.prestage.node.cluster.PlanOffer;
import io.prestage.node.monitor.Event;
import io.prestage.node.monitor.EventLog;
import io.prestage.node.origin.OriginException;
import io.prestage.node.origin.OriginException.Reason;
import io.prestage.node.swarm.Ownership;
import io.prestage.node.transfer.Limits;
import io.prestage.node.transfer.Pacer;
import io.prestage.node.transfer.Transfer;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * What a seed does besides being a node: makes the plan if the cluster has none, fetches the blobs that it owns, and leaves
 * that to another seed when it cannot. Methods can be called from any thread.
 */
final class Seeding implements AutoCloseable {
    private final NodeOptions.Seed seed;
    private final NodeId self;
    private final Limits limits;
    private final Transfer transfer;
    private final Cluster cluster;
    private final Staging staging;
    private final Tally tally;
    private final EventLog log;
    private final Consumer<String> withdraw;
    private final AtomicBoolean planning = new AtomicBoolean();
    private final AtomicBoolean withdrawn = new AtomicBoolean();
    private volatile OriginFeed feed;

    /**
     * Waits for a plan, or for being asked to make one.
     *
     * @param withdraw told once why this seed does not fetch any more
     */
    Seeding(
            NodeOptions.Seed seed,
            NodeId self,
            Limits limits,
            Transfer transfer,
            Cluster cluster,
            Staging staging,
            Tally tally,
            EventLog log,
            Consumer<String> withdraw) {
        this.seed = seed;
        this.self = self;
        this.limits = limits;
        this.transfer = transfer;
        this.cluster = cluster;
        this.staging = staging;
        this.tally = tally;
        this.log = log;
        this.withdraw = withdraw;
    }

    /** Whether this seed may not take part in a plan that was made for something else. */
    boolean refuses(PlanOffer offer) {
        return !seed.request().equals(offer.request());
    }

    /** Makes the plan and offers it, once. */
    void makePlan() {
        if (!planning.compareAndSet(false, true)) {
            return;
        }
        staging.inTurn(() -> {
            try {
                offer(seed.origin().plan(this::count));
            } catch (OriginException e) {
                failed(e);
            } catch (IOException | IllegalArgumentException e) {
                staging.fail(new IOException(e.getMessage(), e));
            }
        });
    }

    /** Starts to fetch what this seed owns of a session's plan. */
    void feed(Session session) throws IOException {
        feed = new OriginFeed(
                session,
                transfer.loop(),
                seed.origin().open(tally.originBytes::add, this::count),
                seed.origin().connections(),
                seed.origin().isRemote() ? limits.download().map(Pacer::new) : Optional.empty(),
                () -> cluster.fleetHoldings(session.digest(), session.pieces().count(), OriginFeed.ASKING),
                this::failed);
        own(cluster.state());
    }

    /** Fetches what this seed owns by such a state of the cluster, and no more. */
    void own(ClusterState state) {
        OriginFeed feeding = feed;
        Optional<Session> session = staging.session();
        Ownership ownership = state.ownership();
        boolean fits = feeding != null
                && session.isPresent()
                && ownership.owners().size() == session.get().pieces().blobs()
                && state.plan().map(PlanOffer::plan).equals(session.map(Session::digest));
        if (!fits) {
            return;
        }
        Set<Integer> owned = new HashSet<>();
        for (int blob = 0; blob < ownership.owners().size(); blob++) {
            if (ownership.owns(self, blob)) {
                owned.add(blob);
            }
        }
        transfer.loop().execute(() -> feeding.own(owned));
    }

    /** Looks again for what is missing in the fleet; on the transfer's thread. */
    void refresh() {
        OriginFeed feeding = feed;
        if (feeding != null) {
            feeding.refresh();
        }
    }

    /**
     * A blob is not what its digest names. If this seed owns it, everybody is told to begin it anew; if it came from the origin
     * whole, rather than in part from nodes that held it before, that is the origin's fault.
     *
     * @return whether this seed owns it
     */
    boolean voided(Session session, int blob) {
        OriginFeed feeding = feed;
        Ownership ownership = cluster.state().ownership();
        if (feeding == null || blob >= ownership.owners().size() || !ownership.owns(self, blob)) {
            return false;
        }
        cluster.voided(session.digest(), blob);
        Plan.Blob served = session.plan().blobs().get(blob);
        if (!feeding.voided(blob)) {
            log.add(Event.warn("blob.void", "a blob was put together from pieces that do not fit")
                    .because("some came from the origin and others from nodes that held it before")
                    .then("it is begun anew")
                    .ofBlob(served.digest()));
            return true;
        }
        failed(new OriginException(
                Reason.CORRUPT,
                served.source() + " served other bytes than they have to be, which is " + served.digest() + ": "
                        + (served.source().contains("://")
                                ? "check the address and the SHA-256 that was named for it"
                                : "repair the registry's copy")
                        + " and start the seed again"));
        return true;
    }

    /** Ends the fetching. */
    @Override
    public void close() {
        OriginFeed feeding = feed;
        if (feeding != null) {
            feeding.close();
            feed = null;
        }
    }

    private void offer(Plan plan) {
        Optional<PlanOffer> present = cluster.state().plan();
        boolean late = present.isPresent() && !present.get().plan().equals(plan.digest()) && !seed.replace();
        if (late) {
            return; // another seed was faster; what it offered is followed like anybody's
        }
        log.add(Event.info(
                        "plan.made",
                        "plan " + plan.digest() + ": " + plan.images().size() + " images, "
                                + plan.blobs().size() + " blobs, " + plan.total())
                .then("it is offered to the cluster"));
        if (staging.stage(plan, seed.replace())) {
            cluster.offer(
                    new PlanOffer(plan.digest(), plan.blobs().size(), seed.request(), 1, List.of()), seed.replace());
        }
    }

    private void count(Reason reason) {
        tally.originFailed(reason);
    }

    /** Leaves the fetching to another seed, if there is one; else goes on if the trouble may pass, and fails if not. */
    private void failed(IOException reason) {
        if (!(reason instanceof OriginException origin)) {
            staging.fail(reason);
            return;
        }
        staging.problem(reason.getMessage());
        boolean others = cluster.state().members().stream()
                .anyMatch(other -> other.fetches() && !other.id().equals(self));
        if (others || withdrawn.get()) {
            if (withdrawn.compareAndSet(false, true)) {
                log.add(Event.error("seed.withdrawn", "this seed fetches no more")
                        .because(reason.getMessage())
                        .then("another seed takes its blobs over"));
                withdraw.accept(reason.getMessage());
            }
        } else if (origin.mayPassInTime() && staging.session().isPresent()) {
            log.add(Event.error("origin.failed", "the origin failed")
                    .because(reason.getMessage())
                    .then("it is tried again"));
        } else {
            staging.fail(reason);
        }
    }
}
