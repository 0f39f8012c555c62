package io.prestage.node.cluster;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.prestage.protocol.Digest;
import java.util.List;

/** What members of a cluster send each other over JGroups, as {@link BulletinCodec} writes it. */
sealed interface Bulletin {
    /** To the coordinator: how the sender is. */
    record Reported(Report report) implements Bulletin {}

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
     * @param brief all of them in a few numbers
     * @param rows the servers, as {@link StatusCodec} writes them
     */
    @SuppressWarnings("ArrayRecordComponent") // goes into a message and out of it, is never compared
    record Summary(boolean whole, FleetBrief brief, byte[] rows) implements Bulletin {
        /** Of some of the servers, in a summary of all. */
        static Summary of(List<ServerStatus> some, List<ServerStatus> all) {
            return new Summary(some.size() == all.size(), FleetBrief.of(all), StatusCodec.encode(some));
        }

        /**
         * Reads the rows.
         *
         * @throws IllegalArgumentException if they cannot be read
         */
        List<ServerStatus> servers() {
            return StatusCodec.servers(rows);
        }
    }

    /** From a blob's owner to all: its pieces match their hashes, but the whole does not match its digest. */
    record Voided(
            @JsonProperty("plan") Digest plan,
            @JsonProperty("blob") int blob) implements Bulletin {}

    /** To all, who answer with what they hold of a plan as {@link io.prestage.protocol.PieceSet#toBytes} writes it. */
    record Asked(@JsonProperty("plan") Digest plan) implements Bulletin {}
}
