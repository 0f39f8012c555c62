package io.prestage.simulation;

import io.prestage.node.swarm.Neighbours;
import io.prestage.node.swarm.OriginSchedule;
import io.prestage.node.swarm.Ownership;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Message.Held;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.Pieces;
import io.prestage.simulation.ServerModel.Conduct;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Runs a scenario in virtual time.
 *
 * <p>The connections of a server share its uplink alike, and each sends its pieces one after the other; those that come to one
 * server go through its downlink in the order in which they were begun. Both links work at the same time, and the slower one
 * counts. A piece counts as sent when the sender's kernel has taken it. Messages take no room on a link, but a delay. Not
 * thread-safe; one object runs one scenario once.
 */
public final class Simulation {
    /** Bytes of one range request to the origin, as the node has it. */
    static final long RUN_BYTES = 8 << 20;

    private static final long TICK = Duration.ofMillis(50).toNanos();

    // Kinds of events; what "other" and "number" mean is said behind each.
    private static final int JOIN = 0;
    private static final int LINK = 1; // the neighbour, -
    private static final int DELIVER = 2; // -, -, the outbox
    private static final int SENT = 3; // -, -
    private static final int UPLOADED = 4; // the receiver, -
    private static final int ARRIVED = 5; // the sender, the piece
    private static final int VERIFIED = 6; // the sender, the piece
    private static final int TURN = 7;
    private static final int UNLINK = 8; // the neighbour, -
    private static final int TICKED = 9;
    private static final int FETCHED = 10; // -, the piece, the run's end
    private static final int ANNOUNCED = 11;
    private static final int MENTIONED = 12;
    private static final int MEMBERS = 13;
    private static final int LEAVE = 14;
    private static final int THROUGH = 15; // the receiver, the piece
    private static final int TAKEN = 16; // the receiver, -

    /** How long nothing may have come to anybody for the rest to be lost, beside the time that pieces take on slow links. */
    private static final Duration STANDSTILL = Duration.ofMinutes(10);

    private static final int PIECES_IN_LINE = 64;

    private final Scenario scenario;
    private final Pieces pieces;
    private final Watcher watcher;
    private final EventQueue queue = new EventQueue();
    private final SimulatedNode[] nodes;
    private final Held[] statements;
    private final List<Held> heard = new ArrayList<>();
    private final long delay;
    private final long buffered;
    private final double nanosPerByteHashed;
    private Ownership ownership;
    private long now;
    private long membersAt = -1;
    private int unfinished;
    private long duplicates;
    private long wasted;
    private long delivered;
    private long messages;
    private long arrived;
    private long events;

    /** Joins and turns that are still to come. */
    private int expected;

    /** When something last came to somebody, or somebody came or went. */
    private long changedAt;

    private Simulation(Scenario scenario, Watcher watcher) {
        this.scenario = scenario;
        this.pieces = scenario.pieces();
        this.watcher = watcher;
        this.delay = scenario.path().delay().toNanos();
        this.buffered = scenario.path().buffered().count();
        this.nanosPerByteHashed = 1e9 / scenario.path().hashing().bytesPerSecond();
        this.ownership = Ownership.none(pieces.blobs());
        this.nodes = new SimulatedNode[scenario.servers().size()];
        this.statements = new Held[pieces.count()];
        Arrays.setAll(statements, piece -> new Held(piece, 0));
    }

    /** Runs a scenario to its end. */
    public static Outcome run(Scenario scenario) {
        return run(scenario, Watcher.NONE);
    }

    /** Runs a scenario to its end, seen by a watcher. */
    public static Outcome run(Scenario scenario, Watcher watcher) {
        return new Simulation(scenario, watcher).run();
    }

    private Outcome run() {
        SplittableRandom random = new SplittableRandom(scenario.seed());
        for (int place = 0; place < nodes.length; place++) {
            nodes[place] = new SimulatedNode(this, place, scenario, random);
            ServerModel model = nodes[place].model;
            if (!model.joins().isZero()) {
                queue.add(model.joins().toNanos(), JOIN, place, 0, 0);
                expected++;
            } else {
                nodes[place].joined = true;
            }
            if (model.conduct() != Conduct.HONEST) {
                queue.add(model.turns().toNanos(), TURN, place, 0, 0);
                expected++;
            }
            boolean full = model.source() instanceof ServerModel.Source.Disk;
            unfinished += model.isToFinish() && !full ? 1 : 0;
            queue.add(random.nextLong(TICK), TICKED, place, 0, 0);
        }
        for (SimulatedNode node : nodes) {
            if (node.joined) {
                fill(node);
            }
        }
        membersChanged();
        long standstill = standstill();
        while (unfinished > 0 && queue.next() && (expected > 0 || queue.time() - changedAt <= standstill)) {
            now = queue.time();
            events++;
            happen();
        }
        return outcome();
    }

