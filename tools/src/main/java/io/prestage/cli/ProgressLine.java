package io.prestage.cli;

import io.prestage.node.cluster.FleetBrief;
import io.prestage.node.cluster.Progress;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Rate;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Supplier;

/** Shows how far a node is: a bar that redraws itself on a terminal, a plain line every few seconds elsewhere. */
final class ProgressLine {
    private static final Duration PLAIN_EVERY = Duration.ofSeconds(5);

    private static final int BAR = 24;

    private final PrintWriter out;
    private final boolean terminal;
    private String last = "";
    private Progress.Phase lastPhase;
    private long lastAt;
    private boolean drawn;

    ProgressLine(PrintWriter out) {
        this(out, Terminal.isStdout());
    }

    ProgressLine(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /**
     * Shows a node and its fleet; where lines are plain, mostly nothing.
     *
     * @param fleet asked when a line is due
     * @param wait what it waits for as long as there is no plan
     */
    void show(Progress progress, Supplier<FleetBrief> fleet, String wait) {
        long now = System.nanoTime();
        boolean due = terminal || progress.phase() != lastPhase || now - lastAt >= PLAIN_EVERY.toNanos();
        if (!due) {
            return;
        }
        FleetBrief view = fleet.get();
        String line = text(progress, wait)
                + String.format(Locale.ROOT, "  fleet %d/%d", view.complete(), view.servers()); // who left counts
        if (terminal) {
            out.print("\r\u001b[K" + bar(progress) + " " + line);
            out.flush();
            drawn = true;
            return;
        }
        if (!line.equals(last)) {
            out.println(line);
            last = line;
        }
        lastPhase = progress.phase();
        lastAt = now;
    }

    /** Ends the bar's line. */
    void end() {
        if (drawn) {
            out.println();
            drawn = false;
        }
    }

    private static String text(Progress progress, String wait) {
        String phase = progress.phase().name().toLowerCase(Locale.ROOT);
        if (!progress.problem().isEmpty()) {
            return phase + ": " + progress.problem();
        }
        if (progress.planBytes() == 0) {
            return progress.phase() == Progress.Phase.WAITING ? wait : phase;
        }
        return String.format(
                Locale.ROOT,
                "%s %s of %s (%d%%)  %s  %d peers",
                phase,
                new Bytes(progress.verifiedBytes()),
                new Bytes(progress.planBytes()),
                100 * progress.verifiedBytes() / progress.planBytes(),
                pace(progress),
                progress.peers());
    }

    /** What comes in at present; a dash if nothing does. */
    static String pace(Progress progress) {
        long bits = progress.bytesPerSecond() * Byte.SIZE;
        return bits == 0 || progress.complete() ? "-" : new Rate(bits).toString();
    }

    private static String bar(Progress progress) {
        int filled = progress.planBytes() == 0 ? 0 : (int) (BAR * progress.verifiedBytes() / progress.planBytes());
        return "[" + "#".repeat(filled) + ".".repeat(BAR - filled) + "]";
    }
}
