package io.prestage.node.swarm;

import java.util.Arrays;

/**
 * The pieces that were asked of one neighbour and have not come, oldest first, each at most once.
 *
 * <p>There are about as many as a window has, so they stand in arrays and are found by looking. Not thread-safe.
 */
final class Requests {
    private int[] pieces = new int[4];
    private long[] madeAt = new long[4];
    private long[] deadlines = new long[4];
    private int size;

    /** How many there are. */
    int size() {
        return size;
    }

    /** Whether the piece is among them. */
    boolean contains(int piece) {
        return position(piece) >= 0;
    }

    /** The place of a piece, 0 the oldest; -1 if it is not among them. */
    int position(int piece) {
        for (int at = 0; at < size; at++) {
            if (pieces[at] == piece) {
                return at;
            }
        }
        return -1;
    }

    /** The piece in some place. */
    int piece(int position) {
        return pieces[position];
    }

    /** When the request in some place was made, in nanoseconds. */
    long madeAt(int position) {
        return madeAt[position];
    }

    /** When the piece in some place should have come, in nanoseconds. */
    long deadline(int position) {
        return deadlines[position];
    }

    /** Adds a request as the youngest. */
    void add(int piece, long now, long deadline) {
        if (size == pieces.length) {
            pieces = Arrays.copyOf(pieces, 2 * size);
            madeAt = Arrays.copyOf(madeAt, 2 * size);
            deadlines = Arrays.copyOf(deadlines, 2 * size);
        }
        pieces[size] = piece;
        madeAt[size] = now;
        deadlines[size] = deadline;
        size++;
    }

    /** Takes the request in some place out; younger ones move up. */
    void remove(int position) {
        size--;
        System.arraycopy(pieces, position + 1, pieces, position, size - position);
        System.arraycopy(madeAt, position + 1, madeAt, position, size - position);
        System.arraycopy(deadlines, position + 1, deadlines, position, size - position);
    }
}
