package io.prestage.node.cluster;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Objects;

/**
 * How far one node is. Counts are of its present run.
 *
 * @param phase what it is doing
 * @param planBytes bytes of the plan's blobs; 0 before it has the plan
 * @param verifiedBytes bytes of pieces that it holds verified
 * @param blobs blobs in the plan
 * @param blobsComplete blobs that are visible in its layout
 * @param originBytes bytes of blobs that it received from the origin
 * @param peerBytes bytes of pieces that it received from peers
 * @param sentBytes bytes of pieces that it sent to peers
 * @param wastedBytes bytes of pieces that it received and did not need or could not use
 * @param bytesPerSecond what it receives at present
 * @param peers neighbours that it is connected to
 * @param elapsedMillis how long it has been filling; stands still once it is complete
 * @param problem what keeps it from going on, as a sentence; empty if nothing does
 */
public record Progress(
        @JsonProperty("phase") Phase phase,
        @JsonProperty("planBytes") long planBytes,
        @JsonProperty("verifiedBytes") long verifiedBytes,
        @JsonProperty("blobs") int blobs,
        @JsonProperty("blobsComplete") int blobsComplete,
        @JsonProperty("originBytes") long originBytes,
        @JsonProperty("peerBytes") long peerBytes,
        @JsonProperty("sentBytes") long sentBytes,
        @JsonProperty("wastedBytes") long wastedBytes,
        @JsonProperty("bytesPerSecond") long bytesPerSecond,
        @JsonProperty("peers") int peers,
        @JsonProperty("elapsedMillis") long elapsedMillis,
        @JsonProperty("problem") String problem) {
    /** What a node is doing. */
    public enum Phase {
        /** It waits for a plan, or for somebody who has it. */
        WAITING,
        /** It checks what its disk already holds. */
        CHECKING,
        /** It receives content. */
        FILLING,
        /** It holds everything, flushed, with its receipt. */
        COMPLETE,
        /** It cannot go on; {@link Progress#problem} says why. */
        FAILED
    }

    /** Nothing has happened yet. */
    public static final Progress NONE = new Progress(Phase.WAITING, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "");

    /** Checks that every part is there. */
    public Progress {
        Objects.requireNonNull(phase, "phase");
        Objects.requireNonNull(problem, "problem");
    }

    /** Whether it holds everything. */
    public boolean complete() {
        return phase == Phase.COMPLETE;
    }
}
