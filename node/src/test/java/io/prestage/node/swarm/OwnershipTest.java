package io.prestage.node.swarm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.Digest;
import io.prestage.protocol.NodeId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class OwnershipTest {
    private static final Digest PLAN = Digest.of(new byte[] {1});

    @Property
    void onlyTheBlobsOfWhoLeftChangeHands(
            @ForAll @IntRange(min = 1, max = 6) int seeds,
            @ForAll @IntRange(min = 0, max = 40) int blobs,
            @ForAll long random) {
        List<NodeId> all = seeds(seeds, random);
        Ownership first = Ownership.none(blobs).after(PLAN, all);
        NodeId leaver = all.get(0);
        List<NodeId> rest = all.subList(1, all.size());
        Ownership then = first.after(PLAN, rest);
        for (int blob = 0; blob < blobs; blob++) {
            if (!first.owns(leaver, blob)) {
                assertEquals(first.owners().get(blob), then.owners().get(blob));
            } else {
                assertEquals(rest.isEmpty(), then.owners().get(blob).isEmpty());
            }
        }
        assertSame(then, then.after(PLAN, all.size() > 1 ? all : rest), "who joins or comes back takes nothing over");
    }

    @Property
    void theOrderOfTheSeedsDoesNotMatter(@ForAll long random) {
        List<NodeId> seeds = seeds(5, random);
        List<NodeId> reversed = new ArrayList<>(seeds);
        Collections.reverse(reversed);
        assertEquals(Ownership.none(30).after(PLAN, seeds), Ownership.none(30).after(PLAN, reversed));
    }

    @Test
    void blobsSpreadOverTheSeeds() {
        List<NodeId> seeds = seeds(4, 1);
        Ownership ownership = Ownership.none(400).after(PLAN, seeds);
        for (NodeId seed : seeds) {
            long owned = ownership.owners().stream()
                    .filter(Optional.of(seed)::equals)
                    .count();
            assertTrue(owned > 60 && owned < 140, seed + " owns " + owned);
        }
        assertNotEquals(ownership, Ownership.none(400).after(Digest.of(new byte[] {2}), seeds));
    }

    @Test
    void withoutSeedsNobodyOwnsAnything() {
        Ownership none = Ownership.none(3);
        assertSame(none, none.after(PLAN, List.of()));
        assertTrue(none.owners().stream().allMatch(Optional::isEmpty));
    }

    private static List<NodeId> seeds(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<NodeId> seeds = new ArrayList<>();
        for (int place = 0; place < count; place++) {
            seeds.add(NodeId.random(random));
        }
        return seeds;
    }
}