    private long standstill() {
        double piece = 1e9 * pieces.pieceSize() / scenario.slowest().bytesPerSecond();
        return STANDSTILL.toNanos() + (long) (PIECES_IN_LINE * piece);
    }

    private void happen() {
        SimulatedNode node = nodes[queue.node()];
        int other = queue.other();
        int number = queue.number();
        switch (queue.kind()) {
            case JOIN -> {
                node.joined = true;
                expected--;
                changedAt = now;
                fill(node);
                membersChange();
            }
            case MEMBERS -> membersChanged();
            case LINK -> {
                if (isLinked(node, other)) {
                    node.swarm.joined(SimulatedNode.id(other), now);
                    boast(node, other);
                }
            }
            case DELIVER -> {
                deliver(node, queue.payload());
                return; // the receivers have said what they had to say
            }
            case SENT -> {
                if (node.foretold == now) {
                    node.foretold = Long.MAX_VALUE;
                    sent(node);
                }
            }
            case THROUGH -> through(node, other, number);
            case TAKEN -> taken(node, other);
            case UPLOADED -> node.swarm.uploaded(SimulatedNode.id(other), now);
            case ARRIVED -> arrive(node, other, number);
            case VERIFIED -> verify(node, other, number);
            case TURN -> {
                expected--;
                changedAt = now;
                turn(node);
            }
            case LEAVE -> leave(node, delay);
            case UNLINK -> {
                node.swarm.left(SimulatedNode.id(other), now);
                finishIfFull(node);
            }
            case TICKED -> {
                if (node.joined && node.isHonest()) {
                    node.swarm.tick(now);
                }
                queue.add(now + TICK, TICKED, node.place, 0, 0);
            }
            case FETCHED -> fetched(node, number, (int) queue.payload()[0]);
            case ANNOUNCED -> send(node, node.takeAnnouncements(now));
            case MENTIONED -> send(node, node.takeMentions(now));
            default -> throw new IllegalStateException("no event is of kind " + queue.kind());
        }
        flush(node);
    }

    // Members and connections.

    private void fill(SimulatedNode node) {
        if (node.model.source() instanceof ServerModel.Source.Disk) {
            for (int piece = 0; piece < pieces.count(); piece++) {
                node.swarm.sourced(piece, now);
            }
            finishIfFull(node);
        }
    }

    /** All who come or go at the same time are seen by one change of the members. */
    private void membersChange() {
        if (membersAt != now) {
            membersAt = now;
            queue.add(now, MEMBERS, 0, 0, 0);
        }
    }

    private void membersChanged() {
        List<NodeId> members = new ArrayList<>();
        List<NodeId> seeds = new ArrayList<>();
        for (SimulatedNode node : nodes) {
            if (node.joined && node.conduct != Conduct.GONE) {
                members.add(node.id);
                if (node.model.origin().isPresent()) {
                    seeds.add(node.id);
                }
            }
        }
        Map<NodeId, Set<NodeId>> graph = Neighbours.graph(members);
        for (NodeId member : members) { // the graph's own order is nobody's
            List<NodeId> neighbours = new ArrayList<>(graph.get(member));
            neighbours.sort(null);
            neighbours.forEach(neighbour -> link(SimulatedNode.place(member), SimulatedNode.place(neighbour)));
        }
        own(seeds);
    }

    private void link(int one, int other) {
        boolean present = nodes[one].links.get(other) || nodes[one].severed.get(other);
        if (one < other && !present) {
            nodes[one].links.set(other);
            nodes[other].links.set(one);
            long at = now + scenario.path().connecting().toNanos();
            queue.add(at, LINK, one, other, 0);
            queue.add(at, LINK, other, one, 0);
        }
    }

    private static boolean isLinked(SimulatedNode node, int other) {
        return node.links.get(other);
    }

    private void unlink(SimulatedNode node, int other, long after) {
        if (isLinked(node, other)) {
            node.links.clear(other);
            nodes[other].links.clear(node.place);
            queue.add(now + after, UNLINK, other, node.place, 0);
            queue.add(now, UNLINK, node.place, other, 0);
        }
    }

    void drop(SimulatedNode node, int other, String reason) {
        watcher.drops(node.place, other, reason, now);
        node.severed.set(other);
        nodes[other].severed.set(node.place);
        unlink(node, other, delay);
    }

    private void turn(SimulatedNode node) {
        node.conduct = node.model.conduct();
        if (node.conduct == Conduct.GONE) {
            leave(node, scenario.path().noticing().toNanos());
        } else {
            for (SimulatedNode other : nodes) {
                if (isLinked(node, other.place)) {
                    boast(node, other.place);
                }
            }
        }
    }

