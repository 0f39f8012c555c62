package io.prestage.imageset;

import java.util.HashSet;
import java.util.Set;

/**
 * Knows, while an image's layers are read from the last to the first, which files of a layer are still visible.
 *
 * <p>By the OCI image specification: {@code dir/.wh.name} deletes {@code dir/name} of the layers below, {@code dir/.wh..wh..opq}
 * all that they have in {@code dir}; both do nothing to their own layer. A file hides what is below it under the same name.
 */
final class Whiteouts {
    private static final String MARK = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";

    private final Set<String> hidden = new HashSet<>();
    private final Set<String> opaque = new HashSet<>();
    private final Set<String> hiddenNext = new HashSet<>();
    private final Set<String> opaqueNext = new HashSet<>();

    /** A path as it is compared: no {@code ./} before it, no slash at its end. */
    static String normalised(String path) {
        String clean = path;
        while (clean.startsWith("./") || clean.startsWith("/")) {
            clean = clean.substring(clean.indexOf('/') + 1);
        }
        return clean.endsWith("/") ? clean.substring(0, clean.length() - 1) : clean;
    }

    /**
     * Takes note of an entry of the present layer.
     *
     * @param path as {@link #normalised}
     * @return whether it is a visible file or folder
     */
    boolean meet(String path, boolean folder) {
        int slash = path.lastIndexOf('/');
        String parent = slash < 0 ? "" : path.substring(0, slash);
        String name = path.substring(slash + 1);
        if (name.equals(OPAQUE)) {
            opaqueNext.add(parent);
            return false;
        }
        if (name.startsWith(MARK)) {
            String deleted = name.substring(MARK.length());
            hiddenNext.add(parent.isEmpty() ? deleted : parent + "/" + deleted);
            return false;
        }
        if (!folder) {
            hiddenNext.add(path);
        }
        return isVisible(path);
    }

    /** The next layer is the one below. */
    void layerEnds() {
        hidden.addAll(hiddenNext);
        opaque.addAll(opaqueNext);
        hiddenNext.clear();
        opaqueNext.clear();
    }

    private boolean isVisible(String path) {
        if (hidden.contains(path)) {
            return false;
        }
        String above = path;
        while (!above.isEmpty()) {
            int slash = above.lastIndexOf('/');
            above = slash < 0 ? "" : above.substring(0, slash);
            if (opaque.contains(above) || (!above.isEmpty() && hidden.contains(above))) {
                return false;
            }
        }
        return true;
    }
}
