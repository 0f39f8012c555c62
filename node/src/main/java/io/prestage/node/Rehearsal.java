package io.prestage.node;

import io.prestage.node.cluster.Cluster;
import io.prestage.node.monitor.EventLog;
import io.prestage.node.store.StoreCounters;
import io.prestage.node.store.StoreException;
import io.prestage.node.transfer.Limits;
import io.prestage.protocol.Digest;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.commons.io.FileUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills a temporary folder from another, with two participants of this process over loopback, and looks at the node's metrics, while
 * the node waits for its plan.
 *
 * <p>The Java runtime interprets code until it has run often, so the first seconds of a filling would go to compiling it;
 * {@code docs/performance.md} has the figures. A node that has its plan soon does without, and one that gets it meanwhile
 * breaks off. Whatever goes wrong here is of no consequence.
 */
final class Rehearsal implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    /** To close two participants and remove their folders. */
    private static final Duration CLEARING = Duration.ofSeconds(5);

    /** More leave less to be compiled while a fleet fills; docs/decisions/0010-rehearsal.md has the figures. */
    private static final int ROUNDS = 4;

    /** As often is read what is said of a plan: a real one is many times as long. */
    private static final int READINGS = 20;

    private static final int BLOBS = 4;
    private static final int PIECES_PER_BLOB = 64;
    private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);

    /** Completes when there is no time for this any more. */
    private final CompletableFuture<Void> over = new CompletableFuture<>();

    private final Thread thread = new Thread(this::rehearse, "rehearsal");
    private final Duration after;
    private volatile long postponed = System.nanoTime();
    private InetSocketAddress pages;

    /**
     * Prepares for one.
     *
     * @param after how long to wait for something better to do
     */
    Rehearsal(Duration after) {
        this.after = after;
    }

    /**
     * Begins after a while, on a thread of its own.
     *
     * @param node where the node answers over HTTP; its metrics are looked at
     */
    void start(InetSocketAddress node) {
        pages = node;
        thread.setDaemon(true);
        thread.start();
    }

    /** The while begins anew, if it is not over: the node has something to do. */
    void postpone() {
        postponed = System.nanoTime();
    }

    /** Breaks off, or prevents it. Returns at once. */
    @Override
    public void close() {
        over.complete(null);
    }

    /** Waits until what it wrote is removed, for the process may be about to end. To be called after {@link #close}. */
    void awaitCleared() {
        try {
            thread.join(CLEARING.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void rehearse() {
        try {
            for (long wait = nanosLeft(); wait > 0; wait = nanosLeft()) {
                if (isOver(wait)) {
                    return;
                }
            }
            look(); // first: the classes that it loads undo what was compiled on the assumption that there are no such
            read();
            Path stage = Files.createTempDirectory("prestage-rehearsal-");
            try {
                boolean done = !over.isDone();
                for (int round = 0; round < ROUNDS && done; round++) {
                    Path folder = Files.createDirectory(stage.resolve("round-" + round));
                    done = play(folder);
                    FileUtils.deleteDirectory(folder.toFile());
                }
                LOG.debug("the rehearsal was {}", done ? "done" : "broken off");
            } finally {
                FileUtils.deleteDirectory(stage.toFile());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            LOG.debug("the rehearsal was broken off", e);
        }
    }

    /**
     * Does it, now.
     *
     * @param stage an empty folder
     * @return whether the one folder is full, rather than that there was no time for it
     */
    boolean play(Path stage) throws IOException, InterruptedException {
        SplittableRandom random = new SplittableRandom();
        List<byte[]> contents = new ArrayList<>();
        List<Plan.Blob> blobs = new ArrayList<>();
        for (int blob = 0; blob < BLOBS; blob++) {
            byte[] content = new byte[PIECES_PER_BLOB * Plan.MIN_PIECE];
            random.nextBytes(content);
            contents.add(content);
            blobs.add(new Plan.Blob(Digest.of(content).toString(), content.length, "rehearsal"));
        }
        Plan plan = plan(blobs);
        try (Player giver = new Player(stage.resolve("giver"));
                Player taker = new Player(stage.resolve("taker"))) {
            CompletableFuture<Object> end =
                    CompletableFuture.anyOf(over, taker.staging().complete());
            giver.participant.connect(taker.address());
            taker.participant.connect(giver.address());
            giver.staging().inTurn(() -> {
                giver.staging().stage(plan, false);
                taker.participant.follow(plan.digest());
            });
            giver.bring(contents, end);
            end.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return taker.staging().complete().isDone();
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("the rehearsal did not end well", e);
            return false;
        }
    }

    /** Reads the node's metrics, as Prometheus will: the first time takes six times as long as the others. */
    private void look() {
        try (Socket socket = new Socket(pages.getAddress(), pages.getPort())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            String request =
                    "GET /metrics HTTP/1.1\r\nHost: " + pages.getHostString() + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            LOG.debug("the node's metrics could not be looked at", e);
        }
    }

    /** Writes and reads what members tell each other of a plan, and the plan. */
    private void read() {
        byte[] plan = plan(List.of(new Plan.Blob(Digest.of(new byte[0]).toString(), 0, "rehearsal")))
                .encode();
        for (int reading = 0; reading < READINGS && !over.isDone(); reading++) {
            Cluster.rehearse();
            Plan.decode(plan);
        }
    }

    /** A plan that has some of everything, since the first of a kind takes longest. */
    private static Plan plan(List<Plan.Blob> blobs) {
        String index = "application/vnd.oci.image.index.v1+json";
        String manifest = "application/vnd.oci.image.manifest.v1+json";
        Plan.Manifest platform = new Plan.Manifest(manifest, bytes("{\"schemaVersion\":2}"));
        Plan.Manifest all = new Plan.Manifest(
                index, bytes("{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"" + platform.digest() + "\"}]}"));
        List<String> digests = blobs.stream().map(Plan.Blob::digest).toList();
        Plan.Image image = new Plan.Image(
                "rehearsal",
                "rehearsal",
                all.digest().toString(),
                List.of(platform.digest().toString()),
                digests);
        return new Plan(
                Plan.VERSION,
                "rehearsal",
                Plan.MIN_PIECE,
                List.of(image),
                List.of(platform, all),
                blobs,
                List.of(new Plan.TextFile("rehearsal.txt", "rehearsal")),
                List.of(new Plan.NamedFile("rehearsal", digests.get(0))));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private long nanosLeft() {
        return after.toNanos() - (System.nanoTime() - postponed);
    }

    private boolean isOver(long nanos) throws InterruptedException {
        try {
            over.get(nanos, TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One of the two. */
    private static final class Player implements Participant.Listener, AutoCloseable {
        private final NodeId id = NodeId.random(new SecureRandom());
        private final CompletableFuture<Session> session = new CompletableFuture<>();
        private final Participant participant;

        Player(Path folder) throws IOException {
            participant = new Participant(
                    id,
                    "rehearsal",
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    Limits.NONE,
                    folder,
                    ServerName.find(Optional.of("rehearsal"), Optional.empty()),
                    false,
                    new Tally(),
                    EventLog.silent(),
                    new StoreCounters(),
                    plan -> false,
                    this);
            participant.listen();
        }

        Staging staging() {
            return participant.staging();
        }

        Map<NodeId, InetSocketAddress> address() {
            return Map.of(id, participant.transfer().address());
        }

        /** Does with every piece what is done with one from the origin, until the end comes. */
        void bring(List<byte[]> contents, CompletableFuture<?> end)
                throws StoreException, InterruptedException, ExecutionException, TimeoutException {
            Session filling = session.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            for (int piece = 0; piece < filling.pieces().count() && !end.isDone(); piece++) {
                int sourced = piece;
                int blob = filling.pieces().blob(piece);
                ByteBuffer content = ByteBuffer.wrap(
                        contents.get(blob),
                        (int) filling.pieces().offset(piece),
                        filling.pieces().length(piece));
                byte[] hash = Digest.of(content.duplicate()).raw();
                boolean last = filling.store().write(piece, content, hash);
                participant.transfer().loop().execute(() -> filling.sourced(sourced, hash));
                if (last) {
                    filling.finish(blob);
                }
            }
        }

        @Override
        public void ready(Session begun) {
            session.complete(begun);
        }

        @Override
        public void begun(Session of) {}

        @Override
        public void completed(Session of) {}

        @Override
        public void peers(int count) {}

        @Override
        public void voided(Session of, int blob) {
            participant.begunAnew(of, blob, false);
        }

        @Override
        public void changed() {}

        @Override
        public void ending() {}

        @Override
        public void review() {}

        @Override
        public void close() throws IOException {
            participant.close();
        }
    }
}
