package io.prestage.node.cluster;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.prestage.protocol.NodeId;
import java.net.InetSocketAddress;
import java.util.Objects;

/**
 * One node of the cluster and where it is reached.
 *
 * @param id this run of the node
 * @param name the server's name, as people know it
 * @param host the address that all its ports are on
 * @param swarmPort where peers connect
 * @param httpPort where pages and metrics are served
 * @param seed whether it was started as a seed
 * @param withdrawn why it does not fetch from the origin any more, as a sentence; empty while it does
 */
public record Member(
        @JsonProperty("id") NodeId id,
        @JsonProperty("name") String name,
        @JsonProperty("host") String host,
        @JsonProperty("swarmPort") int swarmPort,
        @JsonProperty("httpPort") int httpPort,
        @JsonProperty("seed") boolean seed,
        @JsonProperty("withdrawn") String withdrawn) {
    /** Checks that every part is there. */
    public Member {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(withdrawn, "withdrawn");
    }

    /** Whether it can own fetches from the origin. */
    public boolean fetches() {
        return seed && withdrawn.isEmpty();
    }

    /** Where peers connect. */
    public InetSocketAddress swarmAddress() {
        return new InetSocketAddress(host, swarmPort);
    }

    /** The same node, no longer fetching for the given reason. */
    public Member withdrawn(String reason) {
        return new Member(id, name, host, swarmPort, httpPort, seed, reason);
    }
}
