package io.prestage.cli;

import io.prestage.protocol.Bytes;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Shows how far a download is: a line that redraws itself on a terminal, a plain one every few seconds elsewhere, and between them
 * what happens. Safe for use by many threads.
 */
final class DownloadProgress implements AutoCloseable {
    private static final Duration REDRAWN_EVERY = Duration.ofMillis(250);
    private static final Duration PLAIN_EVERY = Duration.ofSeconds(10);
    private static final String ERASE = "\r\u001b[K";

    private final PrintWriter out;
    private final boolean terminal;
    private final long total;
    private final LongSupplier here;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(run -> {
        Thread thread = new Thread(run, "progress");
        thread.setDaemon(true);
        return thread;
    });
    private String last = "";

    /**
     * Begins to show.
     *
     * @param total bytes in the end
     * @param here bytes so far
     */
    DownloadProgress(PrintWriter out, long total, LongSupplier here) {
        this.out = out;
        this.terminal = Terminal.isStdout();
        this.total = total;
        this.here = here;
        long every = (terminal ? REDRAWN_EVERY : PLAIN_EVERY).toMillis();
        timer.scheduleAtFixedRate(this::show, every, every, TimeUnit.MILLISECONDS);
    }

    private synchronized void show() {
        long now = here.getAsLong();
        String line = String.format(
                Locale.ROOT, "%s of %s (%d%%)", new Bytes(now), new Bytes(total), total == 0 ? 100 : 100 * now / total);
        if (terminal) {
            out.print(ERASE + line);
        } else if (!line.equals(last)) {
            out.println(line);
        }
        last = line;
        out.flush();
    }

    /** Tells of something that happened. */
    synchronized void tell(String line) {
        out.println(terminal ? ERASE + line : line);
    }

    @Override
    public synchronized void close() {
        timer.shutdownNow();
        if (terminal) {
            out.print(ERASE);
        }
        out.flush();
    }
}
