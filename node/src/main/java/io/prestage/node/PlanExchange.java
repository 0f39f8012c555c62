package io.prestage.node;

import io.prestage.node.transfer.Transfer;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Message;
import io.prestage.protocol.Message.PlanChunk;
import io.prestage.protocol.Message.PlanRequest;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.Plan;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the plan from peers that have it, and hands it to those that ask. Owned by the transfer's thread.
 *
 * <p>A plan comes from one peer at a time, part after part; if that peer is slow or sends something else, another is asked.
 */
final class PlanExchange {
    private static final long PATIENCE = Duration.ofSeconds(3).toNanos();
    private static final Logger LOG = LoggerFactory.getLogger(PlanExchange.class);

    private final Transfer transfer;
    private final Set<NodeId> holders = new LinkedHashSet<>();
    private final ByteArrayOutputStream parts = new ByteArrayOutputStream();
    private Optional<Digest> needed = Optional.empty();
    private Optional<NodeId> asked = Optional.empty();
    private long askedAt;
    private byte[] served = new byte[0];
    private Digest servedDigest;

    PlanExchange(Transfer transfer) {
        this.transfer = transfer;
    }

    /** Serves a plan from now on; one that is to take its place meanwhile is still needed. */
    void serve(Digest digest, byte[] encoded) {
        served = encoded;
        servedDigest = digest;
        if (needed.equals(Optional.of(digest))) {
            needed = Optional.empty();
            asked = Optional.empty();
        }
    }

    /** Looks for a plan from now on. */
    void need(Digest digest, long now) {
        if (!needed.equals(Optional.of(digest))) {
            needed = Optional.of(digest);
            holders.clear();
            asked = Optional.empty();
            askNext(now);
        }
    }

    /** A peer has a plan. */
    void has(NodeId peer, Digest digest, long now) {
        if (needed.equals(Optional.of(digest))) {
            holders.add(peer);
            if (asked.isEmpty()) {
                askNext(now);
            }
        }
    }

    /** A peer is gone. */
    void gone(NodeId peer, long now) {
        holders.remove(peer);
        if (asked.equals(Optional.of(peer))) {
            askNext(now);
        }
    }

    /** Time passed. */
    void tick(long now) {
        if (asked.isPresent() && now - askedAt > PATIENCE) {
            NodeId slow = asked.get();
            holders.remove(slow);
            holders.add(slow); // to the end of the line
            askNext(now);
        }
    }

    /** A peer asks for a part of the plan. */
    void requested(NodeId peer, PlanRequest request) {
        if (request.plan().equals(servedDigest) && request.offset() < served.length) {
            int end = Math.min(served.length, request.offset() + Message.MAX_CHUNK);
            byte[] part = Arrays.copyOfRange(served, request.offset(), end);
            transfer.send(peer, new PlanChunk(servedDigest, served.length, request.offset(), part));
        }
    }

    /**
     * A part came.
     *
     * @return the plan, once its last part is in
     */
    Optional<Plan> received(NodeId peer, PlanChunk part, long now) {
        boolean expected = asked.equals(Optional.of(peer))
                && needed.equals(Optional.of(part.plan()))
                && part.offset() == parts.size();
        if (!expected) {
            return Optional.empty();
        }
        parts.writeBytes(part.content());
        if (parts.size() < part.total()) {
            ask(peer, now);
            return Optional.empty();
        }
        byte[] encoded = parts.toByteArray();
        try {
            if (Digest.of(encoded).equals(part.plan())) {
                Plan plan = Plan.decode(encoded);
                needed = Optional.empty(); // it takes a while until it is served; nobody is asked again meanwhile
                asked = Optional.empty();
                return Optional.of(plan);
            }
            LOG.warn("{} sent something else for plan {}", peer, part.plan());
        } catch (IllegalArgumentException e) {
            LOG.warn("plan {} cannot be used: {}", part.plan(), e.getMessage());
        }
        holders.remove(peer);
        askNext(now);
        return Optional.empty();
    }

    private void askNext(long now) {
        parts.reset();
        asked = needed.isPresent() ? holders.stream().findFirst() : Optional.empty();
        asked.ifPresent(peer -> ask(peer, now));
    }

    private void ask(NodeId peer, long now) {
        askedAt = now;
        transfer.send(peer, new PlanRequest(needed.orElseThrow(), parts.size()));
    }
}
