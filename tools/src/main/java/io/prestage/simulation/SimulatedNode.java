package io.prestage.simulation;

import io.prestage.node.swarm.Commands;
import io.prestage.node.swarm.Gathering;
import io.prestage.node.swarm.OriginSchedule;
import io.prestage.node.swarm.Swarm;
import io.prestage.protocol.NodeId;
import io.prestage.simulation.ServerModel.Conduct;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.SplittableRandom;

/** One server as it is simulated: its swarm, its links, and what it says in the course of one event. */
final class SimulatedNode implements Commands {
    static final int ANNOUNCE = 0;
    static final int REQUEST = 1;
    static final int CANCEL = 2;
    static final int REJECT = 3;

    private static final long TARDY_BY = Duration.ofSeconds(30).toNanos();

    private static final int PLACE_BITS = 26;
    private static final int PIECE_BITS = 24;

    final int place;
    final NodeId id;
    final ServerModel model;
    final Swarm swarm;
    final OriginSchedule schedule;
    final Uplink uplink;
    final double nanosPerByteDown;

    /** When its uplink is next looked at; {@link Long#MAX_VALUE} if it is not. */
    long foretold = Long.MAX_VALUE;

    /** When its downlink is free again. */
    long downFree;

    /** Who is connected, and who never will be again. */
    final BitSet links = new BitSet();

    final BitSet severed = new BitSet();

    /** Pieces that it has sent to anybody. */
    final BitSet uploaded = new BitSet();

    long receivedBytes;
    long sentBytes;

    boolean joined;
    Conduct conduct = Conduct.HONEST;
    long finishedAt = Long.MAX_VALUE;

    /** Whether it fetches from the origin at present. */
    boolean fetching;

    final Gathering announcements = Gathering.ofAnnouncements(0);
    final Gathering mentions = Gathering.ofMentions(0);

    private final Simulation simulation;
    private final long buffered;

    /** Who was sent something, in the order of the buffers; so few that a search is quicker than a map. */
    private int[] receivers = new int[8];

    private final List<SendBuffer> buffers = new ArrayList<>();
    private final Words outbox = new Words();
    private final Words announced = new Words();
    private final Words mentioned = new Words();
    private boolean announces;
    private boolean mentioning;

    /** What was said, one word each. */
    private static final class Words {
        private long[] words = new long[16];
        private int count;

        void add(long word) {
            if (count == words.length) {
                words = Arrays.copyOf(words, count * 2);
            }
            words[count++] = word;
        }

        /** All of it; null if there is nothing. */
        long[] take() {
            if (count == 0) {
                return null;
            }
            long[] taken = Arrays.copyOf(words, count);
            count = 0;
            return taken;
        }
    }

    SimulatedNode(Simulation simulation, int place, Scenario scenario, SplittableRandom random) {
        this.simulation = simulation;
        this.place = place;
        this.id = id(place);
        this.model = scenario.servers().get(place);
        this.swarm = new Swarm(scenario.pieces(), scenario.rules(), random.split(), this);
        this.schedule = new OriginSchedule(scenario.pieces(), Simulation.RUN_BYTES);
        this.uplink = new Uplink(1e9 / model.up().bytesPerSecond());
        this.buffered = scenario.path().buffered().count();
        this.nanosPerByteDown = 1e9 / model.down().bytesPerSecond();
    }

    /** What its kernel holds for a neighbour. */
    SendBuffer bufferTo(int neighbour) {
        int known = buffers.size();
        for (int index = 0; index < known; index++) {
            if (receivers[index] == neighbour) {
                return buffers.get(index);
            }
        }
        if (known == receivers.length) {
            receivers = Arrays.copyOf(receivers, known * 2);
        }
        receivers[known] = neighbour;
        SendBuffer buffer = new SendBuffer(buffered);
        buffers.add(buffer);
        return buffer;
    }

    static NodeId id(int place) {
        return new NodeId(0, place);
    }

    static int place(NodeId id) {
        return (int) id.low();
    }

    boolean isHonest() {
        return conduct == Conduct.HONEST || conduct == Conduct.FORGER || conduct == Conduct.TARDY;
    }

    /** By how many nanoseconds everything that it says or sends is late. */
    long tardiness() {
        return conduct == Conduct.TARDY ? TARDY_BY : 0;
    }

    /** What one word of a message says: announce, request, cancel or reject. */
    static int what(long said) {
        return (int) (said >>> (PLACE_BITS + PIECE_BITS));
    }

    /** The server that it says so to. */
    static int to(long said) {
        return (int) (said >>> PIECE_BITS) & (1 << PLACE_BITS) - 1;
    }

    /** The piece that it is about. */
    static int piece(long said) {
        return (int) said & (1 << PIECE_BITS) - 1;
    }

    private static long said(int what, NodeId peer, int piece) {
        return ((long) what << PLACE_BITS | peer.low()) << PIECE_BITS | piece;
    }

    /** What was said since the last call, announcements not counted, or null. */
    long[] takeOutbox() {
        return outbox.take();
    }

    /** Whether announcements have begun to be gathered since the last call. */
    boolean beginsToAnnounce() {
        boolean begins = announces;
        announces = false;
        return begins;
    }

    /** Whether mentions have begun to be gathered since the last call. */
    boolean beginsToMention() {
        boolean begins = mentioning;
        mentioning = false;
        return begins;
    }

    /** The announcements that were gathered, those to the same neighbour one after the other; or null. */
    long[] takeAnnouncements(long now) {
        announcements.left(now);
        return sorted(announced.take());
    }

    /** The same of mentions. */
    long[] takeMentions(long now) {
        mentions.left(now);
        return sorted(mentioned.take());
    }

    private static long[] sorted(long[] words) {
        if (words != null) {
            Arrays.sort(words);
        }
        return words;
    }

    @Override
    public void announce(Collection<NodeId> peers, int piece) {
        for (NodeId peer : peers) {
            announced.add(said(ANNOUNCE, peer, piece));
            announces |= announcements.add();
        }
    }

    @Override
    public void mention(Collection<NodeId> peers, int piece) {
        for (NodeId peer : peers) {
            mentioned.add(said(ANNOUNCE, peer, piece));
            mentioning |= mentions.add();
        }
    }

    @Override
    public void reveal(NodeId peer, int piece) {
        write(ANNOUNCE, peer, piece);
    }

    @Override
    public void request(NodeId peer, int piece) {
        write(REQUEST, peer, piece);
    }

    @Override
    public void cancel(NodeId peer, int piece) {
        write(CANCEL, peer, piece);
    }

    @Override
    public void reject(NodeId peer, int piece) {
        write(REJECT, peer, piece);
    }

    @Override
    public void upload(NodeId peer, int piece) {
        simulation.upload(this, place(peer), piece);
    }

    @Override
    public void drop(NodeId peer, String reason) {
        simulation.drop(this, place(peer), reason);
    }

    private void write(int what, NodeId peer, int piece) {
        outbox.add(said(what, peer, piece));
    }
}