    private void leave(SimulatedNode node, long noticedAfter) {
        node.conduct = Conduct.GONE;
        for (SimulatedNode other : nodes) {
            unlink(node, other.place, noticedAfter);
        }
        membersChange();
    }

    private void boast(SimulatedNode node, int to) {
        if (node.conduct == Conduct.BOASTER) {
            for (int piece = 0; piece < pieces.count(); piece++) {
                node.announce(List.of(SimulatedNode.id(to)), piece);
            }
            queue.add(now + delay, DELIVER, node.place, 0, 0, node.takeAnnouncements(now));
        }
    }

    // The origin.

    private void own(Collection<NodeId> seeds) {
        Digest plan = Digest.of("simulated".getBytes(StandardCharsets.UTF_8));
        ownership = ownership.after(plan, seeds);
        boolean[] somewhere = new boolean[pieces.count()];
        for (SimulatedNode node : nodes) {
            if (node.joined && node.conduct != Conduct.GONE) {
                node.swarm.held().forEach(piece -> somewhere[piece] = true);
            }
        }
        for (NodeId seed : seeds) {
            SimulatedNode node = nodes[SimulatedNode.place(seed)];
            for (int blob = 0; blob < pieces.blobs(); blob++) {
                if (ownership.owns(seed, blob) && !node.schedule.owns(blob)) {
                    for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
                        if (somewhere[piece]) {
                            node.schedule.have(piece);
                        }
                    }
                    node.schedule.own(blob);
                }
            }
            if (!node.fetching) {
                fetchNext(node);
            }
        }
    }

    private void fetchNext(SimulatedNode node) {
        Optional<OriginSchedule.Run> run = node.schedule.next();
        node.fetching = run.isPresent();
        run.ifPresent(taken -> fetch(node, taken.first(), taken.end()));
    }

    private void fetch(SimulatedNode node, int piece, int end) {
        double seconds = (double) pieces.length(piece)
                / node.model.origin().orElseThrow().bytesPerSecond();
        queue.add(now + (long) (seconds * 1e9), FETCHED, node.place, 0, piece, new long[] {end});
    }

    private void fetched(SimulatedNode node, int piece, int end) {
        if (!node.isHonest()) {
            return;
        }
        changedAt = now;
        node.swarm.sourced(piece, now);
        finishIfFull(node);
        if (piece + 1 < end) {
            fetch(node, piece + 1, end);
        } else {
            fetchNext(node);
        }
    }

    // Messages.

    private void flush(SimulatedNode node) {
        if (node.beginsToAnnounce()) {
            queue.add(Math.max(now, node.announcements.due()), ANNOUNCED, node.place, 0, 0);
        }
        if (node.beginsToMention()) {
            queue.add(Math.max(now, node.mentions.due()), MENTIONED, node.place, 0, 0);
        }
        send(node, node.takeOutbox());
    }

    private void send(SimulatedNode node, long[] said) {
        if (said != null && node.isHonest()) {
            queue.add(now + delay + node.tardiness(), DELIVER, node.place, 0, 0, said);
        }
    }

    private void deliver(SimulatedNode from, long[] said) {
        int next = 0;
        while (next < said.length) {
            int first = next++;
            int what = SimulatedNode.what(said[first]);
            int to = SimulatedNode.to(said[first]);
            if (what == SimulatedNode.ANNOUNCE) {
                while (next < said.length && SimulatedNode.to(said[next]) == to) {
                    next++;
                }
            }
            SimulatedNode receiver = nodes[to];
            messages++;
            if (receiver.isHonest() && isLinked(from, to)) {
                hear(receiver, from.id, what, said, first, next);
                flush(receiver);
            }
        }
    }

    private void hear(SimulatedNode receiver, NodeId from, int what, long[] said, int first, int end) {
        int piece = SimulatedNode.piece(said[first]);
        switch (what) {
            case SimulatedNode.ANNOUNCE -> receiver.swarm.announced(from, announcement(said, first, end), now);
            case SimulatedNode.REQUEST -> receiver.swarm.requested(from, piece, now);
            case SimulatedNode.CANCEL -> receiver.swarm.cancelled(from, piece);
            default -> receiver.swarm.rejected(from, piece, now);
        }
    }

    private List<Held> announcement(long[] said, int first, int end) {
        heard.clear();
        for (int at = first; at < end; at++) {
            heard.add(statements[SimulatedNode.piece(said[at])]);
        }
        return heard;
    }

    // Pieces.

    void upload(SimulatedNode from, int to, int piece) {
        if (!isLinked(from, to)) {
            return; // one of the two has left
        }
        watcher.sends(from.place, to, piece, now);
        boolean again = from.model.isSeed() && from.uploaded.get(piece);
        from.uploaded.set(piece);
        duplicates += again ? 1 : 0;
        int bytes = pieces.length(piece);
        from.sentBytes += bytes;
        SimulatedNode receiver = nodes[to];
        receiver.downFree = Math.max(receiver.downFree, now + delay) + (long) (bytes * receiver.nanosPerByteDown);
        int rest = (int) (bytes > buffered && buffered > 0 ? buffered : bytes); // what the kernel takes at last
        if (rest < bytes) {
            long arrival = receiver.downFree - (long) (rest * receiver.nanosPerByteDown);
            from.uplink.add(to, piece, bytes - rest, false, arrival, now);
        }
        from.uplink.add(to, piece, rest, true, receiver.downFree, now);
        foretell(from);
        if (from.bufferTo(to).begin(bytes)) {
            queue.add(now, UPLOADED, from.place, to, 0);
        }
    }

    /** One look at the uplink is always to come, and no later than the next piece is sent; more pieces may put that off. */
    private void foretell(SimulatedNode node) {
        long at = node.uplink.nextAt();
        if (at < node.foretold) {
            node.foretold = at;
            queue.add(at, SENT, node.place, 0, 0);
        }
    }

    private void sent(SimulatedNode from) {
        Uplink uplink = from.uplink;
        while (uplink.take(now)) {
            int to = uplink.takenReceiver();
            if (isLinked(from, to)) {
                long arrival = Math.max(uplink.takenArrival(), now + delay);
                if (uplink.isTakenEnd()) {
                    sent(from, to, uplink.takenPiece(), arrival);
                } else {
                    queue.add(arrival - delay, TAKEN, from.place, to, 0);
                }
            }
        }
        foretell(from);
    }

    private void sent(SimulatedNode from, int to, int piece, long arrival) {
        queue.add(arrival - delay, THROUGH, from.place, to, piece);
        if (from.isHonest()) {
            queue.add(arrival + from.tardiness(), ARRIVED, to, from.place, piece);
        }
    }

    private void through(SimulatedNode from, int to, int piece) {
        if (from.bufferTo(to).through(pieces.length(piece))) {
            from.swarm.uploaded(SimulatedNode.id(to), now);
        }
    }

    private void taken(SimulatedNode from, int to) {
        if (from.bufferTo(to).take()) {
            from.swarm.uploaded(SimulatedNode.id(to), now);
        }
    }

    private void arrive(SimulatedNode node, int from, int piece) {
        if (!node.isHonest() || !isLinked(node, from)) {
            return;
        }
        arrived++;
        changedAt = now;
        delivered += pieces.length(piece);
        node.receivedBytes += pieces.length(piece);
        if (node.swarm.arrived(SimulatedNode.id(from), piece, now)) {
            long hashed = (long) (pieces.length(piece) * nanosPerByteHashed);
            queue.add(now + hashed, VERIFIED, node.place, from, piece);
        } else {
            wasted += pieces.length(piece);
        }
    }

    private void verify(SimulatedNode node, int from, int piece) {
        if (nodes[from].conduct == Conduct.FORGER) {
            wasted += pieces.length(piece);
            node.swarm.refused(SimulatedNode.id(from), piece, now);
            return;
        }
        watcher.verified(node.place, piece, now);
        node.swarm.verified(piece, now);
        finishIfFull(node);
    }

    private void finishIfFull(SimulatedNode node) {
        if (node.finishedAt == Long.MAX_VALUE && node.swarm.held().isFull()) {
            node.finishedAt = now;
            watcher.finished(node.place, now);
            boolean counted = node.model.isToFinish() && !(node.model.source() instanceof ServerModel.Source.Disk);
            unfinished -= counted ? 1 : 0;
            node.model.lingers().ifPresent(after -> queue.add(now + after.toNanos(), LEAVE, node.place, 0, 0));
        }
    }

    private Outcome outcome() {
        List<Double> ratios = new ArrayList<>();
        List<Finish> servers = new ArrayList<>();
        long last = 0;
        for (SimulatedNode node : nodes) {
            Optional<Duration> end = Optional.of(node.finishedAt)
                    .filter(at -> at != Long.MAX_VALUE)
                    .map(Duration::ofNanos);
            servers.add(new Finish(node.place, end, node.receivedBytes, node.sentBytes));
            if (!node.model.isToFinish() || node.model.source() instanceof ServerModel.Source.Disk) {
                continue;
            }
            boolean finished = node.finishedAt != Long.MAX_VALUE;
            last = Math.max(last, finished ? node.finishedAt : now);
            double took = (node.finishedAt - node.model.joins().toNanos()) / 1e9;
            ratios.add(finished ? took / scenario.ideal(node.place) : Double.POSITIVE_INFINITY);
        }
        return new Outcome(
                ratios, servers, Duration.ofNanos(last), duplicates, wasted, delivered, messages, arrived, events);
    }
}
