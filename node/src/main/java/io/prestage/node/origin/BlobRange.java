package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;
import io.prestage.node.origin.RegistryCaller.Question;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A range of a blob on its way to a sink, and how far it has come. For one thread. */
final class BlobRange {
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

    private final ImageReference repository;
    private final Digest blob;
    private final long size;
    private final long to;
    private final ByteSink sink;
    private long position;

    BlobRange(ImageReference repository, Digest blob, long size, long from, long to, ByteSink sink) {
        this.repository = repository;
        this.blob = blob;
        this.size = size;
        this.position = from;
        this.to = to;
        this.sink = sink;
    }

    ImageReference repository() {
        return repository;
    }

    /** The next byte that the sink wants. */
    long position() {
        return position;
    }

    boolean isComplete() {
        return position == to;
    }

    /** The request for what is left. */
    Question question(LongConsumer received) {
        return new Question(
                repository,
                toString(),
                "blobs/" + blob,
                Map.of("Range", "bytes=" + position + "-" + (to - 1)),
                received);
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
                repository.registry() + " was asked for bytes " + position + "-" + (to - 1) + " of " + this
                        + " and answers with '" + contentRange + "': look for a proxy that breaks ranges");
    }

    private OriginException wrongSize(String found) {
        return new OriginException(
                Reason.CORRUPT,
                repository.registry() + " has " + found + " of " + this + ", whose manifest says " + size
                        + " bytes: the image has to be pushed there again");
    }

    /** The body ended before the range did. */
    OriginException tooShort() {
        return new OriginException(
                Reason.UNREACHABLE,
                repository.registry() + " ended " + this + " at byte " + position + " of " + to
                        + ": check the link to it");
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

    @Override
    public String toString() {
        return "blob " + blob.brief() + " of " + repository.name();
    }
}
