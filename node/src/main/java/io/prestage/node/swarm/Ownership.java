package io.prestage.node.swarm;

import io.prestage.protocol.Digest;
import io.prestage.protocol.NodeId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Which seed fetches which blob from the origin, for everyone.
 *
 * <p>A first owner is chosen by rendezvous hashing, so the choice depends on nothing but the seeds and the blob. It sticks: a
 * blob changes hands only when its owner is no longer among the seeds, and then to the next in the blob's ranking. Immutable.
 *
 * @param owners the owner of each blob, in the plan's order; empty where there is no seed for it
 */
public record Ownership(List<Optional<NodeId>> owners) {
    /** Copies the list. */
    public Ownership {
        owners = List.copyOf(owners);
    }

    /** Nobody owns any of so many blobs. */
    public static Ownership none(int blobs) {
        List<Optional<NodeId>> owners = new ArrayList<>();
        for (int blob = 0; blob < blobs; blob++) {
            owners.add(Optional.empty());
        }
        return new Ownership(owners);
    }

    /**
     * What holds after the seeds have changed.
     *
     * @param plan the plan whose blobs these are; with a blob's number it stands for the blob, so that a coordinator that has
     *     not read the plan yet can tell the owner
     * @param seeds the nodes that can fetch: present, and not withdrawn
     * @return this, if nothing changes
     */
    public Ownership after(Digest plan, Collection<NodeId> seeds) {
        List<Optional<NodeId>> next = new ArrayList<>();
        for (int blob = 0; blob < owners.size(); blob++) {
            Optional<NodeId> owner = owners.get(blob).filter(seeds::contains);
            next.add(owner.isPresent() ? owner : highest(plan, blob, seeds));
        }
        return next.equals(owners) ? this : new Ownership(next);
    }

    /** Whether the node owns the blob. */
    public boolean owns(NodeId node, int blob) {
        return owners.get(blob).filter(node::equals).isPresent();
    }

    private static Optional<NodeId> highest(Digest plan, int blob, Collection<NodeId> seeds) {
        long purpose = Mixing.mix(Long.parseUnsignedLong(plan.hex().substring(0, 16), 16) + blob);
        return seeds.stream()
                .max(Comparator.comparingLong((NodeId seed) -> Mixing.of(seed, purpose))
                        .thenComparing(Comparator.naturalOrder()));
    }
}
