package io.prestage.node.swarm;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Keeps which of the pieces that this node brought into the swarm are still to be revealed, so that it sends none twice while
 * another is unsent.
 *
 * <p>A piece is unsent, then out with one neighbour, and spread once so many announce it that it does not depend on one that may
 * keep it to itself. If that does not come about by the deadline, or that neighbour goes, it is unsent again. Unsent pieces come
 * in the order of their numbers, since stores hash blobs from the front. Pieces that are out because a neighbour says that it brings them,
 * too, come from the back, so that the two of them meet in the middle.
 */
final class SuperSeeding {
    /** Of the latest piece in the average of what spreading takes. */
    private static final double WEIGHT = 0.05;

    private final BitSet unsent = new BitSet();
    private final Map<Integer, Out> out = new HashMap<>();

    /** Those of {@link #out} that are claims. */
    private final BitSet claimed = new BitSet();

    private double nanosToSpread;

    /**
     * One neighbour has, or will have, a piece.
     *
     * @param claim whether it was not revealed to that neighbour, which says that it has it
     */
    private record Out(Peer with, boolean claim, long since, long deadline) {}

    /** A piece is to be revealed. */
    void add(int piece) {
        unsent.set(piece);
    }

    /** The first unsent piece that is not below the given one, or -1. */
    int next(int from) {
        return unsent.nextSetBit(from);
    }

    /** The last claimed piece, or -1. */
    int lastClaimed() {
        return claimed.length() - 1;
    }

    /** The last claimed piece below the given one, or -1. */
    int claimedBelow(int piece) {
        return claimed.previousSetBit(piece - 1);
    }

    /** A piece that is unsent or claimed is revealed to a neighbour, which has so long to pass it on. */
    void revealed(int piece, Peer to, long now, long patience) {
        forget(piece);
        out.put(piece, new Out(to, false, now, now + patience));
        to.reveals.add(piece);
    }

    /** One neighbour announced the piece, and has so long to pass it on. */
    void held(int piece, Peer by, long now, long patience) {
        Out was = out.get(piece);
        if (was == null && !unsent.get(piece)) {
            return;
        }
        boolean claim = isClaimable(piece);
        forget(piece);
        out.put(piece, new Out(by, claim, was == null ? now : was.since(), now + patience));
        claimed.set(piece, claim);
    }

    /** Whether the piece is left to a neighbour that has not been sent it, or would be if that announced it. */
    boolean isClaimable(int piece) {
        return unsent.get(piece) || claimed.get(piece);
    }

    /** Whether the piece is to be revealed. */
    boolean isUnsent(int piece) {
        return unsent.get(piece);
    }

    /** Whether the piece is out with another neighbour than this one. */
    boolean isOutWithAnother(int piece, Peer peer) {
        Out now = out.get(piece);
        return now != null && now.with() != peer;
    }

    /** So many announce the piece that nobody can keep it to itself any more. */
    void spread(int piece, long now) {
        Out was = out.get(piece);
        if (was != null) {
            was.with().kept = 0;
            took(was, now);
        }
        forget(piece);
    }

    /** Nanoseconds from a piece's being revealed to its being spread, on average; 0 before the first. */
    double nanosToSpread() {
        return nanosToSpread;
    }

    /** Whether every piece that was added has spread. */
    boolean isDone() {
        return unsent.isEmpty() && out.isEmpty();
    }

    /** A neighbour is gone, and what was out with it alone is unsent. */
    void gone(Peer peer) {
        outWhere(each -> each.with() == peer).forEach(this::unsentAgain);
    }

    /** Makes unsent what did not spread in time, and counts that against the neighbour that it was out with. */
    void lapse(long now) {
        for (int piece : outWhere(each -> now - each.deadline() > 0)) {
            Out late = out.get(piece);
            took(late, now); // at the least: or else what takes longer than before would lapse for ever
            late.with().kept++;
            unsentAgain(piece);
        }
    }

    /** The piece is to be revealed once more, whoever it was out with. */
    void unsentAgain(int piece) {
        forget(piece);
        add(piece);
    }

    /** The piece needs no revealing any more, or is void. */
    void forget(int piece) {
        unsent.clear(piece);
        claimed.clear(piece);
        Out was = out.remove(piece);
        if (was != null) {
            was.with().reveals.remove(piece);
        }
    }

    private List<Integer> outWhere(Predicate<Out> condition) {
        return out.entrySet().stream()
                .filter(entry -> condition.test(entry.getValue()))
                .map(Map.Entry::getKey)
                .toList();
    }

    private void took(Out was, long now) {
        if (was.claim()) {
            return; // it was not revealed
        }
        long nanos = now - was.since();
        nanosToSpread = nanosToSpread == 0 ? nanos : (1 - WEIGHT) * nanosToSpread + WEIGHT * nanos;
    }
}
