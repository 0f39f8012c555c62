package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;
import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/** Follows an origin that sends us elsewhere, without taking its credentials along. Safe for use by many threads. */
final class Redirects {
    private static final int MOST_REDIRECTS = 8;

    private final Transport transport;

    Redirects(Transport transport) {
        this.transport = transport;
    }

    /**
     * Gets an address, or where it leads.
     *
     * @param what what is asked for, to be named in sentences
     * @param authorization for the first host only
     * @param received told of the bytes of the body
     * @return an answer of any status that is no redirect
     */
    Response follow(
            URI start, String what, Map<String, String> headers, Optional<String> authorization, LongConsumer received)
            throws IOException {
        URI target = start;
        boolean trusted = true;
        for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
            Map<String, String> all = new HashMap<>(headers);
            if (trusted) {
                authorization.ifPresent(value -> all.put("Authorization", value));
            }
            Response response = transport.send(new Transport.Call(target, all, Optional.empty(), received));
            if (!response.isRedirect()) {
                return response;
            }
            try (response) {
                target = next(what, target, response);
            }
            // Once away, never trusted again: the other host chooses where we go next.
            trusted = trusted && isSameHost(start, target);
        }
        throw new OriginException(
                Reason.PROTOCOL,
                start.getAuthority() + " redirects the request for " + what + " more than " + MOST_REDIRECTS
                        + " times: its configuration has to be mended");
    }

    private URI next(String what, URI from, Response redirect) throws OriginException {
        String location = redirect.header("Location").orElse("");
        URI target;
        try {
            target = location.isEmpty() ? null : from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw badRedirect(what, from, location, e);
        }
        if (target == null || !(transport.allows(target) || isSameHost(from, target))) {
            throw badRedirect(what, from, location, null);
        }
        return target;
    }

    private static OriginException badRedirect(String what, URI from, String location, Exception cause) {
        return new OriginException(
                Reason.PROTOCOL,
                from.getAuthority() + " redirects the request for " + what + " to '" + location
                        + "', which is no HTTPS address: its configuration has to be mended",
                cause);
    }

    /** Whether two addresses are of the same scheme, host and port. */
    static boolean isSameHost(URI one, URI other) {
        return one.getScheme().equals(other.getScheme())
                && other.getAuthority() != null
                && one.getAuthority()
                        .toLowerCase(Locale.ROOT)
                        .equals(other.getAuthority().toLowerCase(Locale.ROOT));
    }
}
