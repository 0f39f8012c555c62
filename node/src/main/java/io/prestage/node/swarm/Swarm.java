package io.prestage.node.swarm;

import io.prestage.protocol.Message.Held;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.PieceSet;
import io.prestage.protocol.Pieces;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Decides for one node which piece to ask of which neighbour, which to send and which to tell of.
 *
 * <p>Every method is an event and may issue {@link Commands}. Times are nanoseconds of any monotonic clock. Not thread-safe:
 * one thread owns it.
 */
public final class Swarm {
    /** By how much the quickest upload counts for less with every one that follows, so that a changed link is noticed. */
    private static final double FORGET = 1.02;

    /** How many times a first deadline all that is under way may take; a link that stood still for a while looks slower than it is. */
    private static final int LONGEST_LINE = 2;

    /** Pieces that one neighbour may send without having been asked: more than were ever under way from one. */
    private static final int MOST_UNASKED = 64;

    private final Pieces pieces;
    private final SwarmRules rules;
    private final RandomGenerator random;
    private final Commands commands;
    private final int pieceBytes;
    private final long firstDeadline;

    private final Map<NodeId, Peer> peers = new HashMap<>();

    /** The same, those that were sent a piece the longest ago first. */
    private final List<Peer> line = new ArrayList<>();

    private final PieceSet held;

    /** What is neither held nor asked of anybody nor being verified is open there. */
    private final RarestFirst wanted;

    /** Pieces that have arrived and are being verified, and who sent each. */
    private final Map<Integer, NodeId> verifying = new HashMap<>();

    /** Neighbours that each piece is asked of, those that let it lapse not counted. */
    private final int[] copies;

    private final PieceSet stopped;
    private final Spreading spreading;

    private int asked;
    private int sending;

    /** Pieces that this node has begun to send. */
    private long uploads;

    /** Whether something was not asked for because too much was under way. */
    private boolean cramped;

    /** How pieces come, from whomever. */
    private final Pace arrivals = new Pace(0.05);

    /** Nanoseconds that the quickest of the latest uploads took; 0 before the first. */
    private double quickestUpload;

    /**
     * Starts without neighbours and pieces.
     *
     * @param random breaks ties
     */
    public Swarm(Pieces pieces, SwarmRules rules, RandomGenerator random, Commands commands) {
        this.pieces = pieces;
        this.rules = rules;
        this.random = random;
        this.commands = commands;
        this.pieceBytes = pieces.pieceSize();
        this.firstDeadline = rules.firstDeadline(pieceBytes);
        this.held = new PieceSet(pieces.count());
        this.wanted = new RarestFirst(pieces.count());
        this.stopped = new PieceSet(pieces.count());
        this.spreading = new Spreading(pieces.count(), rules, firstDeadline, wanted, line, commands);
        this.copies = new int[pieces.count()];
    }

    /** The pieces that this node holds verified; a view that changes. */
    public PieceSet held() {
        return held;
    }

    /** The neighbours that are connected. */
    public Collection<NodeId> peers() {
        return List.copyOf(peers.keySet());
    }

    /** How many neighbours announced the piece. */
    public int availability(int piece) {
        return wanted.availability(piece);
    }

    // Pieces that come from elsewhere than a neighbour.

    /** A piece came from the origin, or was on the disk of the node that is to bring it into the swarm. */
    public void sourced(int piece, long now) {
        if (!hold(piece)) {
            return;
        }
        spreading.brought(piece, now);
        spreading.reveal(now);
    }

    /** A piece was found on the disk of a node that had it from the swarm. */
    public void recovered(int piece) {
        if (hold(piece)) {
            announce(piece);
        }
    }

