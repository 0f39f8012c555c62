package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides whether and when one operation is tried again after a failure. For one thread. */
final class Retries {
    private static final Logger LOG = LoggerFactory.getLogger(Retries.class);

    private final Surroundings.Patience patience;
    private final Surroundings.Pause pause;
    private final Consumer<Reason> failed;
    private int failures;

    /**
     * Nothing has failed yet.
     *
     * @param failed told of every failure, whether or not another try follows
     */
    Retries(Surroundings surroundings, Consumer<Reason> failed) {
        this.failed = failed;
        this.patience = surroundings.patience();
        this.pause = surroundings.pause();
    }

    /** Something useful came in, so the origin works; count failures from zero. */
    void progressed() {
        failures = 0;
    }

    /**
     * Waits until the next try.
     *
     * @throws OriginException the failure itself if there is to be no next try
     * @throws InterruptedIOException if the thread is interrupted
     */
    void after(OriginException failure) throws OriginException, InterruptedIOException {
        failures++;
        failed.accept(failure.reason());
        Duration wish = failure.retryAfter();
        if (!failure.mayPass() || failures >= patience.tries() || wish.compareTo(patience.longestWish()) > 0) {
            throw failure;
        }
        Duration delay = delay();
        Duration longer = wish.compareTo(delay) > 0 ? wish : delay;
        LOG.warn("{}; trying again in {} ms", failure.getMessage(), longer.toMillis());
        try {
            pause.sleep(longer);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted before the next try");
            interrupted.initCause(e);
            throw interrupted;
        }
    }

    /** Doubles from failure to failure; the random half keeps many seeds from coming back at the same moment. */
    private Duration delay() {
        long full = patience.firstDelay().toMillis() << Math.min(failures - 1, 20);
        long bounded = Math.max(2, Math.min(full, patience.longestDelay().toMillis()));
        return Duration.ofMillis(bounded / 2 + ThreadLocalRandom.current().nextLong(bounded / 2 + 1));
    }
}
