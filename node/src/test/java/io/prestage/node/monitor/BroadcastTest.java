package io.prestage.node.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.cluster.ClusterState;
import io.prestage.node.cluster.FleetBrief;
import io.prestage.node.http.EventStream;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BroadcastTest {
    private final AtomicInteger looks = new AtomicInteger();
    private final BlockingQueue<FleetView> seen = new LinkedBlockingQueue<>();
    private final Broadcast broadcast = new Broadcast(this::look, new FleetWatcher() {
        @Override
        public boolean isCurious(FleetBrief before, FleetBrief now) {
            return before.stuck() != now.stuck();
        }

        @Override
        public void seen(FleetView fleet) {
            seen.add(fleet);
        }
    });

    @AfterEach
    void close() {
        broadcast.close();
    }

    @Test
    void nobodyReadsAllServersWhileNobodyLooks() throws InterruptedException {
        broadcast.told(fleet(0, 1000));
        broadcast.told(fleet(0, 2000));
        broadcast.told(fleet(1, 3000));
        assertTrue(seen.poll(10, TimeUnit.SECONDS) != null, "its watcher is curious of who got stuck");
        assertEquals(1, looks.get());
    }

    @Test
    void whoListensGetsTheHistoryAndThenTheFleetAgainAndAgain() throws InterruptedException {
        broadcast.told(fleet(0, 4711));
        Listener listener = new Listener();
        broadcast.open(listener);
        assertEquals("history", listener.next().name());
        assertEquals("fleet", listener.next().name());
        assertEquals("fleet", listener.next().name());
        Listener later = new Listener();
        broadcast.open(later);
        assertTrue(later.next().data().contains("4711"));
    }

    @Test
    void whoIsGoneIsToldNothingMore() throws InterruptedException {
        Listener listener = new Listener();
        broadcast.open(listener);
        listener.gone.run();
        Listener other = new Listener();
        broadcast.open(other);
        other.next();
        int told = listener.events.size();
        other.next();
        other.next();
        assertEquals(told, listener.events.size());
    }

    private FleetView look() {
        looks.incrementAndGet();
        return FleetView.of("rack", "h1", ClusterState.EMPTY, 0, List.of());
    }

    private static FleetBrief fleet(int stuck, long bytes) {
        return new FleetBrief(2, 0, stuck, bytes, 0, bytes);
    }

    private record Sent(String name, String data) {}

    private static final class Listener implements EventStream {
        private final BlockingQueue<Sent> events = new LinkedBlockingQueue<>();
        private volatile Runnable gone = () -> {};

        Sent next() throws InterruptedException {
            Sent next = events.poll(10, TimeUnit.SECONDS);
            assertTrue(next != null, "nothing was told for ten seconds");
            return next;
        }

        @Override
        public boolean send(String event, String data) {
            return events.add(new Sent(event, data));
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void onClose(Runnable action) {
            gone = action;
        }

        @Override
        public void close() {}
    }
}
