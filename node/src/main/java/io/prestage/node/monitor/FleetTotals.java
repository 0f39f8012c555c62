package io.prestage.node.monitor;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.ServerStatus;
import java.util.List;

/**
 * Sums over all servers of a fleet, those that left included.
 *
 * @param uniqueBytes bytes of the plan's blobs, each once: what has to come from the origin
 * @param planBytes bytes that the fleet will hold in the end
 * @param verifiedBytes bytes that it holds verified
 * @param originBytes bytes received from the origin
 * @param peerBytes bytes received from peers
 * @param sentBytes bytes sent to peers
 * @param wastedBytes bytes received in vain
 * @param bytesPerSecond what those that are not complete receive at present
 */
public record FleetTotals(
        @JsonProperty("uniqueBytes") long uniqueBytes,
        @JsonProperty("planBytes") long planBytes,
        @JsonProperty("verifiedBytes") long verifiedBytes,
        @JsonProperty("originBytes") long originBytes,
        @JsonProperty("peerBytes") long peerBytes,
        @JsonProperty("sentBytes") long sentBytes,
        @JsonProperty("wastedBytes") long wastedBytes,
        @JsonProperty("bytesPerSecond") long bytesPerSecond) {
    /** Adds up. A server that has not begun will hold what the others hold in the end. */
    static FleetTotals of(List<ServerStatus> servers) {
        long unique = servers.stream()
                .mapToLong(server -> server.progress().planBytes())
                .max()
                .orElse(0);
        long verified = 0;
        long origin = 0;
        long peer = 0;
        long sent = 0;
        long wasted = 0;
        long pace = 0;
        for (ServerStatus server : servers) {
            Progress progress = server.progress();
            verified += progress.verifiedBytes();
            origin += progress.originBytes();
            peer += progress.peerBytes();
            sent += progress.sentBytes();
            wasted += progress.wastedBytes();
            pace += server.present() && !progress.complete() ? progress.bytesPerSecond() : 0;
        }
        return new FleetTotals(unique, unique * servers.size(), verified, origin, peer, sent, wasted, pace);
    }
}
