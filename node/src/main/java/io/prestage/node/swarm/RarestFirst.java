package io.prestage.node.swarm;

import io.prestage.protocol.PieceSet;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Picks the next piece to ask a neighbour for: of the open pieces that it has, one that the fewest neighbours announced.
 *
 * <p>The open pieces stand in one set for each number of neighbours that announced them, so that an announcement moves one bit,
 * and a pick looks at whole words of the few sets up to the first that has something. Not thread-safe.
 */
final class RarestFirst {
    private final PieceSet open;
    private final short[] availability;

    /** Open pieces by the number of neighbours that announced them. */
    private final List<PieceSet> levels = new ArrayList<>();

    /** Starts with every piece open and announced by nobody. */
    RarestFirst(int pieces) {
        this.open = PieceSet.full(pieces);
        this.availability = new short[pieces];
        levels.add(open.copy());
    }

    /** Neighbours that announced the piece. */
    int availability(int piece) {
        return availability[piece];
    }

    /** Whether a piece may be picked. */
    boolean isOpen(int piece) {
        return open.contains(piece);
    }

    /** Whether there is any piece that may be picked, from whomever. */
    boolean isAnyOpen() {
        return open.count() > 0;
    }

    /** From now on the piece may be picked. */
    void open(int piece) {
        if (open.add(piece)) {
            level(availability[piece]).add(piece);
        }
    }

    /** From now on the piece may not be picked. */
    void close(int piece) {
        if (open.remove(piece)) {
            level(availability[piece]).remove(piece);
        }
    }

    /** One more neighbour announced the piece. */
    void announced(int piece) {
        move(piece, 1);
    }

    /** One neighbour that announced the piece has it no more. */
    void lost(int piece) {
        move(piece, -1);
    }

    /**
     * One of the rarest open pieces that a neighbour has.
     *
     * @param lowest whether to take the first of them rather than any
     * @return the piece, or -1 if there is none
     */
    int pick(PieceSet has, boolean lowest, RandomGenerator random) {
        for (int level = 1; level < levels.size(); level++) {
            PieceSet rare = levels.get(level);
            int choices = rare.count() == 0 ? 0 : rare.countCommon(has);
            if (choices > 0) {
                return rare.common(has, lowest || choices == 1 ? 0 : random.nextInt(choices));
            }
        }
        return -1;
    }

    private void move(int piece, int by) {
        int before = availability[piece];
        availability[piece] = (short) (before + by);
        if (open.contains(piece)) {
            level(before).remove(piece);
            level(before + by).add(piece);
        }
    }

    private PieceSet level(int neighbours) {
        while (levels.size() <= neighbours) {
            levels.add(new PieceSet(availability.length));
        }
        return levels.get(neighbours);
    }
}
