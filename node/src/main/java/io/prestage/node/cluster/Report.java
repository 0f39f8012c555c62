package io.prestage.node.cluster;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Optional;

/**
 * What a member tells the coordinator of itself, once a second and whenever it changes.
 *
 * @param member who it is
 * @param progress how far it is
 * @param plan the plan that it knows of, so that a coordinator that knows none learns it
 * @param pieces the pieces that it holds, one bit each, as {@link io.prestage.protocol.PieceSet#toBytes} writes them; empty if
 *     it has no plan yet
 */
@SuppressWarnings("ArrayRecordComponent") // goes into a message and out of it, is never compared
public record Report(
        @JsonProperty("member") Member member,
        @JsonProperty("progress") Progress progress,
        @JsonProperty("plan") Optional<PlanOffer> plan,
        @JsonProperty("pieces") byte[] pieces) {}
