package io.prestage.node.http;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

/** What a handler gives back. */
public sealed interface Answer {
    /** Told how much of a file a client was sent, once for each request, by an event loop. */
    @FunctionalInterface
    interface Sent {
        /**
         * A transfer has ended, well or not.
         *
         * @param from first byte that was to be sent
         * @param to byte after the last that was to be sent
         * @param bytes how many were handed to the network
         */
        void sent(long from, long to, long bytes);
    }

    /**
     * Bytes that are at hand.
     *
     * @param status the HTTP status
     * @param mediaType the value of {@code Content-Type}
     * @param body the bytes, not to be changed any more
     * @param headers besides {@code Content-Type} and {@code Content-Length}
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over once
    record Content(int status, String mediaType, byte[] body, Map<String, String> headers) implements Answer {
        /** Copies the headers. */
        public Content {
            headers = Map.copyOf(headers);
        }
    }

    /**
     * A file, or the range of it that the request names; sent without copying it through this program.
     *
     * @param file does not change while it is sent
     * @param mediaType the value of {@code Content-Type}
     * @param headers besides those about type, length and range
     * @param sent told at the end
     */
    record FileContent(Path file, String mediaType, Map<String, String> headers, Sent sent) implements Answer {
        /** Copies the headers. */
        public FileContent {
            headers = Map.copyOf(headers);
        }
    }

    /**
     * Server-sent events, until the client or {@link EventStream#close()} ends them.
     *
     * @param headers besides those that event streams always have
     * @param onOpen gets the stream once its headers are on the way; called by an event loop, so it must not block
     */
    record Events(Map<String, String> headers, Consumer<EventStream> onOpen) implements Answer {
        /** Copies the headers. */
        public Events {
            headers = Map.copyOf(headers);
        }
    }

    /** An answer of status 200. */
    static Answer ok(String mediaType, byte[] body) {
        return new Content(200, mediaType, body, Map.of());
    }

    /** A line of plain text, for people. */
    static Answer text(int status, String line) {
        byte[] body = (line + "\n").getBytes(StandardCharsets.UTF_8);
        return new Content(status, "text/plain; charset=utf-8", body, Map.of());
    }

    /** JSON. */
    static Answer json(int status, byte[] body) {
        return new Content(status, "application/json", body, Map.of());
    }
}
