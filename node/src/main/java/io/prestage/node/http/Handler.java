package io.prestage.node.http;

import java.io.IOException;

/** Answers requests; called by several threads at a time, none of which is an event loop. */
@FunctionalInterface
public interface Handler {
    /**
     * Answers a request.
     *
     * @throws IOException if it cannot; the client gets status 500
     */
    Answer answer(Request request) throws IOException;
}
