package io.prestage.node.cluster;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A fleet in a few numbers, which every summary begins with, so that who wants no more need not read the rest.
 *
 * @param servers every server, those that left included
 * @param complete those that hold everything
 * @param stuck those that are stalled or have failed
 * @param verifiedBytes what they hold
 * @param originBytes what they had from the origin
 * @param peerBytes what they had from peers
 */
public record FleetBrief(int servers, int complete, int stuck, long verifiedBytes, long originBytes, long peerBytes) {
    /** Nobody is known. */
    public static final FleetBrief NONE = of(List.of());

    /** Bytes that it is written in. */
    static final int BYTES = 3 * Integer.BYTES + 3 * Long.BYTES;

    /** Adds up. */
    public static FleetBrief of(List<ServerStatus> servers) {
        int complete = 0;
        int stuck = 0;
        long verified = 0;
        long origin = 0;
        long peer = 0;
        for (ServerStatus server : servers) {
            Progress progress = server.progress();
            complete += progress.complete() ? 1 : 0;
            stuck += server.state().isStuck() ? 1 : 0;
            verified += progress.verifiedBytes();
            origin += progress.originBytes();
            peer += progress.peerBytes();
        }
        return new FleetBrief(servers.size(), complete, stuck, verified, origin, peer);
    }

    void write(ByteBuffer to) {
        to.putInt(servers)
                .putInt(complete)
                .putInt(stuck)
                .putLong(verifiedBytes)
                .putLong(originBytes)
                .putLong(peerBytes);
    }

    static FleetBrief read(ByteBuffer from) {
        return new FleetBrief(
                from.getInt(), from.getInt(), from.getInt(), from.getLong(), from.getLong(), from.getLong());
    }
}
