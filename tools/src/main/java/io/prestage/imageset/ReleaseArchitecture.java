package io.prestage.imageset;

import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;

/** The architectures that releases are made for, in the words of update graphs and of release tags. */
final class ReleaseArchitecture {
    private static final Map<String, String> TAGS =
            Map.of("amd64", "x86_64", "arm64", "aarch64", "ppc64le", "ppc64le", "s390x", "s390x", "multi", "multi");

    private ReleaseArchitecture() {}

    /**
     * An architecture that there is.
     *
     * @param failure makes the exception for a sentence
     */
    static <X extends Exception> String checked(String name, Function<String, X> failure) throws X {
        if (!TAGS.containsKey(name)) {
            throw failure.apply(
                    "'" + name + "' is not an architecture of releases: write one of " + new TreeSet<>(TAGS.keySet()));
        }
        return name;
    }

    /** How tags of releases call it: {@code x86_64} for {@code amd64}. */
    static String tag(String name) {
        return TAGS.get(name);
    }
}
