package io.prestage.simulation;

import java.util.Arrays;

/**
 * One server's uplink: every connection on which something is to be sent has the same share of it, as TCP gives them, and sends
 * its pieces one after the other.
 *
 * <p>Kept by the bytes that each connection with something to send has been given since the start, which grow faster the fewer
 * there are; a piece is sent when they have grown by its length.
 */
final class Uplink {
    private final double nanosPerByte;

    /** What is to be noticed: that a piece is sent, or all of it but for what the kernel takes. */
    private int[] receivers = new int[4];

    private int[] pieces = new int[4];
    private double[] positions = new double[4];
    private long[] arrivals = new long[4];
    private boolean[] ends = new boolean[4];
    private int marks;

    private int connections;
    private double given;
    private long givenAt;

    private int takenReceiver;
    private int takenPiece;
    private long takenArrival;
    private boolean takenEnd;

    Uplink(double nanosPerByte) {
        this.nanosPerByte = nanosPerByte;
    }

    /**
     * Begins to send a piece, once those that are being sent to the same receiver are sent.
     *
     * @param rest bytes at its end, fewer than it has, before which it is to be taken out too; 0 if it is not
     * @param restArrival when all but the rest would be through its receiver's downlink if this uplink were infinitely fast
     * @param arrival when all of it would be
     */
    void add(int receiver, int piece, int bytes, int rest, long restArrival, long arrival, long now) {
        give(now);
        double start = given;
        boolean idle = true;
        for (int mark = 0; mark < marks; mark++) {
            if (receivers[mark] == receiver) {
                start = Math.max(start, positions[mark]);
                idle = false;
            }
        }
        connections += idle ? 1 : 0;
        if (rest > 0) {
            mark(receiver, piece, start + bytes - rest, restArrival, false);
        }
        mark(receiver, piece, start + bytes, arrival, true);
    }

    private void mark(int receiver, int piece, double position, long arrival, boolean end) {
        if (marks == positions.length) {
            receivers = Arrays.copyOf(receivers, marks * 2);
            pieces = Arrays.copyOf(pieces, marks * 2);
            positions = Arrays.copyOf(positions, marks * 2);
            arrivals = Arrays.copyOf(arrivals, marks * 2);
            ends = Arrays.copyOf(ends, marks * 2);
        }
        receivers[marks] = receiver;
        pieces[marks] = piece;
        positions[marks] = position;
        arrivals[marks] = arrival;
        ends[marks] = end;
        marks++;
    }

    /** Takes out a piece that is sent by now, whole or but for its rest; returns whether there is one. */
    boolean take(long now) {
        give(now);
        int first = first();
        if (first < 0 || positions[first] > given + 1) {
            return false;
        }
        takenReceiver = receivers[first];
        takenPiece = pieces[first];
        takenArrival = arrivals[first];
        takenEnd = ends[first];
        marks--;
        receivers[first] = receivers[marks];
        pieces[first] = pieces[marks];
        positions[first] = positions[marks];
        arrivals[first] = arrivals[marks];
        ends[first] = ends[marks];
        connections -= isIdle(takenReceiver) ? 1 : 0;
        return true;
    }

    /** The receiver of what was last taken out. */
    int takenReceiver() {
        return takenReceiver;
    }

    /** The piece that was last taken out. */
    int takenPiece() {
        return takenPiece;
    }

    /** When what was last taken out would be through its receiver's downlink, as said when it was added. */
    long takenArrival() {
        return takenArrival;
    }

    /** Whether all of the piece that was last taken out is sent. */
    boolean isTakenWhole() {
        return takenEnd;
    }

    /** When the next piece will be sent, whole or but for its rest, if nothing changes; {@link Long#MAX_VALUE} if there is none. */
    long nextAt() {
        int first = first();
        return first < 0
                ? Long.MAX_VALUE
                : givenAt + (long) Math.ceil(Math.max(0, positions[first] - given) * connections * nanosPerByte);
    }

    private boolean isIdle(int receiver) {
        for (int mark = 0; mark < marks; mark++) {
            if (receivers[mark] == receiver) {
                return false;
            }
        }
        return true;
    }

    private int first() {
        int first = -1;
        for (int mark = 0; mark < marks; mark++) {
            if (first < 0 || positions[mark] < positions[first]) {
                first = mark;
            }
        }
        return first;
    }

    private void give(long now) {
        if (connections > 0) {
            given += (now - givenAt) / (connections * nanosPerByte);
        }
        givenAt = now;
    }
}
