package io.prestage.node.cluster;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.prestage.protocol.Digest;
import java.util.List;
import java.util.Objects;

/**
 * What a cluster is told of its plan before anyone has read it.
 *
 * @param plan the plan's digest
 * @param blobs blobs in the plan
 * @param request what the seed was asked for; two seeds with equal requests may share a plan
 * @param generation 1 for a cluster's first plan, one more for each that replaced another
 * @param replaced digests of the plans that this one came to replace, whose folders it may take over
 */
public record PlanOffer(
        @JsonProperty("plan") Digest plan,
        @JsonProperty("blobs") int blobs,
        @JsonProperty("request") String request,
        @JsonProperty("generation") int generation,
        @JsonProperty("replaced") List<Digest> replaced) {
    /** Checks that every part is there. */
    public PlanOffer {
        Objects.requireNonNull(plan, "plan");
        Objects.requireNonNull(request, "request");
        replaced = List.copyOf(replaced);
        if (blobs < 0 || generation < 1) {
            throw new IllegalArgumentException("no plan has " + blobs + " blobs in generation " + generation);
        }
    }
}
