package io.prestage.siteconfig;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import java.util.ArrayList;
import java.util.List;

/** Shows what changed in a text, as {@code diff -u} does and {@code patch} reads it. */
public final class UnifiedDiff {
    private static final int CONTEXT = 3;

    private UnifiedDiff() {}

    /**
     * The differences.
     *
     * @param name of the file, which stands behind {@code a/} and {@code b/}
     * @return nothing if there is none
     */
    public static String of(String name, String before, String after) {
        List<String> lines = lines(before);
        StringBuilder shown = new StringBuilder();
        for (String line : UnifiedDiffUtils.generateUnifiedDiff(
                "a/" + name, "b/" + name, lines, DiffUtils.diff(lines, lines(after)), CONTEXT)) {
            boolean ofTheText = !line.startsWith("--- a/") && !line.startsWith("+++ b/") && !line.startsWith("@@ ");
            shown.append(line);
            if (!line.endsWith("\n")) {
                shown.append(ofTheText ? "\n\\ No newline at end of file\n" : "\n");
            }
        }
        return shown.toString();
    }

    /** The lines with their ends, of which the last may have none. */
    private static List<String> lines(String text) {
        List<String> lines = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int end = text.indexOf('\n', at) + 1;
            end = end == 0 ? text.length() : end;
            lines.add(text.substring(at, end));
            at = end;
        }
        return lines;
    }
}
