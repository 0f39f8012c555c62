package io.prestage.siteconfig;

import java.util.Comparator;
import java.util.List;

/**
 * One change of a text.
 *
 * @param from where the replaced part begins, in chars of the text
 * @param to where it ends; {@code from} if something is inserted
 * @param text what comes in its place
 */
record Edit(int from, int to, String text) {
    /** The text with these changes, which do not overlap. Changes at one place apply in their order in the list. */
    static String apply(String text, List<Edit> edits) {
        StringBuilder changed = new StringBuilder(text.length() + 1024);
        int at = 0;
        for (Edit edit :
                edits.stream().sorted(Comparator.comparingInt(Edit::from)).toList()) {
            changed.append(text, at, edit.from).append(edit.text);
            at = edit.to;
        }
        return changed.append(text, at, text.length()).toString();
    }

    boolean covers(int offset) {
        return from <= offset && offset < to;
    }
}
