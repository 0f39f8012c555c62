package io.prestage.imageset;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version as semver.org 2.0.0 orders them. Build metadata is kept for the text and does not count in the order.
 *
 * @param major 0 or more
 * @param minor 0 or more
 * @param patch 0 or more
 * @param pre the identifiers of a pre-release; none for a release
 * @param text the version as it was written
 */
record SemanticVersion(long major, long minor, long patch, List<String> pre, String text)
        implements Comparable<SemanticVersion> {
    private static final Pattern FORM =
            Pattern.compile("v?(\\d{1,18})\\.(\\d{1,18})\\.(\\d{1,18})(?:-([0-9A-Za-z.-]+))?(?:\\+[0-9A-Za-z.-]+)?");
    private static final Pattern RELEASE = Pattern.compile("\\d{1,9}\\.\\d{1,9}\\.\\d{1,9}");
    private static final Pattern NUMBER = Pattern.compile("\\d+");
    private static final Comparator<SemanticVersion> ORDER = Comparator.comparingLong(SemanticVersion::major)
            .thenComparingLong(SemanticVersion::minor)
            .thenComparingLong(SemanticVersion::patch)
            .thenComparing(SemanticVersion::pre, SemanticVersion::comparePre);

    /** Copies the list. */
    SemanticVersion {
        pre = List.copyOf(pre);
    }

    /** Reads a version; empty if the text is none. */
    static Optional<SemanticVersion> parse(String text) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) {
            return Optional.empty();
        }
        List<String> pre =
                parts.group(4) == null ? List.of() : List.of(parts.group(4).split("\\.", -1));
        return Optional.of(new SemanticVersion(
                Long.parseLong(parts.group(1)),
                Long.parseLong(parts.group(2)),
                Long.parseLong(parts.group(3)),
                pre,
                text));
    }

    /** Whether the text is three numbers and nothing else. */
    static boolean isRelease(String text) {
        return RELEASE.matcher(text).matches();
    }

    /** The first two numbers, as channels and tags have them. */
    String minorVersion() {
        return major + "." + minor;
    }

    @Override
    public int compareTo(SemanticVersion other) {
        return ORDER.compare(this, other);
    }

    /** Whether this and another version are of the same rank; two texts may be. */
    boolean isSameAs(SemanticVersion other) {
        return compareTo(other) == 0;
    }

    private static int comparePre(List<String> one, List<String> other) {
        if (one.isEmpty() || other.isEmpty()) {
            return Boolean.compare(one.isEmpty(), other.isEmpty()); // a release comes after its pre-releases
        }
        for (int at = 0; at < Math.min(one.size(), other.size()); at++) {
            int order = compareIdentifiers(one.get(at), other.get(at));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(one.size(), other.size());
    }

    private static int compareIdentifiers(String one, String other) {
        boolean number = NUMBER.matcher(one).matches();
        boolean otherNumber = NUMBER.matcher(other).matches();
        if (number && otherNumber) {
            String digits = one.replaceFirst("^0+(?!$)", "");
            String otherDigits = other.replaceFirst("^0+(?!$)", "");
            int byLength = Integer.compare(digits.length(), otherDigits.length());
            return byLength != 0 ? byLength : digits.compareTo(otherDigits);
        }
        return number == otherNumber ? one.compareTo(other) : number ? -1 : 1;
    }

    @Override
    public String toString() {
        return text;
    }
}
