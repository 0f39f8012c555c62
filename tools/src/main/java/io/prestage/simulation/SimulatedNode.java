package io.prestage.simulation;

import io.prestage.node.swarm.Commands;
import io.prestage.node.swarm.OriginSchedule;
import io.prestage.node.swarm.Swarm;
import io.prestage.protocol.NodeId;
import io.prestage.simulation.ServerModel.Conduct;
import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;

/** One server as it is simulated: its swarm, its links, and what it says in the course of one event. */
final class SimulatedNode implements Commands {
    static final int ANNOUNCE = 0;
    static final int REQUEST = 1;
    static final int CANCEL = 2;
    static final int REJECT = 3;

    /** Numbers that one message takes in the outbox: what, to whom, which piece. */
    static final int ENTRY = 3;

    final int place;
    final NodeId id;
    final ServerModel model;
    final Swarm swarm;
    final OriginSchedule schedule;
    final Uplink uplink;
    final double nanosPerByteDown;

    /** When its downlink is free again. */
    long downFree;

    /** Who is connected, and who never will be again. */
    final BitSet links = new BitSet();

    final BitSet severed = new BitSet();

    /** Pieces that it has sent to anybody. */
    final BitSet uploaded = new BitSet();

    boolean joined;
    Conduct conduct = Conduct.HONEST;
    long finishedAt = Long.MAX_VALUE;

    /** Whether it fetches from the origin at present. */
    boolean fetching;

    private final Simulation simulation;
    private int[] outbox = new int[64];
    private int written;

    SimulatedNode(Simulation simulation, int place, Scenario scenario, SplittableRandom random) {
        this.simulation = simulation;
        this.place = place;
        this.id = id(place);
        this.model = scenario.servers().get(place);
        this.swarm = new Swarm(scenario.pieces(), scenario.rules(), random.split(), this);
        this.schedule = new OriginSchedule(scenario.pieces(), Simulation.RUN_BYTES);
        this.uplink = new Uplink(1e9 / model.up().bytesPerSecond());
        this.nanosPerByteDown = 1e9 / model.down().bytesPerSecond();
    }

    static NodeId id(int place) {
        return new NodeId(0, place);
    }

    static int place(NodeId id) {
        return (int) id.low();
    }

    boolean isHonest() {
        return conduct == Conduct.HONEST || conduct == Conduct.FORGER;
    }

    /** What was said since the last call, or null. */
    int[] takeOutbox() {
        if (written == 0) {
            return null;
        }
        int[] taken = Arrays.copyOf(outbox, written);
        written = 0;
        return taken;
    }

    @Override
    public void announce(NodeId peer, int piece) {
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
        if (written + ENTRY > outbox.length) {
            outbox = Arrays.copyOf(outbox, written * 2);
        }
        outbox[written++] = what;
        outbox[written++] = place(peer);
        outbox[written++] = piece;
    }
}
