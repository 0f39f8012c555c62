package io.prestage.node.origin;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One way in which a registry lets itself be convinced, from its {@code WWW-Authenticate} (RFC 9110, section 11.6.1).
 *
 * @param scheme in lower case, for instance {@code bearer}
 * @param parameters by their lower-case names
 */
record Challenge(String scheme, Map<String, String> parameters) {
    private static final Pattern PART =
            Pattern.compile("\\G[\\s,]*(?:([A-Za-z][A-Za-z0-9._-]*)\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s,\"]*))"
                    + "|([A-Za-z][A-Za-z0-9._-]*)(?=[\\s,]|$))");

    /** Reads all challenges of all headers; what cannot be read is left out. */
    static List<Challenge> parse(List<String> headers) {
        List<Challenge> found = new ArrayList<>();
        for (String header : headers) {
            Matcher part = PART.matcher(header);
            while (part.find()) {
                if (part.group(4) != null) {
                    found.add(new Challenge(part.group(4).toLowerCase(Locale.ROOT), new LinkedHashMap<>()));
                } else if (!found.isEmpty()) {
                    String value = part.group(2) == null
                            ? part.group(3)
                            : part.group(2).replaceAll("\\\\(.)", "$1");
                    found.get(found.size() - 1).parameters().put(part.group(1).toLowerCase(Locale.ROOT), value);
                }
            }
        }
        return found;
    }

    /** A parameter that is there and not empty. */
    Optional<String> parameter(String name) {
        return Optional.ofNullable(parameters.get(name)).filter(value -> !value.isEmpty());
    }
}
