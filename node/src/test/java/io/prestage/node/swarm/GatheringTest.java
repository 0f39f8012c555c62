package io.prestage.node.swarm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class GatheringTest {
    private static final long NOW = Duration.ofHours(1).toNanos();

    @Test
    void whatComesAfterASilenceLeavesAtOnceAndTheNextWaits() {
        Gathering announcements = Gathering.ofAnnouncements(NOW);
        assertTrue(announcements.add());
        assertTrue(announcements.due() <= NOW);
        announcements.left(NOW);
        assertTrue(announcements.add());
        assertEquals(NOW + Duration.ofMillis(20).toNanos(), announcements.due());
    }

    @Test
    void onlyTheFirstThatIsGatheredTellsSomethingNew() {
        Gathering mentions = Gathering.ofMentions(NOW);
        mentions.left(NOW);
        assertTrue(mentions.add());
        assertFalse(mentions.add());
        assertEquals(NOW + Duration.ofMillis(250).toNanos(), mentions.due());
        mentions.left(NOW + 1);
        assertTrue(mentions.add());
    }
}
