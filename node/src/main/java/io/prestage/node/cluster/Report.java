package io.prestage.node.cluster;

import java.util.List;
import java.util.Optional;

/**
 * What a member tells the coordinator of itself, every three seconds and whenever something important changes.
 *
 * @param member who it is
 * @param progress how far it is
 * @param plan the plan that it knows of, so that a coordinator that knows none learns it
 * @param pieces the pieces that it holds, one bit each, as {@link io.prestage.protocol.PieceSet#toBytes} writes them; empty if
 *     it has no plan yet
 * @param feeders who sends to it at present, at most {@link Feeder#MOST}, the busiest first
 */
@SuppressWarnings("ArrayRecordComponent") // goes into a message and out of it, is never compared
public record Report(Member member, Progress progress, Optional<PlanOffer> plan, byte[] pieces, List<Feeder> feeders) {
    /** Keeps as many feeders as there may be. */
    public Report {
        feeders = feeders == null
                ? List.of()
                : feeders.stream().limit(Feeder.MOST).toList();
    }
}
