package io.prestage.node.swarm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.swarm.OriginSchedule.Run;
import io.prestage.protocol.Pieces;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class OriginScheduleTest {
    @Property
    void everyMissingPieceOfOwnedBlobsIsScheduledOnceInRunsOfOneBlob(
            @ForAll @Size(max = 8) List<@LongRange(min = 0, max = 60) Long> sizes,
            @ForAll @IntRange(min = 1, max = 40) int runBytes,
            @ForAll int owned,
            @ForAll long have) {
        Pieces pieces = new Pieces(4, sizes);
        OriginSchedule schedule = new OriginSchedule(pieces, runBytes);
        BitSet expected = new BitSet();
        for (int blob = 0; blob < pieces.blobs(); blob++) {
            boolean own = (owned >> blob & 1) == 1;
            if (own) {
                schedule.own(blob);
            }
            for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
                boolean here = (have >> piece % 64 & 1) == 1;
                if (here) {
                    schedule.have(piece);
                }
                expected.set(piece, own && !here);
            }
        }
        BitSet scheduled = new BitSet();
        for (Optional<Run> run = schedule.next(); run.isPresent(); run = schedule.next()) {
            Run taken = run.get();
            assertTrue(taken.end() > taken.first());
            assertTrue(taken.end() - taken.first() <= Math.max(1, runBytes / 4));
            for (int piece = taken.first(); piece < taken.end(); piece++) {
                assertEquals(taken.blob(), pieces.blob(piece));
                assertTrue(!scheduled.get(piece), "piece " + piece + " twice");
                scheduled.set(piece);
            }
        }
        assertEquals(expected, scheduled);
    }

    @Test
    void whatWasLostIsScheduledAgainAndWhatWasHandedOverIsNot() {
        OriginSchedule schedule = new OriginSchedule(new Pieces(4, List.of(12L, 12L)), 100);
        schedule.own(0);
        schedule.own(1);
        assertEquals(Optional.of(new Run(0, 0, 3)), schedule.next());
        schedule.lost(1);
        assertEquals(Optional.of(new Run(0, 1, 2)), schedule.next());
        schedule.disown(1);
        assertEquals(Optional.empty(), schedule.next());
        assertTrue(schedule.owns(0) && !schedule.owns(1));
    }

    @Test
    void differingStatementsAreNoticedUntilTheBlobIsVoid() {
        Statements statements = new Statements(2);
        assertTrue(statements.agree(1, 7));
        assertTrue(statements.agree(1, 7));
        assertTrue(!statements.agree(1, 8));
        assertTrue(statements.agree(1, 7));
        statements.forget(1);
        assertTrue(statements.agree(1, 8));
        assertTrue(statements.agree(0, 0) && !statements.agree(0, 1));
    }
}
