package io.prestage.lab.bench;

import java.util.List;
import java.util.Locale;

/** Draws what came in at every server over time, a panel for each contender, on one scale of time. */
final class ProgressPlot {
    private static final int WIDTH = 900;
    private static final int PANEL = 220;
    private static final int LEFT = 60;
    private static final int TOP = 40;
    private static final int GAP = 50;
    private static final List<String> COLORS =
            List.of("#1b6ca8", "#2a9d8f", "#8ab17d", "#e9b44c", "#e76f51", "#9b5de5", "#577590", "#c9184a");

    private final BenchCase what;
    private final List<Run> runs;
    private final double seconds;

    ProgressPlot(BenchCase what, List<Run> runs) {
        this.what = what;
        this.runs = runs;
        this.seconds = runs.stream().mapToDouble(Run::time).max().orElse(1) * 1.02;
    }

    String svg() {
        int height = TOP + runs.size() * (PANEL + GAP);
        StringBuilder svg = new StringBuilder();
        svg.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
                        + " font-family=\"sans-serif\" font-size=\"13\">%n"
                        + "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>%n"
                        + "<text x=\"%d\" y=\"24\" font-size=\"16\">%s: %d empty servers, links %s, origin %s, %s</text>%n",
                WIDTH + LEFT + 40,
                height,
                WIDTH + LEFT + 40,
                height,
                LEFT,
                what.name(),
                what.servers(),
                what.link(),
                what.origin(),
                what.size()));
        for (int panel = 0; panel < runs.size(); panel++) {
            draw(svg, runs.get(panel), TOP + panel * (PANEL + GAP));
        }
        return svg.append("</svg>\n").toString();
    }

    private void draw(StringBuilder svg, Run run, int top) {
        svg.append(String.format(
                Locale.ROOT,
                "<g transform=\"translate(%d,%d)\">%n<rect width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#999999\"/>%n"
                        + "<text x=\"8\" y=\"18\">%s: %.2f s, %.2f of ideal</text>%n",
                LEFT,
                top,
                WIDTH,
                PANEL,
                run.contender(),
                run.time(),
                run.ratio()));
        for (int percent = 0; percent <= 100; percent += 50) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<text x=\"-8\" y=\"%.1f\" text-anchor=\"end\">%d%%</text>%n",
                    y(percent / 100.0) + 4,
                    percent));
        }
        double step = step();
        for (double at = 0; at <= seconds; at += step) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f s</text>%n",
                    x(at),
                    PANEL + 18,
                    at));
        }
        svg.append(String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"0\" stroke=\"#444444\" stroke-dasharray=\"5 4\"/>%n",
                x(0),
                PANEL,
                x(run.ideal())));
        for (int server = 0; server < run.curves().size(); server++) {
            svg.append("<polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"")
                    .append(COLORS.get(server % COLORS.size()))
                    .append("\" points=\"");
            Curve curve = run.curves().get(server);
            long all = curve.points().stream().mapToLong(Curve.Point::bytes).reduce(1, Math::max); // framing too
            for (Curve.Point point : curve.points()) {
                svg.append(String.format(
                        Locale.ROOT,
                        "%.1f,%.1f ",
                        x(Math.min(seconds, point.seconds())),
                        y(point.bytes() / (double) all)));
            }
            svg.append("\"><title>").append(curve.server()).append("</title></polyline>\n");
        }
        svg.append("</g>\n");
    }

    private double step() {
        for (double step : new double[] {1, 2, 5, 10, 20, 50, 100, 200, 500}) {
            if (seconds / step <= 15) {
                return step;
            }
        }
        return seconds / 10;
    }

    private double x(double at) {
        return WIDTH * at / seconds;
    }

    private double y(double part) {
        return PANEL * (1 - part);
    }
}
