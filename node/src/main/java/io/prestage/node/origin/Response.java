package io.prestage.node.origin;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * An answer whose headers are there and whose body is still coming.
 *
 * @param target the address that answered
 */
record Response(URI target, int status, HttpHeaders headers, Body body) implements AutoCloseable {
    private static final int LONGEST_COMPLAINT = 1 << 16;
    private static final int LONGEST_QUOTE = 200;

    /** A header's first value. */
    Optional<String> header(String name) {
        return headers.firstValue(name);
    }

    /** Whether the answer sends us elsewhere. */
    boolean isRedirect() {
        return switch (status) {
            case 301, 302, 303, 307, 308 -> true;
            default -> false;
        };
    }

    /** How long to wait before asking again, if the origin says so; zero otherwise. */
    Duration retryAfter() {
        Optional<String> text = header("Retry-After").map(String::strip);
        if (text.isEmpty()) {
            return Duration.ZERO;
        }
        try {
            return Duration.ofSeconds(Math.max(0, Long.parseLong(text.get())));
        } catch (NumberFormatException seconds) {
            try {
                Instant when = ZonedDateTime.parse(text.get(), DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant();
                Duration wait = Duration.between(Instant.now(), when);
                return wait.isNegative() ? Duration.ZERO : wait;
            } catch (DateTimeParseException date) {
                return Duration.ZERO;
            }
        }
    }

    /** What the origin says about a failure, to be quoted in a sentence; empty if nothing that can be read. */
    String complaint() {
        try {
            String text = body.readAll(LONGEST_COMPLAINT)
                    .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                    .orElse("");
            JsonNode error = JsonMapper.shared().readTree(text).path("errors").path(0);
            String message = error.path("message").asString(error.path("code").asString(""));
            String clean = message.replaceAll("\\p{Cntrl}+", " ").strip();
            return clean.length() > LONGEST_QUOTE ? clean.substring(0, LONGEST_QUOTE) + "…" : clean;
        } catch (IOException | JacksonException e) {
            return "";
        }
    }

    @Override
    public void close() {
        body.close();
    }
}
