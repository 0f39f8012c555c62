package io.prestage.node.cluster;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.prestage.protocol.NodeId;
import java.util.Objects;

/**
 * A server that sends pieces to another.
 *
 * @param id who sends
 * @param bytesPerSecond how fast, of late
 */
public record Feeder(
        @JsonProperty("id") NodeId id,
        @JsonProperty("bytesPerSecond") long bytesPerSecond) {
    /** So many of a server's feeders are told of, the busiest: its report must not grow with its neighbours. */
    public static final int MOST = 4;

    /** Checks that it is named. */
    public Feeder {
        Objects.requireNonNull(id, "id");
    }
}
