package io.prestage.imageset;

import java.util.Optional;

/**
 * Versions from a smallest to a largest one, both included.
 *
 * @param min no smaller one counts; without it there is no smallest
 * @param max no larger one counts; without it there is no largest
 */
record VersionRange(Optional<SemanticVersion> min, Optional<SemanticVersion> max) {
    /** No bounds. */
    static final VersionRange ALL = new VersionRange(Optional.empty(), Optional.empty());

    /** Whether there is no bound. */
    boolean isAll() {
        return min.isEmpty() && max.isEmpty();
    }

    boolean contains(SemanticVersion version) {
        return min.filter(least -> version.compareTo(least) < 0).isEmpty()
                && max.filter(most -> version.compareTo(most) > 0).isEmpty();
    }

    /** For sentences: one version, or a range. */
    @Override
    public String toString() {
        if (min.isPresent() && max.isPresent() && min.get().isSameAs(max.get())) {
            return min.get().toString();
        }
        return min.map(least -> least + " ").orElse("") + "to"
                + max.map(most -> " " + most).orElse(" the newest");
    }
}
