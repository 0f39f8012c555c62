package io.prestage.protocol;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What one node says to another on a swarm connection; {@link MessageCodec} has the form in which it travels.
 *
 * <p>A piece's bytes are no message of their own: {@link PieceHeader} announces that they follow in the same frame, so that
 * neither side has to hold a frame whole.
 */
public sealed interface Message {
    /** The most entries of one {@link Have}; more go into the next. */
    int MAX_HAVE = 4096;

    /** The most bytes of a plan in one {@link PlanChunk}. */
    int MAX_CHUNK = 256 << 10;

    /** The most UTF-8 bytes of a cluster's name. */
    int MAX_CLUSTER = 200;

    /** The most UTF-8 bytes of a {@link Refusal}'s reason; longer ones are cut. */
    int MAX_REASON = 1000;

    /**
     * The first message of both sides: who speaks.
     *
     * @param version the protocol's version, {@link MessageCodec#VERSION} of the sender
     * @param node the sender
     * @param cluster the cluster that the sender belongs to; nodes of another are refused
     * @param plan the plan whose content the sender can serve, if it has one yet
     */
    record Hello(int version, NodeId node, String cluster, Optional<Digest> plan) implements Message {
        /** Checks that every part is there. */
        public Hello {
            Objects.requireNonNull(node, "node");
            Objects.requireNonNull(cluster, "cluster");
            Objects.requireNonNull(plan, "plan");
        }
    }

    /**
     * The last message before the sender closes the connection.
     *
     * @param reason a sentence for the other side's log
     */
    record Refusal(String reason) implements Message {}

    /**
     * Asks for a part of a plan.
     *
     * @param plan which plan
     * @param offset bytes from the start of its canonical form
     */
    record PlanRequest(Digest plan, int offset) implements Message {}

    /**
     * A part of a plan; its sender has all of it.
     *
     * @param plan which plan
     * @param total bytes of its canonical form, at most {@link Plan#MAX_ENCODED}
     * @param offset bytes from its start to this part
     * @param content the part, at most {@link #MAX_CHUNK} bytes
     */
    @SuppressWarnings("ArrayRecordComponent") // passed on at once, never compared
    record PlanChunk(Digest plan, int total, int offset, byte[] content) implements Message {}

    /**
     * Announces that the sender has a plan now, so that pieces can be spoken of.
     *
     * @param plan which plan
     */
    record PlanReady(Digest plan) implements Message {}

    /**
     * Announces pieces that the sender holds verified.
     *
     * @param pieces at least one, at most {@link #MAX_HAVE}
     */
    record Have(List<Held> pieces) implements Message {
        /** Copies the list. */
        public Have {
            pieces = List.copyOf(pieces);
        }
    }

    /**
     * One announced piece.
     *
     * @param piece its number in the plan
     * @param fingerprint the first 64 bits of its SHA-256 as stated by the blob's owner, so that two different statements are
     *     noticed before anybody fetches by them
     */
    record Held(int piece, long fingerprint) {}

    /**
     * Asks for a piece.
     *
     * @param piece its number in the plan
     */
    record Request(int piece) implements Message {}

    /**
     * Takes a request back; the piece may still come.
     *
     * @param piece its number in the plan
     */
    record Cancel(int piece) implements Message {}

    /**
     * Answers a request or a cancel that will bring no piece.
     *
     * @param piece its number in the plan
     */
    record Reject(int piece) implements Message {}

    /**
     * Asks for a {@link Pong}, to measure the delay of the path and to show that the sender lives.
     *
     * @param token comes back as it is
     */
    record Ping(long token) implements Message {}

    /**
     * Answers a {@link Ping}.
     *
     * @param token the ping's
     */
    record Pong(long token) implements Message {}

    /**
     * Says that a piece's bytes follow in the same frame.
     *
     * @param piece its number in the plan
     * @param hash the SHA-256 of the piece as stated by the blob's owner
     * @param length bytes that follow, more than 0, at most {@link Plan#MAX_PIECE}
     */
    record PieceHeader(int piece, Digest hash, int length) implements Message {}
}
