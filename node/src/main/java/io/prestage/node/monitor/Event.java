package io.prestage.node.monitor;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Something that happened on a node: what, to what, why, and what happens next.
 *
 * @param at when
 * @param kind what happened, in a word or two joined by dots, for filters: {@code blob.complete}
 * @param severity how much it matters
 * @param what what happened, as a sentence without a full stop
 * @param why the cause; empty if there is nothing to say
 * @param next what the node does now, or what a person should do; empty if nothing follows
 * @param blob the digest of the blob that it is about
 * @param peer the name or id of the other server that it is about
 */
public record Event(
        @JsonProperty("at") Instant at,
        @JsonProperty("kind") String kind,
        @JsonProperty("severity") Severity severity,
        @JsonProperty("what") String what,
        @JsonProperty("why") String why,
        @JsonProperty("next") String next,
        @JsonProperty("blob") Optional<String> blob,
        @JsonProperty("peer") Optional<String> peer) {
    /** How much an event matters to the person who looks after the fleet. */
    public enum Severity {
        /** As it should be, and one of many: a log for people leaves it out. */
        DETAIL,
        /** As it should be. */
        INFO,
        /** It costs time, and mends itself. */
        WARN,
        /** Somebody has to do something. */
        ERROR
    }

    /** Checks that every part is there. */
    public Event {
        Objects.requireNonNull(at, "at");
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(severity, "severity");
        Objects.requireNonNull(what, "what");
        Objects.requireNonNull(why, "why");
        Objects.requireNonNull(next, "next");
        Objects.requireNonNull(blob, "blob");
        Objects.requireNonNull(peer, "peer");
    }

    /** An event as it should be, that is about the node itself. */
    public static Event info(String kind, String what) {
        return new Event(Instant.now(), kind, Severity.INFO, what, "", "", Optional.empty(), Optional.empty());
    }

    /** An event as it should be, one of many. */
    public static Event detail(String kind, String what) {
        return info(kind, what).as(Severity.DETAIL);
    }

    /** An event that costs time. */
    public static Event warn(String kind, String what) {
        return info(kind, what).as(Severity.WARN);
    }

    /** An event that somebody has to do something about. */
    public static Event error(String kind, String what) {
        return info(kind, what).as(Severity.ERROR);
    }

    /** The same with its cause. */
    public Event because(String cause) {
        return new Event(at, kind, severity, what, cause, next, blob, peer);
    }

    /** The same with what follows. */
    public Event then(String follows) {
        return new Event(at, kind, severity, what, why, follows, blob, peer);
    }

    /** The same about a blob. */
    public Event ofBlob(Object digest) {
        return new Event(at, kind, severity, what, why, next, Optional.of(digest.toString()), peer);
    }

    /** The same about another server. */
    public Event withPeer(Object other) {
        return new Event(at, kind, severity, what, why, next, blob, Optional.of(other.toString()));
    }

    /** All of it as one sentence. */
    public String sentence() {
        StringBuilder text = new StringBuilder(what);
        if (!why.isEmpty()) {
            text.append(": ").append(why);
        }
        if (!next.isEmpty()) {
            text.append("; ").append(next);
        }
        return text.toString();
    }

    /** The same, its other server called by another name. */
    Event callingPeer(UnaryOperator<String> names) {
        return new Event(at, kind, severity, what, why, next, blob, peer.map(names));
    }

    private Event as(Severity other) {
        return new Event(at, kind, other, what, why, next, blob, peer);
    }
}
