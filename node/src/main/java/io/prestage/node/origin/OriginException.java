package io.prestage.node.origin;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

/** Says in one sentence for the operator what the origin did not give, why, and what to do about it. */
public final class OriginException extends IOException {
    private static final long serialVersionUID = 1L;

    /** The kind of failure, for a metric's label and for the decision whether another try makes sense. */
    public enum Reason {
        /** The credentials were refused, or some are needed and none were found. */
        UNAUTHORIZED,
        /** The registry does not have it. */
        NOT_FOUND,
        /** The origin's certificate is signed by nobody we trust, or is for another host. */
        UNKNOWN_CA,
        /** The name does not resolve. */
        UNKNOWN_HOST,
        /** No connection, or the connection broke. */
        UNREACHABLE,
        /** No answer, or no byte of a body, for longer than we wait. */
        TIMEOUT,
        /** The origin answered with a 5xx status. */
        SERVER_ERROR,
        /** The origin answered 429. */
        TOO_MANY_REQUESTS,
        /** The bytes are not the ones that the digest or size names. */
        CORRUPT,
        /** The origin answered something that HTTP or the distribution specification does not allow here. */
        PROTOCOL;

        /** The value of the metric label {@code reason}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Reason reason;
    private final Duration retryAfter;

    /**
     * A failure without a deeper cause.
     *
     * @param sentence what was asked of whom, what came back and what to do, for the operator
     */
    public OriginException(Reason reason, String sentence) {
        this(reason, sentence, Duration.ZERO, null);
    }

    /**
     * A failure with its cause.
     *
     * @param sentence what was asked of whom, what came back and what to do, for the operator
     */
    public OriginException(Reason reason, String sentence, Throwable cause) {
        this(reason, sentence, Duration.ZERO, cause);
    }

    OriginException(Reason reason, String sentence, Duration retryAfter, Throwable cause) {
        super(sentence, cause);
        this.reason = reason;
        this.retryAfter = retryAfter;
    }

    /** The kind of failure. */
    public Reason reason() {
        return reason;
    }

    /** How long the origin asked us to wait before the next try; zero if it did not. */
    Duration retryAfter() {
        return retryAfter;
    }

    /** Whether the origin may answer well some time later, so that what was fetched is worth keeping: a name may be mended, too. */
    public boolean mayPassInTime() {
        return mayPass() || reason == Reason.UNKNOWN_HOST;
    }

    /** Whether the same request may succeed a little later. */
    boolean mayPass() {
        return switch (reason) {
            case UNREACHABLE, TIMEOUT, SERVER_ERROR, TOO_MANY_REQUESTS -> true;
            case UNKNOWN_HOST, UNAUTHORIZED, NOT_FOUND, UNKNOWN_CA, CORRUPT, PROTOCOL -> false;
        };
    }
}
