package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/**
 * Brings ranges to their end over as many connections as that takes, and no more at a time than allowed. Safe for use by
 * many threads.
 */
final class RangeReader {
    private final Surroundings surroundings;
    private final Semaphore connections;
    private final Consumer<Reason> failed;

    RangeReader(Surroundings surroundings, int connections, Consumer<Reason> failed) {
        this.surroundings = surroundings;
        this.connections = new Semaphore(connections);
        this.failed = failed;
    }

    /** Makes the request for a range. */
    @FunctionalInterface
    interface Opening {
        /** An answer of status 200, 206 or 416. */
        Response open(Map<String, String> headers) throws IOException;
    }

    /**
     * Reads until the range is complete.
     *
     * @throws OriginException if the bytes cannot be had
     * @throws IOException what the sink throws
     */
    void read(RangeTransfer range, Opening opening) throws IOException {
        read(range, opening, surroundings);
    }

    /** The same with another patience. */
    void read(RangeTransfer range, Opening opening, Surroundings around) throws IOException {
        Retries retries = new Retries(around, failed);
        while (!range.isComplete()) {
            long before = range.position();
            try {
                stream(range, opening);
            } catch (OriginException e) {
                if (range.position() > before) {
                    retries.progressed();
                }
                retries.after(e);
            } catch (RangeTransfer.SinkFailure e) {
                throw e.failure();
            }
        }
    }

    private void stream(RangeTransfer range, Opening opening) throws IOException {
        acquire();
        try (Response response = opening.open(range.headers())) {
            long skip = range.bytesToSkip(response);
            while (!range.isComplete()) {
                Optional<ByteBuffer> chunk = response.body().next();
                if (chunk.isEmpty()) {
                    throw range.tooShort();
                }
                ByteBuffer bytes = chunk.get();
                int skipped = (int) Math.min(skip, bytes.remaining());
                bytes.position(bytes.position() + skipped);
                skip -= skipped;
                range.deliver(bytes);
            }
        } catch (OriginException | InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw broken(range.whom(), range.what(), e);
        } finally {
            connections.release();
        }
    }

    private void acquire() throws InterruptedIOException {
        try {
            connections.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted =
                    new InterruptedIOException("interrupted while waiting for a connection");
            interrupted.initCause(e);
            throw interrupted;
        }
    }

    /** The sentence for a body that did not come to its end. */
    OriginException broken(String whom, String what, IOException cause) {
        if (cause instanceof HttpTimeoutException) {
            return new OriginException(
                    Reason.TIMEOUT,
                    whom + " stopped sending " + what + " for "
                            + surroundings.patience().stall().toSeconds() + " s: check the link to it",
                    cause);
        }
        return new OriginException(
                Reason.UNREACHABLE,
                "the connection to " + whom + " broke while it sent " + what + ": check the link to it",
                cause);
    }
}
