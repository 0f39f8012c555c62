package io.prestage.node.cluster;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.prestage.protocol.Digest;
import java.util.List;

/** What members of a cluster send each other over JGroups, as JSON. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Bulletin.Reported.class, name = "report"),
    @JsonSubTypes.Type(value = Bulletin.Offered.class, name = "offer"),
    @JsonSubTypes.Type(value = Bulletin.Published.class, name = "state"),
    @JsonSubTypes.Type(value = Bulletin.Summary.class, name = "summary"),
    @JsonSubTypes.Type(value = Bulletin.Voided.class, name = "void"),
    @JsonSubTypes.Type(value = Bulletin.Asked.class, name = "holdings")
})
sealed interface Bulletin {
    /** To the coordinator: how the sender is. */
    record Reported(@JsonProperty("report") Report report) implements Bulletin {}

    /** To the coordinator: a plan that the sender would seed. */
    record Offered(
            @JsonProperty("offer") PlanOffer offer,
            @JsonProperty("replace") boolean replace) implements Bulletin {}

    /** From the coordinator to all: what holds from now on. */
    record Published(@JsonProperty("state") ClusterState state) implements Bulletin {}

    /** From the coordinator to all: how some of the servers are. */
    record Summary(@JsonProperty("servers") List<ServerStatus> servers) implements Bulletin {}

    /** From a blob's owner to all: its pieces match their hashes, but the whole does not match its digest. */
    record Voided(
            @JsonProperty("plan") Digest plan,
            @JsonProperty("blob") int blob) implements Bulletin {}

    /** To all, who answer with what they hold of a plan as {@link io.prestage.protocol.PieceSet#toBytes} writes it. */
    record Asked(@JsonProperty("plan") Digest plan) implements Bulletin {}
}
