package io.prestage.node.store;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Flushes partial blobs while they grow, so that the end of a blob is not a wait for all of it to reach the disk.
 *
 * <p>The kernel would begin after 30 s or at a tenth of the memory; a staging may be over by then. One thread, one flush at a
 * time: a slow disk makes the flushes larger, not more. A flush that fails is remembered by its blob.
 */
final class Writeback implements AutoCloseable {
    // What is left to flush when the last piece comes: 10 ms of a disk's time, and few enough flushes to cost nothing.
    private static final long WORTHWHILE = 4 << 20;

    private final BlockingQueue<Runnable> flushes = new LinkedBlockingQueue<>();
    private final Thread thread = new Thread(this::run, "prestage-writeback");
    private boolean closed;

    /** Starts the thread. */
    Writeback() {
        thread.setDaemon(true);
        thread.start();
    }

    /** Whether so many bytes that were not flushed yet are worth a flush. */
    static boolean isWorthwhile(long unflushed) {
        return unflushed >= WORTHWHILE;
    }

    /** Has a blob flushed soon. */
    void add(Runnable flush) {
        flushes.add(flush);
    }

    /** Ends the thread after the flush under way; interrupting it would close the file for its other users. */
    @Override
    public void close() {
        flushes.clear();
        flushes.add(() -> closed = true);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (!closed) {
                flushes.take().run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody does; flushing at the end of each blob is enough
        }
    }
}