    /** All pieces of a blob turned out to be void, here and everywhere; neighbours announce what they get anew. */
    public void voided(int blob) {
        discarded(blob);
        for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
            for (Peer peer : line) {
                lost(peer, piece);
            }
        }
    }

    /** All neighbours gave up what they held of a blob, and this node did not; they announce what they get anew. */
    public void lost(int blob, long now) {
        for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
            for (Peer peer : line) {
                lost(peer, piece);
            }
        }
        spreading.reveal(now);
    }

    /** This node gave up the pieces of a blob; what neighbours hold of it stays theirs. */
    public void discarded(int blob) {
        for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
            held.remove(piece);
            spreading.discarded(piece);
            for (Peer peer : line) {
                takeBack(peer, piece);
                if (peer.queued.remove(piece)) {
                    commands.reject(peer.id, piece);
                }
            }
            reopen(piece);
        }
    }

    /** Nothing more of a blob is asked for until {@link #resume}. */
    public void stop(int blob) {
        for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
            stopped.add(piece);
            wanted.close(piece);
        }
    }

    /** A blob that was stopped is asked for again, and neighbours, who may have forgotten it, are told again what is held of it. */
    public void resume(int blob) {
        for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
            stopped.remove(piece);
            reopen(piece);
            if (held.contains(piece) && !spreading.withholds(piece)) {
                announce(piece);
            }
        }
    }

    /** Whether nothing is under way between this node and a neighbour. */
    public boolean isIdle(NodeId id) {
        Peer peer = peers.get(id);
        return peer == null || (peer.asked.size() == 0 && peer.queued.isEmpty() && peer.sending == Peer.NONE);
    }

    // Neighbours.

    /** A neighbour is connected and has the plan. */
    public void joined(NodeId id, long now) {
        if (peers.containsKey(id)) {
            return;
        }
        Peer peer = new Peer(id, pieces.count(), now);
        peers.put(id, peer);
        line.add(peer);
        List<NodeId> only = List.of(id);
        held.forEach(piece -> {
            if (!spreading.withholds(piece)) {
                commands.announce(only, piece);
            }
        });
        spreading.reveal(now);
    }

    /** A neighbour's connection is gone. */
    public void left(NodeId id, long now) {
        Peer peer = peers.remove(id);
        if (peer == null) {
            return;
        }
        line.remove(peer);
        if (peer.sending != Peer.NONE) {
            sending--;
        }
        while (peer.asked.size() > 0) {
            int piece = peer.asked.piece(0);
            peer.asked.remove(0);
            released(piece);
        }
        spreading.gone(peer);
        for (int piece = 0; piece < pieces.count(); piece++) {
            lost(peer, piece);
        }
        spreading.reveal(now);
        serve(now);
        askAll(now);
    }

    /** A neighbour announced pieces. */
    public void announced(NodeId id, List<Held> announced, long now) {
        Peer peer = peers.get(id);
        if (peer == null) {
            return;
        }
        boolean useful = false;
        for (Held entry : announced) {
            int piece = entry.piece();
            if (piece >= pieces.count()) {
                commands.drop(id, "it announced piece " + piece + " of a plan of " + pieces.count());
                return;
            }
            if (!peer.has.add(piece)) {
                continue;
            }
            wanted.announced(piece);
            useful |= wanted.isOpen(piece);
            if (spreading.withholds(piece)) {
                spreading.announced(peer, piece, now);
            }
        }
        openUp();
        spreading.reveal(now);
        if (useful) {
            ask(peer, now);
        }
    }

    // What this node asked for.

    /**
     * All bytes of a piece came. One that was not asked for is waste; it may have been on its way while a plan gave way to another, so
     * its sender is dropped only for many.
     *
     * @return whether they are to be verified, which ends in {@link #verified} or {@link #refused}; otherwise they are waste
     */
    public boolean arrived(NodeId id, int piece, long now) {
        Peer peer = peers.get(id);
        if (peer == null || piece >= pieces.count()) {
            return false;
        }
        if (!answered(peer, piece, now)) {
            if (++peer.unasked > MOST_UNASKED) {
                commands.drop(id, "it sent more than " + MOST_UNASKED + " pieces that it was not asked for");
            }
            return false;
        }
        boolean missing = !held.contains(piece) && !verifying.containsKey(piece);
        if (missing) {
            verifying.put(piece, id);
            wanted.close(piece);
            cancelElsewhere(piece);
        }
        ask(peer, now);
        return missing;
    }

    /** A piece that arrived matches its hash and is stored. */
    public void verified(int piece, long now) {
        NodeId sender = verifying.remove(piece);
        if (hold(piece)) {
            announce(piece, sender);
        }
        openUp();
        if (cramped || !wanted.isAnyOpen()) {
            cramped = false;
            askAll(now);
        }
    }

    /** A piece that arrived does not match its hash, which is the sender's fault. */
    public void refused(NodeId id, int piece, long now) {
        verifying.remove(piece);
        reopen(piece);
        if (peers.containsKey(id)) {
            commands.drop(id, "it sent a piece that does not match its hash");
        }
        askAll(now);
    }

    /** A piece that arrived could not be kept, through no fault of the sender. */
    public void unstored(int piece) {
        verifying.remove(piece);
        reopen(piece);
    }

    /** A neighbour will not send a piece. */
    public void rejected(NodeId id, int piece, long now) {
        Peer peer = peers.get(id);
        if (peer == null) {
            return;
        }
        int owed = peer.owed.position(piece);
        int request = peer.asked.position(piece);
        if (owed >= 0) { // because the request was taken back
            peer.owed.remove(owed);
        } else if (request >= 0) {
            peer.asked.remove(request);
            released(piece);
            if (peer.has.remove(piece)) {
                wanted.lost(piece);
            }
        }
        askAll(now);
    }

    // What this node was asked for.

    /** A neighbour asks for a piece. */
    public void requested(NodeId id, int piece, long now) {
        Peer peer = peers.get(id);
        if (peer == null) {
            return;
        }
        if (piece >= pieces.count() || !held.contains(piece)) {
            commands.reject(id, piece);
            return;
        }
        if (peer.queued.size() >= rules.maxQueued()) {
            commands.drop(id, "it has more than " + rules.maxQueued() + " requests waiting");
            return;
        }
        peer.queued.addLast(piece);
        serve(now);
    }

    /** A neighbour takes a request back. */
    public void cancelled(NodeId id, int piece) {
        Peer peer = peers.get(id);
        if (peer != null && peer.queued.remove(piece)) {
            commands.reject(id, piece);
        }
    }

    /** The piece that was being sent to a neighbour has been sent. */
    public void uploaded(NodeId id, long now) {
        Peer peer = peers.get(id);
        if (peer == null || peer.sending == Peer.NONE) {
            return;
        }
        if (2 * pieces.length(peer.sending) >= pieceBytes) { // a blob's short tail says little of the link
            double parts = (double) pieceBytes / pieces.length(peer.sending);
            double took = parts * Math.max(1, now - peer.sendingSince);
            quickestUpload = quickestUpload == 0 ? took : Math.min(took, FORGET * quickestUpload);
            peer.takesSlowly = took > rules.slowTaker() * quickestUpload;
            spreading.sent(peer.sendingSince, now);
        }
        sendsNothing(peer, now);
    }

    /** The piece that was to be sent to a neighbour could not be read. */
    public void unsent(NodeId id, long now) {
        Peer peer = peers.get(id);
        if (peer != null && peer.sending != Peer.NONE) {
            sendsNothing(peer, now);
        }
    }

    private void sendsNothing(Peer peer, long now) {
        if (!peer.reveals.isEmpty()) {
            peer.reveals.remove(peer.sending);
        }
        peer.sending = Peer.NONE;
        peer.sentAt = now;
        sending--;
        serve(now);
        spreading.reveal(now);
    }

    // Time.

    /** Time passed; expected about twenty times a second. */
    public void tick(long now) {
        for (Peer peer : line) {
            lapse(peer, now);
        }
        spreading.lapse(now);
        openUp();
        spreading.reveal(now);
        serve(now);
        askAll(now);
    }

    // Decisions.

    private void askAll(long now) {
        if (peers.isEmpty() || held.isFull()) {
            return;
        }
        List<Peer> withRoom = new ArrayList<>();
        for (Peer peer : line) {
            if (peer.asked.size() < peer.window(rules)) {
                withRoom.add(peer);
            }
        }
        withRoom.sort(Comparator.comparingInt(peer -> peer.asked.size() - peer.window(rules)));
        for (Peer peer : withRoom) {
            ask(peer, now);
        }
    }

    private void ask(Peer peer, long now) {
        if (now - peer.pausedUntil < 0 && peer.pausedUntil != Long.MIN_VALUE) {
            return;
        }
        while (peer.asked.size() < peer.window(rules)) {
            if (!hasRoom()) {
                cramped = true;
                return;
            }
            int piece = pick(peer, now);
            if (piece < 0) {
                return;
            }
            double link = Math.min(arrivals.nanos() * (asked + 1), LONGEST_LINE * (double) firstDeadline);
            peer.asked.add(piece, now, peer.deadline(rules, firstDeadline, link, now));
            asked++;
            copies[piece]++;
            wanted.close(piece);
            commands.request(peer.id, piece);
        }
    }

    private boolean hasRoom() {
        return (long) (asked + verifying.size() + 1) * pieceBytes <= Math.max(rules.bytesInFlight(), pieceBytes);
    }

    /** The piece to ask a neighbour for, or -1. */
    private int pick(Peer peer, long now) {
        if (!wanted.isAnyOpen()) {
            return peer.asked.size() == 0 ? slowest(peer, now) : -1;
        }
        return wanted.pick(peer.askable(), random.nextDouble() < rules.inOrder(), random);
    }

    /** At the end, when all that is missing is asked for: a piece that another neighbour is late with, or -1. */
    private int slowest(Peer peer, long now) {
        double ours =
                peer.pace.isKnown() ? peer.pace.nanos() : rules.windowSpan().toNanos();
        int slowest = -1;
        double longest = 0;
        for (Peer other : line) {
            if (other == peer) {
                continue;
            }
            double theirs = other.pace.isKnown() ? other.pace.nanos() : firstDeadline;
            for (int position = 0; position < other.asked.size(); position++) {
                int piece = other.asked.piece(position);
                if (copies[piece] != 1 || !peer.has.contains(piece) || peer.owed.contains(piece)) {
                    continue;
                }
                double left = (position + 1) * theirs;
                double overdue = now - other.asked.madeAt(position) - 3 * left;
                double wait = Math.max(left - 3 * ours, overdue);
                if (wait > longest) {
                    longest = wait;
                    slowest = piece;
                }
            }
        }
        return slowest;
    }

    private void serve(long now) {
        while (sending < rules.uploadSlots() && !isSeedingEnough(now)) {
            Peer next = longestWaiting(now);
            if (next == null) {
                return;
            }
            next.sending = next.queued.removeFirst();
            next.sendingSince = now;
            sending++;
            uploads++;
            line.remove(next); // to the end of the line
            line.add(next);
            commands.upload(next.id, next.sending);
        }
    }

    /**
     * Of those that are sent nothing and have asked for something, the one that was last sent something the longest ago; the last
     * places are for those that are not ahead.
     */
    private Peer longestWaiting(long now) {
        for (Peer peer : line) {
            boolean waits = peer.sending == Peer.NONE && !peer.queued.isEmpty();
            if (waits && (sending < rules.evenSlots() || !isAhead(peer, now))) {
                return peer;
            }
        }
        return null;
    }

    /**
     * Whether a neighbour holds somewhat more than another one that gets pieces here, and would take that one's share. One that is
     * far behind has come late or has a slow link, and is not waited for; nor is one whose link is full.
     */
    private boolean isAhead(Peer peer, long now) {
        for (Peer other : line) {
            boolean served = other.isServed(quickestUpload, now);
            int ahead = peer.has.count() - other.has.count();
            if (served && !other.takesSlowly && ahead > rules.evenFrom() && ahead < rules.evenTo()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether what others wait for fills the uplink already, so that one more piece would only delay those under way.
     *
     * <p>A neighbour that takes its piece far slower than others do is busy with other senders, or has a slow link, and leaves the
     * uplink to others.
     */
    private boolean isSeedingEnough(long now) {
        if (!spreading.withholdsAny()) {
            return false;
        }
        int taking = 0;
        for (Peer peer : line) {
            boolean busy = quickestUpload > 0 && now - peer.sendingSince > rules.slowTaker() * quickestUpload;
            taking += peer.sending != Peer.NONE && !busy ? 1 : 0;
        }
        return taking >= (uploads < rules.seedStart() ? rules.seedStartSlots() : rules.seedSlots());
    }

    /** Tells everyone of everything, once all that this node brought in has spread and nothing more comes. */
    private void openUp() {
        if (held.isFull()) {
            spreading.openUp(this::announce);
        }
    }

    private void lapse(Peer peer, long now) {
        boolean lapsed = false;
        for (int position = peer.asked.size() - 1; position >= 0; position--) {
            if (now - peer.asked.deadline(position) > 0) {
                takeBackAt(peer, position);
                lapsed = true;
            }
        }
        if (lapsed) {
            peer.lapses = Math.min(30, peer.lapses + 1);
            long pause = Math.min(
                    rules.maxPause().toNanos(), rules.minDeadline().toNanos() << Math.min(10, peer.lapses - 1));
            peer.pausedUntil = now + pause;
        }
    }

    private void cancelElsewhere(int piece) {
        if (copies[piece] == 0) {
            return;
        }
        for (Peer other : line) {
            takeBack(other, piece);
        }
        wanted.close(piece);
    }

    private void takeBack(Peer peer, int piece) {
        int position = peer.asked.position(piece);
        if (position >= 0) {
            takeBackAt(peer, position);
        }
    }

    /** Takes a request back. It is answered all the same, and until then the piece is not asked of that neighbour again. */
    private void takeBackAt(Peer peer, int position) {
        int piece = peer.asked.piece(position);
        peer.owed.add(piece, peer.asked.madeAt(position), peer.asked.deadline(position));
        peer.asked.remove(position);
        released(piece);
        commands.cancel(peer.id, piece);
    }

    /** A piece came of a neighbour; returns whether it was asked for. */
    private boolean answered(Peer peer, int piece, long now) {
        int request = peer.asked.position(piece);
        int owed = peer.owed.position(piece);
        if (owed >= 0) {
            timed(peer, peer.owed.madeAt(owed), now);
            peer.owed.remove(owed);
        } else if (request >= 0) {
            timed(peer, peer.asked.madeAt(request), now);
            peer.asked.remove(request);
            released(piece);
        }
        return owed >= 0 || request >= 0;
    }

    private void timed(Peer peer, long askedAt, long now) {
        peer.arrived(askedAt, now);
        arrivals.ended(askedAt, now);
    }

    private void released(int piece) {
        asked--;
        copies[piece]--;
        reopen(piece);
    }

    private void reopen(int piece) {
        boolean busy = held.contains(piece) || verifying.containsKey(piece) || copies[piece] > 0;
        if (!busy && !stopped.contains(piece)) {
            wanted.open(piece);
        }
    }

    private boolean hold(int piece) {
        if (!held.add(piece)) {
            return false;
        }
        cancelElsewhere(piece);
        wanted.close(piece);
        return true;
    }

    /** A neighbour holds a piece no more; one that nobody else holds is unsent again if this node brought it. */
    private void lost(Peer peer, int piece) {
        if (!peer.has.remove(piece)) {
            return;
        }
        wanted.lost(piece);
        spreading.lost(peer, piece);
    }

    private void announce(int piece) {
        announce(piece, null);
    }

    /** Tells neighbours that a piece is held; its sender, who may be a seed that waits for its spreading, as those who lack it. */
    private void announce(int piece, NodeId sender) {
        List<NodeId> waiting = new ArrayList<>(line.size());
        List<NodeId> having = new ArrayList<>(line.size());
        for (Peer peer : line) {
            boolean waits = !peer.has.contains(piece) || peer.id.equals(sender);
            (waits ? waiting : having).add(peer.id);
        }
        if (!waiting.isEmpty()) {
            commands.announce(waiting, piece);
        }
        if (!having.isEmpty()) {
            commands.mention(having, piece);
        }
    }
}
