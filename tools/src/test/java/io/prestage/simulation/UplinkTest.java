package io.prestage.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Times are nanoseconds, and a byte takes ten of them. */
final class UplinkTest {
    private final Uplink uplink = new Uplink(10);

    @Test
    void aPieceAloneHasTheLinkForItself() {
        uplink.add(1, 7, 100, true, 5, 0);
        assertEquals(1000, uplink.nextAt());
        assertFalse(uplink.take(900));
        taken(1, 7, true, 1000);
        assertEquals(5, uplink.takenArrival());
        assertEquals(Long.MAX_VALUE, uplink.nextAt());
    }

    @Test
    void connectionsShareTheLink() {
        uplink.add(1, 7, 100, true, 0, 0);
        uplink.add(2, 8, 50, true, 0, 0);
        taken(2, 8, true, 1000);
        taken(1, 7, true, 1500);
    }

    @Test
    void thePiecesOfOneConnectionGoOneAfterTheOther() {
        uplink.add(1, 7, 100, true, 0, 0);
        uplink.add(1, 8, 100, true, 0, 0);
        uplink.add(2, 9, 150, true, 0, 0);
        taken(1, 7, true, 2000);
        taken(2, 9, true, 3000);
        taken(1, 8, true, 3500);
    }

    @Test
    void thePartsOfAPieceGoOneAfterTheOther() {
        uplink.add(1, 7, 70, false, 3, 0);
        uplink.add(1, 7, 30, true, 4, 0);
        taken(1, 7, false, 700);
        assertEquals(3, uplink.takenArrival());
        uplink.add(2, 8, 30, true, 0, 700);
        taken(1, 7, true, 1300);
        assertEquals(4, uplink.takenArrival());
    }

    /** The next that is taken out, and when. */
    private void taken(int receiver, int piece, boolean end, long at) {
        assertEquals(at, uplink.nextAt());
        assertTrue(uplink.take(at));
        assertEquals(receiver, uplink.takenReceiver());
        assertEquals(piece, uplink.takenPiece());
        assertEquals(end, uplink.isTakenEnd());
    }
}
