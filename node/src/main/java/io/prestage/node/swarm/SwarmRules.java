package io.prestage.node.swarm;

import java.time.Duration;

/**
 * The numbers that the swarm's decisions depend on.
 *
 * <p>{@code docs/decisions/0002-swarm-constants.md} has the experiments that chose them.
 *
 * @param seedStart pieces that a node that holds what nobody else does sends until the fleet is busy
 * @param seedStartSlots pieces that it sends at a time meanwhile: few, at full rate, since a piece that arrived whole can be
 *     passed on and ten halves cannot; also of what another says that it brings, too
 * @param seedSlots pieces that it sends at a time later, when its neighbours' downlinks are often busy with others' pieces
 * @param slowTaker how many times longer than the quickest an upload may take before it is counted no more among these,
 *     and its receiver is given one piece at a time to spread and is not counted as lagging
 * @param uploadSlots pieces sent at a time by any other node: one for every neighbour, since the wait for a neighbour whose
 *     downlink is busy would leave the uplink idle
 * @param evenSlots how many of these a neighbour may be given that is ahead of another: who has few neighbours, or many on slow
 *     links, is served by few, and would end last
 * @param evenFrom pieces by which a neighbour exceeds another when it is ahead of it
 * @param evenTo pieces from which on the other one is not waited for: it came late, or has a slow link
 * @param revealWindow pieces revealed to one neighbour and not yet sent to it: enough to keep the uplink busy over one request's
 *     way here
 * @param spreadAt neighbours that have to announce a piece before its seed counts on the fleet to keep it
 * @param minWindow pieces asked of one neighbour at a time, at the least: more would be promised to it long before it comes,
 *     and be asked of nobody else
 * @param maxWindow pieces asked of one neighbour at a time, at the most
 * @param inOrder part of the requests, 0 to 1, that go to the first of the rarest pieces rather than to any of them: in-order
 *     arrival leaves less of a blob to be hashed at its end, but what all ask for at once nobody can pass on
 * @param windowSpan how long what is asked of one neighbour should keep it busy
 * @param bytesInFlight bytes asked for or being verified, over all neighbours; bounds the node's memory
 * @param firstDeadline how long a neighbour whose speed is unknown may take for a piece of up to {@link #USUAL_PIECE} bytes, and the first
 *     pieces that are revealed to spread; for a piece that is larger, as many times longer
 * @param minDeadline how long any neighbour may take for a piece
 * @param deadlineFactor how many times longer than expected a piece may take before it is asked for elsewhere
 * @param maxPause the longest time that a neighbour is left alone after it let requests lapse
 * @param maxQueued requests that one neighbour may have waiting here; one with more does not keep to the protocol
 */
public record SwarmRules(
        int seedStart,
        int seedStartSlots,
        int seedSlots,
        double slowTaker,
        int uploadSlots,
        int evenSlots,
        int evenFrom,
        int evenTo,
        int revealWindow,
        int spreadAt,
        int minWindow,
        int maxWindow,
        double inOrder,
        Duration windowSpan,
        long bytesInFlight,
        Duration firstDeadline,
        Duration minDeadline,
        double deadlineFactor,
        Duration maxPause,
        int maxQueued) {
    /** The numbers in use. */
    public static final SwarmRules DEFAULT = new SwarmRules(
            256,
            4,
            8,
            1.5,
            16,
            9,
            8,
            128,
            3,
            2,
            1,
            16,
            0.5,
            Duration.ofMillis(20),
            32 << 20,
            Duration.ofSeconds(4),
            Duration.ofSeconds(1),
            4,
            Duration.ofSeconds(60),
            1024);

    /** The largest piece that the first deadline was tried with. */
    static final int USUAL_PIECE = 256 << 10;

    /** Nanoseconds that a neighbour whose speed is unknown may take for a piece of that size. */
    long firstDeadline(int pieceBytes) {
        return Math.max(pieceBytes, USUAL_PIECE) / USUAL_PIECE * firstDeadline.toNanos();
    }
}
