package io.prestage.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class ConnectionsTest {
    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;

    @Test
    void areAsManyAsWantedWhileTheirPiecesFit() {
        assertEquals(64, Connections.within(64, 256 * KIB));
        assertEquals(16, Connections.within(64, 2 * MIB));
        assertEquals(6, Connections.within(6, 2 * MIB));
    }

    @Test
    void areFewUnderALimitAndTwoAtTheLeast() {
        assertEquals(3, Connections.within(6, 256 * KIB, MIB - 1));
        assertEquals(2, Connections.within(6, 2 * MIB, MIB));
        assertEquals(1, Connections.within(1, 64 * KIB, 1));
        assertEquals(16, Connections.within(64, 2 * MIB, Long.MAX_VALUE));
    }
}
