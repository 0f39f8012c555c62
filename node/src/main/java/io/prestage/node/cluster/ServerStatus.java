package io.prestage.node.cluster;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * One server in the view of the fleet.
 *
 * @param member who it is
 * @param progress how far it was when it last reported
 * @param present whether it is a member now; one that left is kept, so that a fleet can be counted to its end
 * @param safeToPowerOff whether it is complete, flushed, and not the sole holder of a piece that another present server needs
 * @param soleHolderOf pieces that it alone holds of those that are present, while others need them
 */
public record ServerStatus(
        @JsonProperty("member") Member member,
        @JsonProperty("progress") Progress progress,
        @JsonProperty("present") boolean present,
        @JsonProperty("safeToPowerOff") boolean safeToPowerOff,
        @JsonProperty("soleHolderOf") int soleHolderOf) {}
