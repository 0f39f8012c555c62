package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;

/** Turns statuses that are nobody's success into sentences. */
final class Refusals {
    private Refusals() {}

    /**
     * The failure that a status other than 401 and 403 means.
     *
     * @param what what was asked for
     * @param whom who answered
     */
    static OriginException unexpected(Response response, String what, String whom) {
        int status = response.status();
        String complaint = response.complaint();
        String said = status + (complaint.isEmpty() ? "" : ": " + complaint);
        if (status == 404) {
            return new OriginException(
                    Reason.NOT_FOUND, whom + " does not have " + what + " (" + said + "): check the name");
        }
        if (status == 407) {
            return new OriginException(
                    Reason.UNAUTHORIZED,
                    "the proxy before " + whom + " refuses us (" + said + "): put user:password into HTTPS_PROXY");
        }
        if (status == 429) {
            return new OriginException(
                    Reason.TOO_MANY_REQUESTS,
                    whom + " takes no more requests for now, asked for " + what + " (" + said
                            + "): wait, log in, or pass a smaller --origin-connections",
                    response.retryAfter(),
                    null);
        }
        if (status == 408 || status >= 500) {
            return new OriginException(
                    Reason.SERVER_ERROR,
                    whom + " fails when asked for " + what + " (" + said + "): try later or ask who runs it",
                    response.retryAfter(),
                    null);
        }
        return new OriginException(
                Reason.PROTOCOL,
                whom + " answers " + said + " when asked for " + what + ": check that it is a registry");
    }
}
