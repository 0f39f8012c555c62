package io.prestage.node.transfer;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.Digest;
import io.prestage.protocol.Message;
import io.prestage.protocol.Message.Held;
import io.prestage.protocol.Message.Hello;
import io.prestage.protocol.Message.PieceHeader;
import io.prestage.protocol.Message.Request;
import io.prestage.protocol.MessageCodec;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.Rate;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TransferTest {
    private static final NodeId LOW = new NodeId(0, 1);
    private static final NodeId HIGH = new NodeId(0, 2);
    private static final Digest PLAN = Digest.of(new byte[] {1});
    private static final Duration SOON = Duration.ofSeconds(10);

    private final List<Peer> peers = new ArrayList<>();

    @TempDir
    private Path folder;

    private Limits limits = Limits.NONE;

    @AfterEach
    void close() {
        peers.forEach(peer -> peer.transfer.close());
    }

    @Test
    void theLowerIdDialsAndBothHearOfEachOther() throws IOException {
        Peer low = peer(LOW, "lab");
        Peer high = peer(HIGH, "lab");
        low.connect(high);
        high.connect(low);
        await().atMost(SOON).until(() -> low.heard("connected") && high.heard("connected"));
        low.transfer
                .loop()
                .execute(() -> assertEquals(1, low.transfer.connected().size()));
        assertEquals(1, low.events.size());
        assertEquals(1, high.events.size());
    }

    @Test
    void theHigherIdAloneDialsNobody() throws IOException {
        Peer high = peer(HIGH, "lab");
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            other.setSoTimeout(700);
            high.connect(LOW, other.getLocalPort());
            assertThrows(IOException.class, other::accept);
        }
    }

    @Test
    void messagesAndGatheredAnnouncementsArrive() throws IOException {
        Peer low = peer(LOW, "lab");
        Peer high = peer(HIGH, "lab");
        low.connect(high);
        await().atMost(SOON).until(() -> low.heard("connected"));
        low.transfer.loop().execute(() -> {
            low.transfer.send(HIGH, new Request(5));
            for (int piece = 0; piece < Message.MAX_HAVE + 1; piece++) {
                low.transfer.announce(List.of(HIGH), new Held(piece, piece));
            }
            low.transfer.sendAnnouncements();
        });
        await().atMost(SOON).until(() -> high.messages.size() == 3);
        Object[] all = high.messages.toArray();
        assertEquals(new Request(5), all[0]);
        assertEquals(Message.MAX_HAVE, ((Message.Have) all[1]).pieces().size());
        assertEquals(1, ((Message.Have) all[2]).pieces().size());
    }

    @Test
    void whatIsGatheredGoesWithWhatIsSaidAtOnce() throws IOException {
        Peer low = peer(LOW, "lab");
        Peer high = peer(HIGH, "lab");
        low.connect(high);
        await().atMost(SOON).until(() -> low.heard("connected"));
        low.transfer.loop().execute(() -> {
            low.transfer.announce(List.of(HIGH), new Held(1, 1));
            low.transfer.announce(List.of(HIGH), new Held(2, 2));
            low.transfer.announceNow(HIGH, new Held(3, 3));
            low.transfer.announce(List.of(HIGH), new Held(4, 4));
            low.transfer.send(HIGH, new Request(5));
            low.transfer.flushAll();
        });
        await().atMost(SOON).until(() -> high.messages.contains(new Request(5)));
        assertEquals(
                List.of(
                        new Message.Have(List.of(new Held(1, 1), new Held(2, 2), new Held(3, 3))),
                        new Message.Have(List.of(new Held(4, 4))),
                        new Request(5)),
                List.copyOf(high.messages));
    }

    @Test
    void whatIsMentionedGoesWithTheNextAnnouncementOrByItself() throws IOException {
        Peer low = peer(LOW, "lab");
        Peer high = peer(HIGH, "lab");
        low.connect(high);
        await().atMost(SOON).until(() -> low.heard("connected"));
        low.transfer.loop().execute(() -> {
            low.transfer.mention(List.of(HIGH), new Held(1, 1));
            low.transfer.announceNow(HIGH, new Held(2, 2));
            low.transfer.flushAll();
        });
        Message together = new Message.Have(List.of(new Held(1, 1), new Held(2, 2)));
        await().atMost(SOON).until(() -> high.messages.contains(together));
        low.transfer.loop().execute(() -> {
            low.transfer.mention(List.of(HIGH), new Held(3, 3));
            low.transfer.sendAnnouncements(); // of which there are none
            low.transfer.mention(List.of(HIGH), new Held(4, 4));
            low.transfer.sendMentions();
        });
        Message alone = new Message.Have(List.of(new Held(3, 3), new Held(4, 4)));
        await().atMost(SOON).until(() -> high.messages.contains(alone));
    }

    @Test
    void whatIsRetractedIsNotSent() throws IOException {
        Peer low = peer(LOW, "lab");
        Peer high = peer(HIGH, "lab");
        low.connect(high);
        await().atMost(SOON).until(() -> low.heard("connected"));
        low.transfer.loop().execute(() -> {
            low.transfer.announce(List.of(HIGH), new Held(1, 1));
            low.transfer.mention(List.of(HIGH), new Held(2, 2));
            low.transfer.announce(List.of(HIGH), new Held(3, 3));
            low.transfer.retract(2, 3);
            low.transfer.sendAnnouncements();
        });
        Message rest = new Message.Have(List.of(new Held(1, 1), new Held(3, 3)));
        await().atMost(SOON).until(() -> high.messages.contains(rest));
    }

    @Test
    void aPlanIsToldToThoseConnectedAndToThoseThatComeLater() throws IOException {
        Peer low = peer(LOW, "lab");
        Peer high = peer(HIGH, "lab");
        low.connect(high);
        await().atMost(SOON).until(() -> high.heard("connected"));
        low.transfer.loop().execute(() -> low.transfer.ready(PLAN));
        await().atMost(SOON).until(() -> high.messages.contains(new Message.PlanReady(PLAN)));

        Peer third = peer(new NodeId(0, 3), "lab");
        low.connect(third);
        await().atMost(SOON).until(() -> third.heard("connected " + LOW + " Optional[" + PLAN + "]"));
    }

    @Test
    void aPieceGoesFromFileToPeerByteForByte() throws IOException {
        Peer low = peer(LOW, "lab");
        Peer high = peer(HIGH, "lab");
        low.connect(high);
        await().atMost(SOON).until(() -> low.heard("connected"));
        byte[] content = new byte[3_000_000];
        new SplittableRandom(1).nextBytes(content);
        Path file = Files.write(folder.resolve("blob"), content);
        AtomicInteger released = new AtomicInteger();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            byte[] piece = Arrays.copyOfRange(content, 1_000_001, 2_000_002);
            PieceHeader header = new PieceHeader(9, Digest.of(piece), piece.length);
            low.transfer.loop().execute(() -> {
                low.transfer.send(
                        HIGH, header, new PieceFile(channel, 1_000_001, piece.length, released::incrementAndGet));
                low.transfer.send(HIGH, new Request(1)); // what follows a piece is read as well
                low.transfer.flushAll();
            });
            await().atMost(SOON).until(() -> low.heard("sent") && high.messages.contains(new Request(1)));
            assertEquals(List.of(header.hash()), List.copyOf(high.pieces));
        }
        assertEquals(1, released.get());
        assertTrue(low.events.contains("sent " + HIGH + " 9 1000001"));
    }

    @Test
    void aPieceForNobodyGivesItsFileBack() throws IOException {
        Peer low = peer(LOW, "lab");
        AtomicInteger released = new AtomicInteger();
        Path file = Files.write(folder.resolve("blob"), new byte[10]);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            PieceHeader header = new PieceHeader(1, PLAN, 10);
            low.transfer
                    .loop()
                    .submit(() ->
                            low.transfer.send(HIGH, header, new PieceFile(channel, 0, 10, released::incrementAndGet)))
                    .syncUninterruptibly();
        }
        assertEquals(1, released.get());
    }

    @Test
    void aFileThatIsTooShortEndsTheConnectionAndIsGivenBack() throws IOException {
        Peer low = peer(LOW, "lab");
        Peer high = peer(HIGH, "lab");
        low.connect(high);
        await().atMost(SOON).until(() -> low.heard("connected"));
        AtomicInteger released = new AtomicInteger();
        Path file = Files.write(folder.resolve("blob"), new byte[10]);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        low.transfer.loop().execute(() -> {
            PieceFile missing = new PieceFile(channel, 0, 5000, () -> {
                released.incrementAndGet();
                closeQuietly(channel);
            });
            low.transfer.send(HIGH, new PieceHeader(1, PLAN, 5000), missing);
            low.transfer.flushAll();
        });
        await().atMost(SOON).until(() -> low.heard("disconnected") && high.heard("disconnected"));
        assertEquals(1, released.get());
        assertTrue(high.pieces.isEmpty());
    }

    @Test
    void nodesOfAnotherClusterAreRefusedWithTheReason() throws IOException {
        Peer low = peer(LOW, "lab");
        String reason = refusal(low, new Hello(MessageCodec.VERSION, HIGH, "other", Optional.empty()));
        assertEquals("it belongs to cluster 'other', this node to 'lab'", reason);
        assertTrue(low.events.isEmpty());
    }

    @Test
    void nodesOfAnotherVersionAreRefusedWithTheReason() throws IOException {
        Peer low = peer(LOW, "lab");
        String reason = refusal(low, new Hello(7, HIGH, "lab", Optional.empty()));
        assertEquals("it speaks version 7 of the protocol, this node 1", reason);
        assertTrue(low.events.isEmpty());
    }

    @Test
    void whoSpeaksBeforeItsHelloIsRefused() throws IOException {
        assertEquals("it spoke before its hello", refusal(peer(LOW, "lab"), new Request(1)));
    }

    @Test
    void whoSendsAPieceBeforeItsHelloIsRefusedAtItsHeader() throws IOException {
        PieceHeader header = new PieceHeader(1, PLAN, 1 << 20);
        String reason = refusal(peer(LOW, "lab"), MessageCodec.encode(header).array());
        assertTrue(reason.contains("before the hello"), reason);
    }

    @Test
    void whoReadsNothingIsClosedAllTheSame() throws IOException {
        Peer high = peer(HIGH, "lab");
        try (Socket mute = new Socket()) {
            mute.setReceiveBufferSize(4096);
            mute.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), high.port));
            Hello hello = new Hello(MessageCodec.VERSION, LOW, "lab", Optional.empty());
            mute.getOutputStream().write(MessageCodec.encode(hello).array());
            await().atMost(SOON).until(() -> high.heard("connected"));
            Path file = Files.write(folder.resolve("blob"), new byte[32 << 20]);
            AtomicInteger released = new AtomicInteger();
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                high.transfer.loop().execute(() -> {
                    for (int piece = 0; piece < 16; piece++) {
                        PieceFile part = new PieceFile(channel, piece << 20, 1 << 20, released::incrementAndGet);
                        high.transfer.send(LOW, new PieceHeader(piece, PLAN, 1 << 20), part);
                    }
                    high.transfer.quarantine(LOW, "it sent wrong content");
                });
                await().atMost(SOON).until(() -> high.heard("disconnected"));
                await().atMost(SOON).until(() -> released.get() == 16);
            }
        }
    }

    @Test
    void whoClosesAtOnceIsNotDialledAgainAtOnce() throws IOException {
        Peer low = peer(LOW, "lab");
        try (ServerSocket other = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            other.setSoTimeout(10_000);
            low.connect(HIGH, other.getLocalPort());
            other.accept().close();
            long first = System.nanoTime();
            other.accept().close();
            other.accept().close();
            assertTrue(System.nanoTime() - first > Duration.ofMillis(900).toNanos(), "half a second between two");
        }
    }

    @Test
    void whoIsQuarantinedIsCutOffAndRefusedFromThenOn() throws IOException {
        Peer low = peer(LOW, "lab");
        Peer high = peer(HIGH, "lab");
        low.connect(high);
        await().atMost(SOON).until(() -> high.heard("connected"));
        high.transfer.loop().execute(() -> high.transfer.quarantine(LOW, "it sent wrong content"));
        await().atMost(SOON).until(() -> high.heard("disconnected") && low.heard("disconnected"));
        Hello again = new Hello(MessageCodec.VERSION, LOW, "lab", Optional.empty());
        assertEquals("it is quarantined here, because it sent wrong content", refusal(high, again));
        assertEquals(
                1,
                high.events.stream()
                        .filter(event -> event.startsWith("connected"))
                        .count());
    }

    @Test
    void aNodeThatDropsIsDialledAgainUntilItIsBack() throws IOException {
        Peer low = peer(LOW, "lab");
        Peer high = peer(HIGH, "lab");
        int port = high.port;
        low.connect(high);
        await().atMost(SOON).until(() -> low.heard("connected"));
        high.transfer.close();
        await().atMost(SOON).until(() -> low.heard("disconnected"));
        low.events.clear();
        peer(HIGH, "lab", port);
        await().atMost(SOON).until(() -> low.heard("connected"));
    }

    @Test
    void anotherNodeAtTheAddressIsNotTakenForTheOneThatWasDialled() throws IOException {
        Peer low = peer(LOW, "lab");
        Peer third = peer(new NodeId(0, 3), "lab");
        low.connect(HIGH, third.port);
        await().atMost(SOON).until(() -> third.heard("disconnected"));
        assertTrue(low.events.isEmpty());
    }

    @Test
    void aReleasedPeerIsLetGoAndOneThatIsWantedIsNot() throws IOException {
        Peer low = peer(LOW, "lab");
        Peer high = peer(HIGH, "lab");
        low.connect(high);
        await().atMost(SOON).until(() -> high.heard("connected"));
        low.transfer.loop().execute(() -> low.transfer.release(HIGH)); // still wanted
        low.transfer.loop().execute(() -> {
            low.transfer.send(HIGH, new Request(1));
            low.transfer.flushAll();
        });
        await().atMost(SOON).until(() -> high.messages.contains(new Request(1)));
        low.transfer.loop().execute(() -> {
            low.transfer.connect(Map.of());
            low.transfer.release(HIGH);
        });
        await().atMost(SOON).until(() -> high.heard("disconnected"));
    }

    @Test
    void anAddressInUseIsNamedInTheError() throws IOException {
        Peer low = peer(LOW, "lab");
        IOException failure = assertThrows(IOException.class, () -> peer(HIGH, "lab", low.port));
        assertTrue(failure.getMessage().contains("port " + low.port), failure.getMessage());
    }

    /** Connects with a plain socket, says something, and reads why the connection is closed. */
    private static String refusal(Peer peer, Message first) throws IOException {
        return refusal(peer, MessageCodec.encode(first).array());
    }

    private static String refusal(Peer peer, byte[] first) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), peer.port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(first);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            while (true) {
                int length = in.readInt();
                int type = in.readByte();
                byte[] body = in.readNBytes(length - 1);
                Optional<Message> message = MessageCodec.decode(type, ByteBuffer.wrap(body));
                if (message.isPresent() && message.get() instanceof Message.Refusal refusal) {
                    assertEquals(-1, in.read(), "the connection stays open");
                    return refusal.reason();
                }
            }
        }
    }

    @Test
    void whatIsSaidWhileALimitedPieceIsOnItsWayDoesNotBreakIt() throws IOException {
        Path file = folder.resolve("limited");
        byte[] content = new byte[1 << 20];
        new SplittableRandom(7).nextBytes(content);
        Files.write(file, content);
        limits = new Limits(Optional.of(Rate.parse("20MB/s")), Optional.empty());
        Peer low = peer(LOW, "lab");
        Peer high = peer(HIGH, "lab");
        low.connect(high);
        await().atMost(SOON).until(() -> low.heard("connected"));
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        low.transfer.loop().execute(() -> {
            PieceHeader header = new PieceHeader(9, Digest.of(content), content.length);
            low.transfer.send(HIGH, header, new PieceFile(channel, 0, content.length, () -> closeQuietly(channel)));
            sayAllTheTime(low, 0);
        });
        await().atMost(SOON).until(() -> low.heard("sent"));
        await().atMost(SOON).until(() -> high.pieces.size() == 1 && high.messages.contains(new Request(5)));
        assertEquals(Digest.of(content), high.pieces.peek());
        assertTrue(!channel.isOpen(), "the file is given back");
        assertTrue(!high.heard("disconnected"));
    }

    private static void sayAllTheTime(Peer peer, int piece) {
        peer.transfer.send(HIGH, new Request(piece));
        peer.transfer.flushAll();
        if (piece < 20) {
            peer.transfer.loop().schedule(() -> sayAllTheTime(peer, piece + 1), 2, TimeUnit.MILLISECONDS);
        }
    }

    private Peer peer(NodeId id, String cluster) throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = free.getLocalPort();
            free.close();
            return peer(id, cluster, port);
        }
    }

    private Peer peer(NodeId id, String cluster, int port) throws IOException {
        Peer peer = new Peer(id, cluster, port, limits);
        peers.add(peer);
        peer.transfer.listen();
        return peer;
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One end, and what it heard. */
    private static final class Peer implements PeerEvents {
        final NodeId id;
        final int port;
        final Transfer transfer;
        final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();
        final ConcurrentLinkedQueue<Message> messages = new ConcurrentLinkedQueue<>();
        final ConcurrentLinkedQueue<Digest> pieces = new ConcurrentLinkedQueue<>();

        Peer(NodeId id, String cluster, int port, Limits limits) {
            this.id = id;
            this.port = port;
            InetSocketAddress bind = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
            this.transfer = new Transfer(id, cluster, bind, limits, this);
        }

        void connect(Peer other) {
            connect(other.id, other.port);
        }

        void connect(NodeId other, int otherPort) {
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), otherPort);
            transfer.loop().execute(() -> transfer.connect(Map.of(other, address)));
        }

        boolean heard(String start) {
            return events.stream().anyMatch(event -> event.startsWith(start));
        }

        @Override
        public void connected(NodeId peer, Optional<Digest> plan) {
            events.add("connected " + peer + " " + plan);
        }

        @Override
        public void disconnected(NodeId peer) {
            events.add("disconnected " + peer);
        }

        @Override
        public void said(NodeId peer, Message message) {
            messages.add(message);
        }

        @Override
        public void received(NodeId peer, ReceivedPiece piece) {
            pieces.add(Digest.of(piece.content().nioBuffer()));
            piece.content().release();
        }

        @Override
        public void sent(NodeId peer, int piece, int bytes) {
            events.add("sent " + peer + " " + piece + " " + bytes);
        }
    }
}
