package io.prestage.simulation;

import java.util.Arrays;

/**
 * One server's uplink: every piece that is being sent has the same share of it, as TCP connections have.
 *
 * <p>Kept by the bytes that each of them has been given since the start, which grow faster the fewer there are; a piece is sent
 * when they have grown by its length.
 */
final class Uplink {
    private final double nanosPerByte;
    private int[] receivers = new int[4];
    private int[] pieces = new int[4];
    private double[] ends = new double[4];
    private long[] arrivals = new long[4];
    private int flows;
    private double given;
    private long givenAt;
    private int changes;
    private long takenArrival;

    Uplink(double nanosPerByte) {
        this.nanosPerByte = nanosPerByte;
    }

    /**
     * Begins to send a piece.
     *
     * @param arrival when it would be through its receiver's downlink if this uplink were infinitely fast
     */
    void add(int receiver, int piece, int bytes, long arrival, long now) {
        give(now);
        if (flows == ends.length) {
            receivers = Arrays.copyOf(receivers, flows * 2);
            pieces = Arrays.copyOf(pieces, flows * 2);
            ends = Arrays.copyOf(ends, flows * 2);
            arrivals = Arrays.copyOf(arrivals, flows * 2);
        }
        receivers[flows] = receiver;
        pieces[flows] = piece;
        ends[flows] = given + bytes;
        arrivals[flows] = arrival;
        flows++;
        changes++;
    }

    /** Takes out the piece that is sent by now, if there is one: its receiver in the upper half, its number in the lower. */
    long take(long now) {
        give(now);
        int first = first();
        if (first < 0 || ends[first] > given + 1) {
            return -1;
        }
        long taken = ((long) receivers[first] << Integer.SIZE) | pieces[first];
        takenArrival = arrivals[first];
        flows--;
        receivers[first] = receivers[flows];
        pieces[first] = pieces[flows];
        ends[first] = ends[flows];
        arrivals[first] = arrivals[flows];
        changes++;
        return taken;
    }

    /** When the piece that was last taken out would be through its receiver's downlink, as said when it was added. */
    long takenArrival() {
        return takenArrival;
    }

    /** When the next piece will be sent if nothing changes; {@link Long#MAX_VALUE} if there is none. */
    long nextAt() {
        int first = first();
        return first < 0
                ? Long.MAX_VALUE
                : givenAt + (long) Math.ceil(Math.max(0, ends[first] - given) * flows * nanosPerByte);
    }

    /** Changes with every piece that is added or taken, so that a time that was foretold can be told from the present one. */
    int changes() {
        return changes;
    }

    /** Pieces that are being sent to a receiver. */
    int flowsTo(int receiver) {
        int count = 0;
        for (int flow = 0; flow < flows; flow++) {
            count += receivers[flow] == receiver ? 1 : 0;
        }
        return count;
    }

    private int first() {
        int first = -1;
        for (int flow = 0; flow < flows; flow++) {
            if (first < 0 || ends[flow] < ends[first]) {
                first = flow;
            }
        }
        return first;
    }

    private void give(long now) {
        if (flows > 0) {
            given += (now - givenAt) / (flows * nanosPerByte);
        }
        givenAt = now;
    }
}
