package io.prestage.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class EventQueueTest {
    @Property
    void eventsComeByTimeAndThenInTheOrderInWhichTheyWereAdded(
            @ForAll @Size(max = 3000) List<@IntRange(min = 0, max = 40) Integer> times) {
        EventQueue queue = new EventQueue();
        List<int[]> expected = new ArrayList<>();
        for (int number = 0; number < times.size(); number++) {
            queue.add(times.get(number), 1, 2, 3, number);
            expected.add(new int[] {times.get(number), number});
        }
        expected.sort(Comparator.comparingInt(event -> event[0]));
        for (int[] event : expected) {
            assertTrue(queue.next());
            assertEquals(event[0], queue.time());
            assertEquals(event[1], queue.number());
        }
        assertFalse(queue.next());
    }
}
