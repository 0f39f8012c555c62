package io.prestage.node.cluster;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.prestage.protocol.Digest;
import java.util.List;

/** What members of a cluster send each other over JGroups, as {@link BulletinCodec} writes it. */
sealed interface Bulletin {
    /** To the coordinator: how the sender is. */
    record Reported(@JsonProperty("report") Report report) implements Bulletin {}

    /** To the coordinator: a plan that the sender would seed. */
    record Offered(
            @JsonProperty("offer") PlanOffer offer,
            @JsonProperty("replace") boolean replace) implements Bulletin {}

    /** From the coordinator to all: what holds from now on. */
    record Published(@JsonProperty("state") ClusterState state) implements Bulletin {}

    /**
     * From the coordinator to all: how servers are. Comes every second to everyone, and hardly anyone looks, so that it is read
     * only when somebody does.
     *
     * @param whole whether these are all servers that the coordinator knows of, so that what it told before is worth nothing now
     * @param rows the servers, in JSON
     */
    @SuppressWarnings("ArrayRecordComponent") // goes into a message and out of it, is never compared
    record Summary(boolean whole, byte[] rows) implements Bulletin {
        static Summary of(boolean whole, List<ServerStatus> servers) {
            return new Summary(whole, BulletinCodec.rows(servers));
        }

        /**
         * Reads the rows.
         *
         * @throws IllegalArgumentException if they cannot be read
         */
        List<ServerStatus> servers() {
            return BulletinCodec.servers(rows);
        }
    }

    /** From a blob's owner to all: its pieces match their hashes, but the whole does not match its digest. */
    record Voided(
            @JsonProperty("plan") Digest plan,
            @JsonProperty("blob") int blob) implements Bulletin {}

    /** To all, who answer with what they hold of a plan as {@link io.prestage.protocol.PieceSet#toBytes} writes it. */
    record Asked(@JsonProperty("plan") Digest plan) implements Bulletin {}
}
