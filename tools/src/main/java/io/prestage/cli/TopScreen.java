package io.prestage.cli;

import io.prestage.node.cluster.ServerState;
import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.monitor.FleetTotals;
import io.prestage.node.monitor.FleetView;
import io.prestage.protocol.Rate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What {@code top} shows of a fleet, as lines that are no longer than the terminal is wide. Pure.
 *
 * @param width columns, from 40 on
 * @param order in which servers are listed
 */
record TopScreen(int width, ServerOrder order) {
    private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB", "PiB");
    private static final int NAME = 22;
    private static final int BAR = 14;

    /**
     * A line of the screen.
     *
     * @param text without control characters
     * @param kind what it is, for its colour
     */
    record Line(String text, Kind kind) {
        enum Kind {
            PLAIN,
            HEADING,
            COMPLETE,
            FILLING,
            WAITING,
            STUCK
        }
    }

    /** The fleet as a whole, and the names of the columns. */
    List<Line> head(FleetView fleet) {
        FleetTotals totals = fleet.totals();
        List<Line> lines = new ArrayList<>();
        lines.add(line(
                Line.Kind.HEADING,
                "prestage  cluster %s  %d servers, %d seeds  by %s",
                fleet.cluster(),
                fleet.servers().size(),
                fleet.seeds(),
                order.label()));
        long percent = percent(totals.verifiedBytes(), totals.planBytes());
        String right = String.format(
                Locale.ROOT,
                " %3d%%  %s  %s",
                percent,
                totals.bytesPerSecond() == 0 ? "-" : new Rate(totals.bytesPerSecond() * Byte.SIZE).toString(),
                left(fleet));
        lines.add(line(
                Line.Kind.PLAIN,
                "%s%s",
                bar(totals.verifiedBytes(), totals.planBytes(), width - right.length()),
                right));
        StringBuilder states = new StringBuilder();
        for (ServerState state : List.of(
                ServerState.COMPLETE,
                ServerState.FILLING,
                ServerState.WAITING,
                ServerState.STALLED,
                ServerState.FAILED)) {
            states.append(state.label()).append(' ').append(fleet.in(state)).append("  ");
        }
        lines.add(line(Line.Kind.PLAIN, "%s", states));
        lines.add(line(
                Line.Kind.PLAIN,
                "staged %s of %s, from the origin %s",
                amount(totals.verifiedBytes()),
                amount(totals.planBytes()),
                amount(totals.originBytes())));
        lines.add(line(
                Line.Kind.HEADING,
                "%-" + NAME + "s %-9s %-" + BAR + "s %5s %14s %9s",
                "SERVER",
                "STATE",
                "",
                "DONE",
                "RATE",
                "LEFT"));
        return lines;
    }

    /** The servers, each that is stuck with the reason below it. */
    List<Line> servers(FleetView fleet) {
        List<Line> lines = new ArrayList<>();
        for (ServerStatus server : order.sort(fleet.servers())) {
            Line.Kind kind = kind(server.state());
            lines.add(line(
                    kind,
                    "%-" + NAME + "s %-9s %-" + BAR + "s %4d%% %14s %9s",
                    cut(server.member().name() + (server.member().seed() ? " (seed)" : ""), NAME),
                    server.state().label(),
                    bar(server.progress().verifiedBytes(), server.progress().planBytes(), BAR),
                    percent(server.progress().verifiedBytes(), server.progress().planBytes()),
                    server.present() ? ProgressLine.pace(server.progress()) : "-",
                    server.millisLeft().map(TopScreen::span).orElse("-")));
            if (server.state().isStuck()) {
                lines.add(line(kind, "  %s", server.reason()));
            }
        }
        return lines;
    }

    private static String left(FleetView fleet) {
        if (!fleet.servers().isEmpty() && fleet.complete() == fleet.servers().size()) {
            return "done";
        }
        return fleet.millisLeft().map(millis -> span(millis) + " left").orElse("-");
    }

    /** Bytes with three digits, as the dashboard shows them, so that the two can be compared. */
    static String amount(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.size() - 1) {
            value /= 1024;
            unit++;
        }
        int decimals = unit == 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
        return String.format(Locale.ROOT, "%." + decimals + "f %s", value, UNITS.get(unit));
    }

    /** A time as people say it, in nine characters at most. */
    static String span(long millis) {
        Duration span = Duration.ofMillis(millis + 500);
        if (span.toMinutes() == 0) {
            return span.toSeconds() + " s";
        }
        return span.toHours() == 0
                ? String.format(Locale.ROOT, "%d:%02d min", span.toMinutes(), span.toSecondsPart())
                : String.format(Locale.ROOT, "%d:%02d h", span.toHours(), span.toMinutesPart());
    }

    private static Line.Kind kind(ServerState state) {
        return switch (state) {
            case COMPLETE -> Line.Kind.COMPLETE;
            case FILLING -> Line.Kind.FILLING;
            case WAITING -> Line.Kind.WAITING;
            case STALLED, FAILED -> Line.Kind.STUCK;
        };
    }

    private static String bar(long part, long whole, int length) {
        int inner = Math.max(1, length - 2);
        int filled = whole == 0 ? 0 : (int) Math.min(inner, inner * part / whole);
        return "[" + "#".repeat(filled) + ".".repeat(inner - filled) + "]";
    }

    private static long percent(long part, long whole) {
        return whole == 0 ? 0 : 100 * part / whole;
    }

    private Line line(Line.Kind kind, String format, Object... values) {
        return new Line(cut(String.format(Locale.ROOT, format, values).stripTrailing(), width), kind);
    }

    private static String cut(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most - 1) + "…";
    }
}
