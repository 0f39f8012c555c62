package io.prestage.node.swarm;

import io.prestage.node.swarm.Peer.Asked;
import io.prestage.protocol.Message.Held;
import io.prestage.protocol.NodeId;
import io.prestage.protocol.PieceSet;
import io.prestage.protocol.Pieces;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
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

    /** Unsent pieces that are looked at beyond those that nobody can be told of at present. */
    private static final int MAX_SKIPPED = 32;

    private final Pieces pieces;
    private final SwarmRules rules;
    private final RandomGenerator random;
    private final Commands commands;
    private final int pieceBytes;

    private final Map<NodeId, Peer> peers = new LinkedHashMap<>();
    private final PieceSet held;

    /** Neither held nor asked of anybody nor being verified. */
    private final PieceSet open;

    private final PieceSet verifying;

    /** Neighbours that announced each piece. */
    private final int[] availability;

    /** Neighbours that each piece is asked of, those that let it lapse not counted. */
    private final int[] copies;

    private final PieceSet stopped;
    private final SuperSeeding seeding = new SuperSeeding();

    /** What this node brought into the swarm and tells not everyone of, as long as something is unsent. */
    private final PieceSet withheld;

    private int asked;
    private int sending;

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
        this.held = new PieceSet(pieces.count());
        this.open = PieceSet.full(pieces.count());
        this.verifying = new PieceSet(pieces.count());
        this.stopped = new PieceSet(pieces.count());
        this.withheld = new PieceSet(pieces.count());
        this.availability = new int[pieces.count()];
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
        return availability[piece];
    }

    // Pieces that come from elsewhere than a neighbour.

    /** A piece came from the origin, or was on the disk of the node that is to bring it into the swarm. */
    public void sourced(int piece, long now) {
        if (!hold(piece)) {
            return;
        }
        withheld.add(piece);
        if (availability[piece] == 0) {
            seeding.add(piece);
        }
        reveal(now);
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
            for (Peer peer : peers.values()) {
                lost(peer, piece);
            }
        }
    }

    /** All neighbours gave up what they held of a blob, and this node did not; they announce what they get anew. */
    public void lost(int blob, long now) {
        for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
            for (Peer peer : peers.values()) {
                lost(peer, piece);
            }
        }
        reveal(now);
    }

    /** This node gave up the pieces of a blob; what neighbours hold of it stays theirs. */
    public void discarded(int blob) {
        for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
            held.remove(piece);
            withheld.remove(piece);
            seeding.forget(piece);
            for (Peer peer : peers.values()) {
                peer.told.remove(piece);
                forgetAsked(peer, piece);
                peer.queued.remove(piece);
            }
            reopen(piece);
        }
    }

    /** Nothing more of a blob is asked for until {@link #resume}. */
    public void stop(int blob) {
        for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
            stopped.add(piece);
            open.remove(piece);
        }
    }

    /** A blob that was stopped is asked for again, and neighbours, who may have forgotten it, are told again what is held of it. */
    public void resume(int blob) {
        for (int piece = pieces.first(blob); piece < pieces.end(blob); piece++) {
            stopped.remove(piece);
            reopen(piece);
            if (held.contains(piece) && !withheld.contains(piece)) {
                for (Peer peer : peers.values()) {
                    peer.told.remove(piece);
                    tell(peer, piece);
                }
            }
        }
    }

    /** Whether nothing is under way between this node and a neighbour. */
    public boolean isIdle(NodeId id) {
        Peer peer = peers.get(id);
        return peer == null || (peer.asked.isEmpty() && peer.queued.isEmpty() && peer.sending == Peer.NONE);
    }

    // Neighbours.

    /** A neighbour is connected and has the plan. */
    public void joined(NodeId id, long now) {
        if (peers.containsKey(id)) {
            return;
        }
        Peer peer = new Peer(id, pieces.count());
        peers.put(id, peer);
        held.forEach(piece -> {
            if (!withheld.contains(piece)) {
                tell(peer, piece);
            }
        });
        reveal(now);
    }

    /** A neighbour's connection is gone. */
    public void left(NodeId id, long now) {
        Peer peer = peers.remove(id);
        if (peer == null) {
            return;
        }
        if (peer.sending != Peer.NONE) {
            sending--;
        }
        for (int piece : List.copyOf(peer.asked.keySet())) {
            forgetAsked(peer, piece);
        }
        seeding.gone(peer);
        for (int piece = 0; piece < pieces.count(); piece++) {
            lost(peer, piece);
        }
        reveal(now);
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
            availability[piece]++;
            useful |= open.contains(piece);
            if (withheld.contains(piece)) {
                spread(peer, piece, now);
            }
        }
        openUp();
        reveal(now);
        if (useful) {
            ask(peer, now);
        }
    }

    // What this node asked for.

    /**
     * All bytes of a piece came.
     *
     * @return whether they are to be verified, which ends in {@link #verified} or {@link #refused}; otherwise they are waste
     */
    public boolean arrived(NodeId id, int piece, long now) {
        Peer peer = peers.get(id);
        if (peer == null || piece >= pieces.count()) {
            return false;
        }
        Asked request = peer.asked.get(piece);
        if (request != null) {
            forgetAsked(peer, piece);
            peer.arrived(request.at(), now);
        } else {
            peer.arrived(now, now);
        }
        boolean wanted = !held.contains(piece) && !verifying.contains(piece);
        if (wanted) {
            verifying.add(piece);
            open.remove(piece);
            cancelElsewhere(piece);
        }
        ask(peer, now);
        return wanted;
    }

    /** A piece that arrived matches its hash and is stored. */
    public void verified(int piece, long now) {
        verifying.remove(piece);
        if (hold(piece)) {
            announce(piece);
        }
        openUp();
        askAll(now);
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
        if (peer == null || !peer.asked.containsKey(piece)) {
            return;
        }
        forgetAsked(peer, piece);
        if (peer.has.remove(piece)) {
            availability[piece]--;
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
        peer.reveals.remove(peer.sending);
        double took = Math.max(1, now - peer.sendingSince);
        quickestUpload = quickestUpload == 0 ? took : Math.min(took, FORGET * quickestUpload);
        peer.takesSlowly = took > rules.slowTaker() * quickestUpload;
        peer.sending = Peer.NONE;
        sending--;
        serve(now);
        reveal(now);
    }

    // Time.

    /** Time passed; expected about twenty times a second. */
    public void tick(long now) {
        for (Peer peer : peers.values()) {
            lapse(peer, now);
        }
        seeding.lapse(now);
        openUp();
        reveal(now);
        serve(now);
        askAll(now);
    }

    // Decisions.

    private void askAll(long now) {
        if (peers.isEmpty() || held.isFull()) {
            return;
        }
        List<Peer> byRoom = new ArrayList<>(peers.values());
        byRoom.sort(Comparator.comparingInt(peer -> peer.asked.size() - peer.window(rules)));
        for (Peer peer : byRoom) {
            ask(peer, now);
        }
    }

    private void ask(Peer peer, long now) {
        if (now - peer.pausedUntil < 0 && peer.pausedUntil != Long.MIN_VALUE) {
            return;
        }
        while (peer.asked.size() < peer.window(rules) && hasRoom()) {
            OptionalInt piece = pick(peer, now);
            if (piece.isEmpty()) {
                return;
            }
            peer.asked.put(piece.getAsInt(), new Asked(now, peer.deadline(rules, now)));
            asked++;
            copies[piece.getAsInt()]++;
            open.remove(piece.getAsInt());
            commands.request(peer.id, piece.getAsInt());
        }
    }

    private boolean hasRoom() {
        return (long) (asked + verifying.count() + 1) * pieceBytes <= Math.max(rules.bytesInFlight(), pieceBytes);
    }

    private OptionalInt pick(Peer peer, long now) {
        if (open.count() == 0) {
            return peer.asked.isEmpty() ? slowest(peer, now) : OptionalInt.empty();
        }
        boolean lowest = random.nextDouble() < rules.inOrder();
        int[] best = {-1, Integer.MAX_VALUE, 0};
        open.forEachCommon(peer.has, piece -> {
            int others = availability[piece];
            if (others < best[1]) {
                best[0] = piece;
                best[1] = others;
                best[2] = 1;
            } else if (others == best[1] && !lowest && random.nextInt(++best[2]) == 0) {
                best[0] = piece;
            }
        });
        return best[0] < 0 ? OptionalInt.empty() : OptionalInt.of(best[0]);
    }

    /** At the end, when all that is missing is asked for: a piece that another neighbour is late with. */
    private OptionalInt slowest(Peer peer, long now) {
        double ours = peer.pieceTime == 0 ? rules.windowSpan().toNanos() : peer.pieceTime;
        int slowest = -1;
        double longest = 0;
        for (Peer other : peers.values()) {
            if (other == peer) {
                continue;
            }
            int position = 0;
            for (Map.Entry<Integer, Asked> entry : other.asked.entrySet()) {
                position++;
                int piece = entry.getKey();
                if (copies[piece] != 1 || !peer.has.contains(piece) || peer.asked.containsKey(piece)) {
                    continue;
                }
                double theirs = other.pieceTime == 0 ? rules.firstDeadline().toNanos() : other.pieceTime;
                double left = position * theirs;
                double overdue = now - entry.getValue().at() - 3 * left;
                double wait = Math.max(left - 3 * ours, overdue);
                if (wait > longest) {
                    longest = wait;
                    slowest = piece;
                }
            }
        }
        return slowest < 0 ? OptionalInt.empty() : OptionalInt.of(slowest);
    }

    private void serve(long now) {
        while (sending < rules.uploadSlots() && !isSeedingEnough(now)) {
            Peer next = longestWaiting();
            if (next == null) {
                return;
            }
            next.sending = next.queued.removeFirst();
            next.sendingSince = now;
            sending++;
            peers.remove(next.id); // to the end of the line
            peers.put(next.id, next);
            commands.upload(next.id, next.sending);
        }
    }

    /** Of those that are sent nothing and have asked for something, the one that was last sent something the longest ago. */
    private Peer longestWaiting() {
        for (Peer peer : peers.values()) {
            if (peer.sending == Peer.NONE && !peer.queued.isEmpty()) {
                return peer;
            }
        }
        return null;
    }

    /**
     * Whether what others wait for fills the uplink already, so that one more piece would only delay those under way.
     *
     * <p>A neighbour that takes its piece far slower than others do is busy with other senders, or has a slow link, and leaves the
     * uplink to others.
     */
    private boolean isSeedingEnough(long now) {
        if (withheld.count() == 0) {
            return false;
        }
        int taking = 0;
        for (Peer peer : peers.values()) {
            boolean busy = quickestUpload > 0 && now - peer.sendingSince > rules.slowTaker() * quickestUpload;
            taking += peer.sending != Peer.NONE && !busy ? 1 : 0;
        }
        return taking >= rules.seedSlots();
    }

    /** A neighbour announced what this node brought in. */
    private void spread(Peer peer, int piece, long now) {
        if (peer.reveals.contains(piece)) {
            peer.kept = 0;
        }
        if (availability[piece] >= rules.spreadAt()) {
            seeding.forget(piece);
        } else {
            seeding.held(piece, peer, now + patience(peer));
        }
    }

    private void reveal(long now) {
        int skipped = 0;
        for (int piece = seeding.next(0); piece >= 0 && skipped < MAX_SKIPPED; piece = seeding.next(piece + 1)) {
            if (!peers.isEmpty() && availability[piece] == peers.size()) {
                seeding.forget(piece);
                continue;
            }
            Peer to = null;
            for (Peer peer : peers.values()) {
                int window = peer.takesSlowly ? 1 : rules.revealWindow();
                boolean fits = peer.reveals.size() < window && !peer.has.contains(piece);
                if (fits && (to == null || isBetterToReveal(peer, to))) {
                    to = peer;
                }
            }
            if (to == null) {
                skipped++;
                continue;
            }
            seeding.revealed(piece, to, now + patience(to));
            to.told.remove(piece);
            tell(to, piece);
        }
    }

    /** Those that pass on what they get come before those that do not, and those that wait for little before the rest. */
    private static boolean isBetterToReveal(Peer one, Peer other) {
        int oneFailed = one.kept + one.lapses;
        int otherFailed = other.kept + other.lapses;
        return oneFailed != otherFailed ? oneFailed < otherFailed : one.reveals.size() < other.reveals.size();
    }

    private long patience(Peer peer) {
        double fetching = rules.deadlineFactor() * peer.pieceTime * rules.revealWindow();
        return Math.max(rules.firstDeadline().toNanos(), (long) fetching);
    }

    /** Tells everyone of everything, once all that this node brought in has spread and nothing more comes. */
    private void openUp() {
        if (withheld.count() == 0 || !held.isFull() || !seeding.isDone() || peers.isEmpty()) {
            return;
        }
        PieceSet all = withheld.copy();
        all.forEach(piece -> {
            withheld.remove(piece);
            announce(piece);
        });
    }

    private void lapse(Peer peer, long now) {
        boolean lapsed = false;
        for (Iterator<Map.Entry<Integer, Asked>> all = peer.asked.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<Integer, Asked> entry = all.next();
            if (now - entry.getValue().deadline() <= 0) {
                continue;
            }
            all.remove();
            released(entry.getKey());
            commands.cancel(peer.id, entry.getKey());
            lapsed = true;
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
        for (Peer other : peers.values()) {
            if (other.asked.containsKey(piece)) {
                forgetAsked(other, piece);
                commands.cancel(other.id, piece);
            }
        }
        open.remove(piece);
    }

    private void forgetAsked(Peer peer, int piece) {
        if (peer.asked.remove(piece) != null) {
            released(piece);
        }
    }

    private void released(int piece) {
        asked--;
        copies[piece]--;
        reopen(piece);
    }

    private void reopen(int piece) {
        boolean busy = held.contains(piece) || verifying.contains(piece) || copies[piece] > 0;
        if (!busy && !stopped.contains(piece)) {
            open.add(piece);
        }
    }

    private boolean hold(int piece) {
        if (!held.add(piece)) {
            return false;
        }
        cancelElsewhere(piece);
        open.remove(piece);
        return true;
    }

    /** A neighbour holds a piece no more; one that nobody else holds is unsent again if this node brought it. */
    private void lost(Peer peer, int piece) {
        if (peer.has.remove(piece) && --availability[piece] == 0 && withheld.contains(piece)) {
            seeding.forget(piece);
            seeding.add(piece);
        }
    }

    private void announce(int piece) {
        for (Peer peer : peers.values()) {
            tell(peer, piece);
        }
    }

    private void tell(Peer peer, int piece) {
        if (peer.told.add(piece)) {
            commands.announce(peer.id, piece);
        }
    }
}
