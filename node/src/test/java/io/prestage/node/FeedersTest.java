package io.prestage.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.prestage.node.cluster.Feeder;
import io.prestage.protocol.NodeId;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FeedersTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final Tally tally = new Tally();
    private final Feeders feeders = new Feeders(tally);

    @Test
    void theBusiestAreToldOfFirstAndNoMoreThanAFew() {
        for (int peer = 1; peer <= 7; peer++) {
            tally.received(new NodeId(0, peer), 1);
        }
        feeders.busiest(0);
        int[] sent = {0, 300, 100, 0, 700, 500, 200, 400};
        for (int peer = 1; peer <= 7; peer++) {
            tally.received(new NodeId(0, peer), sent[peer]);
        }
        List<Feeder> busiest = feeders.busiest(2 * SECOND);
        assertEquals(
                List.of(4L, 5L, 7L, 1L),
                busiest.stream().map(feeder -> feeder.id().low()).toList());
    }

    @Test
    void whoSendsNothingIsNotAmongThem() {
        tally.received(new NodeId(0, 1), 1000);
        assertEquals(List.of(), feeders.busiest(0));
        tally.received(new NodeId(0, 2), 1000);
        assertEquals(List.of(new Feeder(new NodeId(0, 2), 500)), feeders.busiest(2 * SECOND));
        assertEquals(List.of(), feeders.busiest(4 * SECOND));
    }

    @Test
    void anAnswerHoldsForALittleMoreThanASecond() {
        feeders.busiest(0);
        tally.received(new NodeId(0, 1), 1000);
        assertEquals(List.of(), feeders.busiest(SECOND));
        assertEquals(List.of(new Feeder(new NodeId(0, 1), 500)), feeders.busiest(2 * SECOND));
        tally.received(new NodeId(0, 1), 1000);
        assertEquals(500, feeders.busiest(3 * SECOND).get(0).bytesPerSecond());
    }
}
