package io.prestage.node.monitor;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.prestage.node.cluster.ServerStatus;
import java.util.List;

/**
 * One server in detail, as its own node tells it: the answer of {@code /api/v1/node}.
 *
 * @param server what the fleet knows of it too, in whose place its parts stand
 * @param blobs the plan's blobs, the largest first
 * @param events what happened last, the newest first
 */
public record NodeView(
        @JsonUnwrapped ServerStatus server,
        @JsonProperty("blobs") List<Blob> blobs,
        @JsonProperty("events") List<Event> events) {
    /**
     * A blob of the plan on this server.
     *
     * @param digest which
     * @param bytes its size
     * @param verifiedBytes how much of it is held verified, 0 ≤ verifiedBytes ≤ bytes
     * @param complete whether it is visible in the layout
     */
    public record Blob(
            @JsonProperty("digest") String digest,
            @JsonProperty("bytes") long bytes,
            @JsonProperty("verifiedBytes") long verifiedBytes,
            @JsonProperty("complete") boolean complete) {}
}
