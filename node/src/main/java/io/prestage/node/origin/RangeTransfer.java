package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A range of some content on its way from an origin to a sink, and how far it has come. For one thread. */
final class RangeTransfer {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\\*)");

    /** Keeps what the sink throws apart from what the origin does. */
    static final class SinkFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final IOException failure;

        private SinkFailure(IOException failure) {
            super(failure);
            this.failure = failure;
        }

        IOException failure() {
            return failure;
        }
    }

    private final String whom;
    private final String what;
    private final long size;
    private final long to;
    private final ByteSink sink;
    private long position;

    /**
     * A transfer that has not begun.
     *
     * @param whom who sends, to be named in sentences
     * @param what what is sent, to be named in sentences
     * @param size bytes of the whole content
     * @param from first byte, 0 ≤ from ≤ to
     * @param to the byte after the last, at most {@code size}
     */
    RangeTransfer(String whom, String what, long size, long from, long to, ByteSink sink) {
        if (from < 0 || from > to || to > size) {
            throw new IllegalArgumentException("bytes " + from + " to " + to + " are not in " + size);
        }
        this.whom = whom;
        this.what = what;
        this.size = size;
        this.position = from;
        this.to = to;
        this.sink = sink;
    }

    String whom() {
        return whom;
    }

    String what() {
        return what;
    }

    /** The next byte that the sink wants. */
    long position() {
        return position;
    }

    boolean isComplete() {
        return position == to;
    }

    /** The headers of the request for what is left. */
    Map<String, String> headers() {
        return Map.of("Range", "bytes=" + position + "-" + (to - 1));
    }

    /**
     * How many bytes at the body's start come before the one we want.
     *
     * @throws OriginException if the answer is not about the range we asked for
     */
    long bytesToSkip(Response response) throws OriginException {
        return switch (response.status()) {
            case 206 -> partial(response.header("Content-Range").orElse(""));
            case 416 -> throw wrongSize("no byte " + position);
            default ->
                whole(response.headers().firstValueAsLong("Content-Length").orElse(size));
        };
    }

    private long partial(String contentRange) throws OriginException {
        Matcher parts = CONTENT_RANGE.matcher(contentRange);
        if (!parts.matches()) {
            throw wrongRange(contentRange);
        }
        String total = parts.group(3);
        if (!total.equals("*") && Long.parseLong(total) != size) {
            throw wrongSize(total + " bytes");
        }
        if (Long.parseLong(parts.group(1)) != position || Long.parseLong(parts.group(2)) >= to) {
            throw wrongRange(contentRange);
        }
        return 0;
    }

    private long whole(long length) throws OriginException {
        if (length != size) {
            throw wrongSize(length + " bytes");
        }
        return position;
    }

    private OriginException wrongRange(String contentRange) {
        return new OriginException(
                Reason.PROTOCOL,
                whom + " was asked for bytes " + position + "-" + (to - 1) + " of " + what + " and answers with '"
                        + contentRange + "': look for a proxy that breaks ranges");
    }

    private OriginException wrongSize(String found) {
        return new OriginException(
                Reason.CORRUPT,
                whom + " has " + found + " of " + what + ", of which it should have " + size
                        + " bytes: it has to be put there again");
    }

    /** The body ended before the range did. */
    OriginException tooShort() {
        return new OriginException(
                Reason.UNREACHABLE,
                whom + " ended " + what + " at byte " + position + " of " + to + ": check the link to it");
    }

    /** Passes on what of the bytes is wanted; what comes after the range's end is not. */
    void deliver(ByteBuffer bytes) {
        if (!bytes.hasRemaining()) {
            return;
        }
        int wanted = (int) Math.min(bytes.remaining(), to - position);
        try {
            sink.accept(bytes.slice(bytes.position(), wanted).asReadOnlyBuffer());
        } catch (IOException e) {
            throw new SinkFailure(e);
        }
        position += wanted;
    }
}
