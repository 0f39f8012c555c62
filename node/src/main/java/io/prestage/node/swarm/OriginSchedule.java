package io.prestage.node.swarm;

import io.prestage.protocol.PieceSet;
import io.prestage.protocol.Pieces;
import java.util.BitSet;
import java.util.Optional;

/**
 * Decides which pieces a seed asks the origin for next: runs of neighbouring pieces of the blobs that it owns, none twice.
 *
 * <p>Not thread-safe; the swarm's thread owns it.
 */
public final class OriginSchedule {
    /**
     * Neighbouring pieces of one blob, fetched by one range request.
     *
     * @param blob the blob's number in the plan
     * @param first the first piece
     * @param end the piece after the last
     */
    public record Run(int blob, int first, int end) {}

    private final Pieces pieces;
    private final int longest;
    private final PieceSet taken;
    private final BitSet owned = new BitSet();

    /**
     * Starts with nothing owned and nothing taken.
     *
     * @param pieces the plan's pieces
     * @param runBytes the bytes that one run should have at most; it has one piece at least
     */
    public OriginSchedule(Pieces pieces, long runBytes) {
        this.pieces = pieces;
        this.longest = (int) Math.max(1, runBytes / pieces.pieceSize());
        this.taken = new PieceSet(pieces.count());
    }

    /** Takes on a blob. */
    public void own(int blob) {
        owned.set(blob);
    }

    /** Hands a blob over; no more runs of it are given out. */
    public void disown(int blob) {
        owned.clear(blob);
    }

    /** Whether this node owns the blob. */
    public boolean owns(int blob) {
        return owned.get(blob);
    }

    /** Says that a piece needs no fetching: it is here, or elsewhere in the fleet. */
    public void have(int piece) {
        taken.add(piece);
    }

    /** Says that a piece needs fetching after all: its run failed, its only holder left, or the blob was void. */
    public void lost(int piece) {
        taken.remove(piece);
    }

    /** The next run to fetch, which is under way from then on; nothing if all that is owned is here or under way. */
    public Optional<Run> next() {
        for (int blob = owned.nextSetBit(0); blob >= 0; blob = owned.nextSetBit(blob + 1)) {
            for (int first = pieces.first(blob); first < pieces.end(blob); first++) {
                if (!taken.contains(first)) {
                    return Optional.of(take(blob, first));
                }
            }
        }
        return Optional.empty();
    }

    private Run take(int blob, int first) {
        int end = first;
        while (end < pieces.end(blob) && end - first < longest && taken.add(end)) {
            end++;
        }
        return new Run(blob, first, end);
    }
}
