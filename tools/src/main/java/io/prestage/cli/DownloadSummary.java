package io.prestage.cli;

import io.prestage.protocol.Bytes;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/** What a download says at its end, in the form in which factory-precaching-cli said it, and what it saved. */
record DownloadSummary(
        String release, String acm, String mce, boolean duProfile, int workers, DownloadRun.Result result) {
    void print(PrintWriter out) {
        out.printf("%nSummary:%n%n");
        line(out, "Release:", release);
        line(out, "ACM Version:", acm);
        line(out, "MCE Version:", mce);
        line(out, "Include DU Profile:", duProfile ? "Yes" : "No");
        line(out, "Workers:", Integer.toString(workers));
        out.println();
        line(out, "Total Images:", Integer.toString(result.total()));
        line(out, "Downloaded:", Integer.toString(result.downloaded()));
        line(out, "Skipped (Previously Downloaded):", Integer.toString(result.skipped()));
        line(out, "Download Failures:", Integer.toString(result.failures().size()));
        line(out, "Time for Download:", spent(result.took()));
        out.println();
        line(out, "Fetched:", bytes(result.fetched()));
        result.wholeCopy().filter(whole -> whole.count() > 0).ifPresent(whole -> {
            line(out, "Copying each image whole:", bytes(whole));
            double ratio = (double) result.fetched().count() / whole.count();
            line(out, "Ratio:", String.format(Locale.ROOT, "%.3f", ratio));
        });
        out.flush();
    }

    private static void line(PrintWriter out, String name, String value) {
        out.printf(Locale.ROOT, "%-36s%s%n", name, value);
    }

    private static String bytes(Bytes bytes) {
        return bytes.count() + " bytes (" + bytes + ")";
    }

    /** As Go prints durations: {@code 1h2m3s}, {@code 4m16s}, {@code 7s}. */
    static String spent(Duration took) {
        Duration rounded = Duration.ofSeconds(Math.round(took.toMillis() / 1e3));
        StringBuilder text = new StringBuilder();
        if (rounded.toHours() > 0) {
            text.append(rounded.toHours()).append('h');
        }
        if (rounded.toMinutes() > 0) {
            text.append(rounded.toMinutesPart()).append('m');
        }
        return text.append(rounded.toSecondsPart()).append('s').toString();
    }
}
