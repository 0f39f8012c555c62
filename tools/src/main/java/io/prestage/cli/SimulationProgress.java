package io.prestage.cli;

import io.prestage.simulation.Scenario;
import io.prestage.simulation.Watcher;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/** Shows how far a simulation is: one line that redraws itself on a terminal, a plain one every few seconds elsewhere. */
final class SimulationProgress implements Watcher {
    private static final long EVERY = Duration.ofMillis(500).toNanos();
    private static final long PLAIN_EVERY = Duration.ofSeconds(10).toNanos();
    private static final int LOOK = 4096;

    private final PrintWriter out;
    private final boolean terminal = Terminal.isStderr();
    private final long all;
    private long verified;
    private int finished;
    private long shownAt = System.nanoTime();
    private boolean drawn;

    SimulationProgress(PrintWriter out, Scenario scenario) {
        this.out = out;
        this.all = (long) scenario.pieces().count() * scenario.servers().size();
    }

    @Override
    public void verified(int server, int piece, long now) {
        verified++;
        if (verified % LOOK == 0 && System.nanoTime() - shownAt >= (terminal ? EVERY : PLAIN_EVERY)) {
            shownAt = System.nanoTime();
            show(now);
        }
    }

    @Override
    public void finished(int server, long now) {
        finished++;
    }

    /** Takes the line away. */
    void end() {
        if (drawn) {
            out.print("\r\u001b[K");
            out.flush();
        }
    }

    private void show(long now) {
        String line = String.format(
                Locale.ROOT, "%d%% at %.2f s of virtual time, %d full", 100 * verified / all, now / 1e9, finished);
        if (terminal) {
            out.print("\r\u001b[K" + line);
            out.flush();
            drawn = true;
        } else {
            out.println(line);
        }
    }
}
