package io.prestage.node.http;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The part of a file that a request's {@code Range} names (RFC 9110, section 14).
 *
 * @param from first byte, 0 ≤ from ≤ to
 * @param to byte after the last
 */
record ByteRange(long from, long to) {
    private static final Pattern SINGLE = Pattern.compile("bytes=\\s*([0-9]{0,18})-([0-9]{0,18})\\s*");

    /**
     * Reads the header.
     *
     * @param size bytes of the file
     * @return empty if the header asks for nothing that we do: it is then to be ignored, by the RFC
     * @throws Unsatisfiable if no byte of the file is in the range
     */
    static Optional<ByteRange> parse(String header, long size) throws Unsatisfiable {
        Matcher parts = SINGLE.matcher(header);
        if (!parts.matches() || (parts.group(1).isEmpty() && parts.group(2).isEmpty())) {
            return Optional.empty();
        }
        if (parts.group(1).isEmpty()) {
            long last = Long.parseLong(parts.group(2));
            if (last == 0 || size == 0) {
                throw new Unsatisfiable(size);
            }
            return Optional.of(new ByteRange(Math.max(0, size - last), size));
        }
        long from = Long.parseLong(parts.group(1));
        long to = parts.group(2).isEmpty() ? size : Math.min(size, Long.parseLong(parts.group(2)) + 1);
        if (!parts.group(2).isEmpty() && Long.parseLong(parts.group(2)) < from) {
            return Optional.empty();
        }
        if (from >= size) {
            throw new Unsatisfiable(size);
        }
        return Optional.of(new ByteRange(from, to));
    }

    /** No byte of the file is in the range. */
    static final class Unsatisfiable extends Exception {
        private static final long serialVersionUID = 1L;

        private final long size;

        private Unsatisfiable(long size) {
            super("no byte of a file of " + size + " bytes is in that range");
            this.size = size;
        }

        /** Bytes of the file. */
        long size() {
            return size;
        }
    }
}
