package io.prestage.simulation;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class SendBufferTest {
    private final SendBuffer buffer = new SendBuffer(100);

    @Test
    void takesAtOnceWhatThereIsRoomFor() {
        assertTrue(buffer.begin(60));
        assertTrue(buffer.begin(40));
        assertFalse(buffer.begin(1));
        assertTrue(buffer.through(60));
    }

    @Test
    void takesALargePieceWhenItsRestFits() {
        assertFalse(buffer.begin(300));
        assertTrue(buffer.take());
        assertFalse(buffer.begin(300));
        assertFalse(buffer.through(300));
        assertTrue(buffer.take());
        assertFalse(buffer.through(300));
    }

    @Test
    void withoutRoomAPieceIsTakenWhenItIsThrough() {
        SendBuffer none = new SendBuffer(0);
        assertFalse(none.begin(60));
        assertTrue(none.through(60));
        assertFalse(none.begin(60));
        assertTrue(none.through(60));
    }
}
