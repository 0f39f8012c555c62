package io.prestage.node.cluster;

import java.util.Objects;
import java.util.Optional;

/**
 * What is concluded of one server.
 *
 * @param state how it gets on
 * @param reason why, as a sentence for the person who looks after it; empty if there is nothing to say
 * @param millisLeft how long it will still take; nothing unless it fills and that can be told
 */
record Condition(ServerState state, String reason, Optional<Long> millisLeft) {
    /** Nothing is known yet. */
    static final Condition NONE = new Condition(ServerState.WAITING, "", Optional.empty());

    Condition {
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(millisLeft, "millisLeft");
    }

    static Condition of(ServerState state, String reason) {
        return new Condition(state, reason, Optional.empty());
    }
}
