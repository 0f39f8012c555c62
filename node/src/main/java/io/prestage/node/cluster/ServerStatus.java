package io.prestage.node.cluster;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One server in the view of the fleet.
 *
 * @param member who it is
 * @param progress how far it was when it last reported
 * @param present whether it is a member now; one that left is kept, so that a fleet can be counted to its end
 * @param safeToPowerOff whether it is complete, flushed, and not the sole holder of a piece that another present server needs
 * @param soleHolderOf pieces that it alone holds of those that are present, while others need them
 * @param state how it gets on
 * @param reason why, as a sentence; empty if there is nothing to say
 * @param millisLeft how long it will still take; nothing unless it fills and that can be told
 * @param feeders who sends to it at present, the busiest first
 */
public record ServerStatus(
        @JsonProperty("member") Member member,
        @JsonProperty("progress") Progress progress,
        @JsonProperty("present") boolean present,
        @JsonProperty("safeToPowerOff") boolean safeToPowerOff,
        @JsonProperty("soleHolderOf") int soleHolderOf,
        @JsonProperty("state") ServerState state,
        @JsonProperty("reason") String reason,
        @JsonProperty("millisLeft") Optional<Long> millisLeft,
        @JsonProperty("feeders") List<Feeder> feeders) {
    /** Copies the list. */
    public ServerStatus {
        feeders = List.copyOf(feeders);
    }

    /** A server of which nothing more is known than what it reports. */
    public static ServerStatus of(Member member, Progress progress, List<Feeder> feeders) {
        Condition none = Condition.NONE;
        return new ServerStatus(
                member, progress, true, false, 0, none.state(), none.reason(), none.millisLeft(), feeders);
    }

    /** The same, judged by the coordinator as another was. */
    public ServerStatus judgedLike(ServerStatus other) {
        boolean safe = other.safeToPowerOff && progress.complete();
        return new ServerStatus(
                member,
                progress,
                present,
                safe,
                other.soleHolderOf,
                other.state,
                other.reason,
                other.millisLeft,
                feeders);
    }

    /** The same so much later, as far as time alone changes it. */
    ServerStatus after(long nanos) {
        long passed = TimeUnit.NANOSECONDS.toMillis(nanos);
        return passed <= 0 || millisLeft.isEmpty()
                ? this
                : in(new Condition(state, reason, millisLeft.map(left -> Math.max(0, left - passed))));
    }

    /** The same after it left. */
    ServerStatus gone() {
        return new ServerStatus(member, progress, false, false, 0, state, reason, Optional.empty(), List.of());
    }

    /** The same with other conclusions of what it alone holds. */
    ServerStatus holding(boolean safe, int alone) {
        return new ServerStatus(member, progress, present, safe, alone, state, reason, millisLeft, feeders);
    }

    /** The same with other conclusions of how it gets on. */
    ServerStatus in(Condition condition) {
        return new ServerStatus(
                member,
                progress,
                present,
                safeToPowerOff,
                soleHolderOf,
                condition.state(),
                condition.reason(),
                condition.millisLeft(),
                feeders);
    }
}
