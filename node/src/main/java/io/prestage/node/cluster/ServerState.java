package io.prestage.node.cluster;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How a server gets on, as its coordinator judges; lower case in JSON and in metrics. */
public enum ServerState {
    /** It has nothing to do yet: there is no plan, or nobody has more than it. */
    WAITING,
    /** It gets on. */
    FILLING,
    /** It holds everything, flushed, with its receipt. */
    COMPLETE,
    /** It does not get on although it could, or is not heard of. */
    STALLED,
    /** It gave up, and says why. */
    FAILED;

    /** Whether somebody has to look at it. */
    public boolean isStuck() {
        return this == STALLED || this == FAILED;
    }

    /** The word for it in JSON and in metrics. */
    @JsonValue
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
