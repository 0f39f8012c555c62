package io.prestage.node.swarm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.PieceSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class RarestFirstTest {
    @Property(tries = 300)
    void picksWhatLookingAtEveryPieceWouldPick(@ForAll @IntRange(min = 1, max = 200) int pieces, @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        RarestFirst wanted = new RarestFirst(pieces);
        int[] availability = new int[pieces];
        boolean[] open = new boolean[pieces];
        Arrays.fill(open, true);
        for (int step = 0; step < 400; step++) {
            int piece = random.nextInt(pieces);
            switch (random.nextInt(4)) {
                case 0 -> {
                    wanted.close(piece);
                    open[piece] = false;
                }
                case 1 -> {
                    wanted.open(piece);
                    open[piece] = true;
                }
                case 2 -> {
                    wanted.announced(piece);
                    availability[piece]++;
                }
                default -> {
                    if (availability[piece] > 0) {
                        wanted.lost(piece);
                        availability[piece]--;
                    }
                }
            }
        }
        PieceSet has = new PieceSet(pieces);
        int rarest = Integer.MAX_VALUE;
        for (int piece = 0; piece < pieces; piece++) {
            assertEquals(availability[piece], wanted.availability(piece));
            assertEquals(open[piece], wanted.isOpen(piece));
            if (availability[piece] > 0 && random.nextBoolean()) {
                has.add(piece);
                rarest = open[piece] ? Math.min(rarest, availability[piece]) : rarest;
            }
        }
        List<Integer> choices = new ArrayList<>();
        for (int piece = 0; piece < pieces; piece++) {
            if (open[piece] && has.contains(piece) && availability[piece] == rarest) {
                choices.add(piece);
            }
        }
        int any = wanted.pick(has, false, random);
        assertTrue(choices.isEmpty() ? any == -1 : choices.contains(any), any + " of " + choices);
        assertEquals(choices.isEmpty() ? -1 : choices.get(0), wanted.pick(has, true, random));
    }

    @Test
    void breaksTiesAtRandom() {
        RarestFirst wanted = new RarestFirst(70);
        Set<Integer> picked = new HashSet<>();
        for (int piece = 0; piece < 70; piece++) {
            wanted.announced(piece);
        }
        SplittableRandom random = new SplittableRandom(1);
        for (int pick = 0; pick < 2000; pick++) {
            picked.add(wanted.pick(PieceSet.full(70), false, random));
        }
        assertEquals(70, picked.size());
    }
}
