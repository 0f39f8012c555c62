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

    /** The parts of pieces that are being sent, and up to which position of what their connections are given. */
    private int[] receivers = new int[4];

    private int[] pieces = new int[4];
    private double[] positions = new double[4];
    private long[] arrivals = new long[4];
    private boolean[] ends = new boolean[4];
    private int parts;

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
     * Begins to send a piece, or a part of one, once what is being sent to the same receiver is sent.
     *
     * @param end whether this is the piece's last part
     * @param arrival when it would be through its receiver's downlink if this uplink were infinitely fast
     */
    void add(int receiver, int piece, int bytes, boolean end, long arrival, long now) {
        give(now);
        double start = given;
        boolean idle = true;
        for (int part = 0; part < parts; part++) {
            if (receivers[part] == receiver) {
                start = Math.max(start, positions[part]);
                idle = false;
            }
        }
        connections += idle ? 1 : 0;
        if (parts == positions.length) {
            receivers = Arrays.copyOf(receivers, parts * 2);
            pieces = Arrays.copyOf(pieces, parts * 2);
            positions = Arrays.copyOf(positions, parts * 2);
            arrivals = Arrays.copyOf(arrivals, parts * 2);
            ends = Arrays.copyOf(ends, parts * 2);
        }
        receivers[parts] = receiver;
        pieces[parts] = piece;
        positions[parts] = start + bytes;
        arrivals[parts] = arrival;
        ends[parts] = end;
        parts++;
    }

    /** Takes out a part that is sent by now; returns whether there is one. */
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
        parts--;
        receivers[first] = receivers[parts];
        pieces[first] = pieces[parts];
        positions[first] = positions[parts];
        arrivals[first] = arrivals[parts];
        ends[first] = ends[parts];
        connections -= isIdle(takenReceiver) ? 1 : 0;
        return true;
    }

    /** The receiver of what was last taken out. */
    int takenReceiver() {
        return takenReceiver;
    }

    /** The piece that what was last taken out is of. */
    int takenPiece() {
        return takenPiece;
    }

    /** When what was last taken out would be through its receiver's downlink, as said when it was added. */
    long takenArrival() {
        return takenArrival;
    }

    /** Whether what was last taken out ends its piece. */
    boolean isTakenEnd() {
        return takenEnd;
    }

    /** When the next part will be sent if nothing changes; {@link Long#MAX_VALUE} if there is none. */
    long nextAt() {
        int first = first();
        return first < 0
                ? Long.MAX_VALUE
                : givenAt + (long) Math.ceil(Math.max(0, positions[first] - given) * connections * nanosPerByte);
    }

    private boolean isIdle(int receiver) {
        for (int part = 0; part < parts; part++) {
            if (receivers[part] == receiver) {
                return false;
            }
        }
        return true;
    }

    private int first() {
        int first = -1;
        for (int part = 0; part < parts; part++) {
            if (first < 0 || positions[part] < positions[first]) {
                first = part;
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
