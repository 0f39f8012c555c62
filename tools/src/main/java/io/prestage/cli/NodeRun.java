package io.prestage.cli;

import io.prestage.node.Node;
import io.prestage.node.NodeOptions;
import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.monitor.FleetView;
import io.prestage.protocol.Plan;
import io.prestage.protocol.Rate;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a node in the foreground until it may end.
 *
 * @param exitWhenComplete whether it ends by itself at all
 * @param expect servers that have to be complete before; nothing if only this one counts
 * @param linger how long to go on serving once this one is complete, unless the whole fleet is
 * @param logFormat how to write what happens
 */
record NodeRun(boolean exitWhenComplete, OptionalInt expect, Duration linger, LogFormat logFormat) {
    private static final Logger LOG = LoggerFactory.getLogger(NodeRun.class);

    /** How often to look how far the node and its fleet are: the fleet is told of once a second. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** The same where a bar moves. */
    private static final Duration LOOK_OFTEN = Duration.ofMillis(250);

    /** How long a server that does not get on may keep a seed from ending that has all that it expected. */
    private static final Duration STUCK = Duration.ofSeconds(15);

    /** What the node's folder needs for as long as the node runs, such as the disk that it is on. */
    interface Ground {
        /** Makes the folder ready; what it returns gives that back. */
        Closeable open() throws IOException;
    }

    /** Runs it; returns the exit code. */
    int run(NodeOptions options, PrintWriter out) throws IOException {
        return run(options, out, () -> () -> {});
    }

    /**
     * Runs it; returns the exit code.
     *
     * @param ground opened before the node starts and closed after it, whatever ended it, a signal too
     */
    int run(NodeOptions options, PrintWriter out, Ground ground) throws IOException {
        logFormat.use(options.server().name());
        try {
            serve(options, logFormat.progress(out), ground);
            return 0;
        } catch (IOException e) {
            if (logFormat == LogFormat.TEXT) {
                throw e;
            }
            LOG.error("this node ends: {}", e.getMessage());
            return 1;
        }
    }

    private void serve(NodeOptions options, PrintWriter out, Ground ground) throws IOException {
        CountDownLatch ended = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        Thread runner = Thread.currentThread();
        Thread onSignal = new Thread(() -> {
            runner.interrupt(); // first: once told to end, the runner closes the node, which must not be interrupted
            ended.countDown();
            await(closed, Duration.ofSeconds(45));
        });
        Runtime.getRuntime().addShutdownHook(onSignal);
        try (Closeable last = closed::countDown;
                Closeable opened = ground.open()) {
            if (ended.getCount() == 0) {
                return;
            }
            Node node = new Node(options);
            try (Closeable ending = () -> end(node)) { // which hides no reason for it
                node.start();
                ProgressLine line = new ProgressLine(out);
                out.println(options.server().name() + ": http://"
                        + options.cluster().bind().getHostAddress() + ":" + options.httpPort() + "/");
                watch(node, line, ended, out);
                line.end();
            }
        }
    }

    private static void end(Node node) throws IOException {
        boolean interrupted = Thread.interrupted(); // what is on its way to the disk is still waited for
        LOG.debug("closing, interrupted: {}", interrupted);
        node.close();
    }

    private void watch(Node node, ProgressLine line, CountDownLatch ended, PrintWriter out) throws IOException {
        boolean told = false;
        long completeAt = 0;
        Stall stall = new Stall();
        String wait = node.member().seed() ? "waiting for the registry" : "waiting for a seed";
        Duration look = Terminal.isStdout() ? LOOK_OFTEN : LOOK;
        while (!ends(node, ended, look)) {
            boolean ran = node.complete().isDone(); // asked first: what fails from now on is told at the next look
            failIfFailed(node, line);
            if (!told) {
                line.show(node.progress(), node::brief, wait);
            }
            if (!ran) {
                told = false; // of this plan; it may have taken another's place
                continue;
            }
            if (!told) {
                line.end();
                summary(node.plan().orElseThrow(), node.progress(), out);
                told = true;
                completeAt = System.nanoTime();
            }
            if (exitWhenComplete
                    && mayEnd(node, node.fleet(), Duration.ofNanos(System.nanoTime() - completeAt), stall)) {
                return;
            }
        }
    }

    private boolean mayEnd(Node node, FleetView fleet, Duration complete, Stall stall) {
        boolean stuck = stall.stuck(fleet);
        boolean needed = fleet.isFilling() && !stuck;
        if (expect.isPresent()) {
            return fleet.complete() >= expect.getAsInt() && !needed;
        }
        boolean safe = fleet.servers().stream()
                .anyMatch(server -> server.member().id().equals(node.member().id()) && server.safeToPowerOff());
        return safe && (!fleet.isFilling() || complete.compareTo(linger) >= 0);
    }

    private static void failIfFailed(Node node, ProgressLine line) throws IOException {
        if (!node.complete().isCompletedExceptionally()) {
            return;
        }
        line.end();
        try {
            node.complete().get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void summary(Plan plan, Progress progress, PrintWriter out) {
        Duration took = Duration.ofMillis(progress.elapsedMillis());
        out.printf(
                Locale.ROOT,
                "complete: %d images, %d blobs, %s (%d bytes)%n"
                        + "  from the origin %d bytes, from peers %d bytes, wasted %d bytes%n"
                        + "  in %.1f s, %s%n",
                plan.images().size(),
                plan.blobs().size(),
                plan.total(),
                plan.total().count(),
                progress.originBytes(),
                progress.peerBytes(),
                progress.wastedBytes(),
                took.toMillis() / 1e3,
                Rate.of(plan.total(), took));
        out.flush();
    }

    /**
     * Waits until the next look, a filling node until it is complete if that is sooner.
     *
     * @return whether a signal told it to end meanwhile
     */
    private static boolean ends(Node node, CountDownLatch ended, Duration look) {
        CompletableFuture<Void> complete = node.complete();
        if (complete.isDone()) {
            return await(ended, look);
        }
        try {
            complete.get(look.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.trace("not complete", e);
        } catch (InterruptedException e) { // as the signal does first
            Thread.currentThread().interrupt();
            return true;
        }
        return ended.getCount() == 0;
    }

    private static boolean await(CountDownLatch latch, Duration most) {
        try {
            return latch.await(most.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Notices that those who are still filling do not get on. */
    private static final class Stall {
        private long verified = -1;
        private long since;

        boolean stuck(FleetView fleet) {
            long now = System.nanoTime();
            long total = fleet.servers().stream()
                    .filter(ServerStatus::present)
                    .mapToLong(server -> server.progress().verifiedBytes())
                    .sum();
            if (total != verified) {
                verified = total;
                since = now;
            }
            return now - since > STUCK.toNanos();
        }
    }

    static OptionalInt expected(Optional<Integer> servers) {
        return servers.map(OptionalInt::of).orElse(OptionalInt.empty());
    }
}
