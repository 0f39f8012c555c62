package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Performs one request of the distribution API: authorization and the meaning of statuses are here and nowhere
 * else. Safe for use by many threads.
 */
final class RegistryCaller {
    private final Transport transport;
    private final Authorizer authorizer;
    private final Redirects redirects;

    RegistryCaller(Transport transport, Authorizer authorizer) {
        this.transport = transport;
        this.authorizer = authorizer;
        this.redirects = new Redirects(transport);
    }

    /**
     * A request to the API of a repository.
     *
     * @param what what is asked for, to be named in sentences
     * @param path below {@code /v2/<name>/}
     * @param headers besides {@code Authorization}
     * @param received told of the bytes of the body that was asked for
     */
    record Question(
            ImageReference image, String what, String path, Map<String, String> headers, LongConsumer received) {}

    /**
     * Asks, and asks again with credentials if the registry wants some.
     *
     * @return an answer of status 200 or 206, or 416 to a question with a range
     * @throws OriginException if the answer is anything else
     */
    Response ask(Question question) throws IOException {
        ImageReference image = question.image();
        for (boolean again = false; ; again = true) {
            Optional<String> authorization = authorizer.known(image);
            URI start = URI.create(transport.base(image.endpoint()) + "/v2/" + image.path() + "/" + question.path());
            Response response =
                    redirects.follow(start, question.what(), question.headers(), authorization, question.received());
            if (response.status() != 401 || !Redirects.isSameHost(start, response.target())) {
                return accepted(question, start, response, authorization.isPresent());
            }
            try (response) {
                if (again) {
                    throw Authorizer.refused(image, authorization.isPresent(), 401, response.complaint());
                }
                authorizer.renew(image, response, authorization);
            }
        }
    }

    private Response accepted(Question question, URI start, Response response, boolean loggedIn)
            throws OriginException {
        int status = response.status();
        if (status == 200
                || status == 206
                || (status == 416 && question.headers().containsKey("Range"))) {
            return response;
        }
        try (response) {
            boolean elsewhere = !Redirects.isSameHost(start, response.target());
            if ((status == 401 || status == 403) && elsewhere) {
                // Such addresses are signed for a short time; the registry gives a new one.
                throw new OriginException(
                        Reason.SERVER_ERROR,
                        response.target().getAuthority() + ", to which " + start.getAuthority() + " redirects for "
                                + question.what() + ", refuses us (" + status + "): check the clock of this machine");
            }
            if (status == 403) {
                throw Authorizer.refused(question.image(), loggedIn, status, response.complaint());
            }
            String whom = elsewhere
                    ? response.target().getAuthority() + ", to which " + start.getAuthority() + " redirects,"
                    : question.image().registry();
            throw Refusals.unexpected(response, question.what(), whom);
        }
    }
}
