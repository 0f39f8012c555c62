package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Reads files of HTTP servers with the proxies, certificates and patience that registries are read with.
 *
 * <p>An address that the operator wrote with {@code http:} is read so; a redirect never leads from HTTPS to plain HTTP
 * unless certificates are not checked either. No credentials are sent. Safe for use by many threads.
 */
public final class WebFiles {
    private final Redirects redirects;
    private final RangeReader ranges;
    private final Surroundings surroundings;
    private final LongConsumer received;
    private final Consumer<Reason> failed;

    WebFiles(
            Transport transport,
            RangeReader ranges,
            Surroundings surroundings,
            LongConsumer received,
            Consumer<Reason> failed) {
        this.redirects = new Redirects(transport);
        this.ranges = ranges;
        this.surroundings = surroundings;
        this.received = received;
        this.failed = failed;
    }

    /**
     * Reads a small file whole.
     *
     * @param headers for instance {@code Accept}
     * @param limit the most bytes to accept
     * @throws OriginException if it cannot be had or is larger; {@link Reason#NOT_FOUND} if the server has none
     */
    public byte[] read(URI address, Map<String, String> headers, int limit) throws IOException {
        Retries retries = new Retries(surroundings, failed);
        while (true) {
            try {
                return readOnce(address, headers, limit);
            } catch (OriginException e) {
                retries.after(e);
            }
        }
    }

    private byte[] readOnce(URI address, Map<String, String> headers, int limit) throws IOException {
        try (Response response = open(address, headers, bytes -> {})) {
            Optional<byte[]> content;
            try {
                content = response.body().readAll(limit);
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                throw ranges.broken(address.getAuthority(), address.getPath(), e);
            }
            return content.orElseThrow(() -> new OriginException(
                    Reason.PROTOCOL,
                    address + " is larger than " + limit + " bytes, which is too much: check the address"));
        }
    }

    /**
     * What a server says of a file.
     *
     * @param size bytes
     * @param ranges whether it serves parts of it
     * @param version changes when the content does: its entity tag, else when it was last changed; empty if the server says neither
     */
    public record About(long size, boolean ranges, String version) {}

    /**
     * Asks about a file.
     *
     * @throws OriginException if the server has no such file or does not say how large it is
     */
    public About about(URI address) throws IOException {
        Retries retries = new Retries(surroundings, failed);
        while (true) {
            try (Response response = open(address, Map.of("Range", "bytes=0-0"), bytes -> {})) {
                String version = response.header("ETag")
                        .or(() -> response.header("Last-Modified"))
                        .orElse("");
                return new About(sizeOf(address, response), response.status() == 206, version);
            } catch (OriginException e) {
                retries.after(e);
            }
        }
    }

    private static long sizeOf(URI address, Response response) throws OriginException {
        String range = response.header("Content-Range").orElse("");
        String text = response.status() == 200
                ? response.header("Content-Length").orElse("")
                : range.substring(range.indexOf('/') + 1);
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new OriginException(
                    Reason.PROTOCOL,
                    address.getAuthority() + " does not say how large " + address.getPath()
                            + " is: put the file on another server",
                    e);
        }
    }

    /**
     * Reads a range of a file, as {@link RegistryClient#fetch} does of a blob.
     *
     * @param size bytes of the whole file
     * @param from first byte, 0 ≤ from ≤ to
     * @param to the byte after the last, at most {@code size}
     * @throws OriginException if the bytes cannot be had
     * @throws IOException what the sink throws
     */
    public void fetch(URI address, long size, long from, long to, ByteSink sink) throws IOException {
        ranges.read(
                new RangeTransfer(address.getAuthority(), address.getPath(), size, from, to, sink),
                headers -> open(address, headers, received));
    }

    private Response open(URI address, Map<String, String> headers, LongConsumer bytes) throws IOException {
        if (address.getHost() == null || !("https".equals(address.getScheme()) || "http".equals(address.getScheme()))) {
            throw new OriginException(
                    Reason.PROTOCOL, "'" + address + "' is not an address of a file: write https://host/path");
        }
        Response response = redirects.follow(address, address.toString(), headers, Optional.empty(), bytes);
        int status = response.status();
        if (status == 200 || status == 206 || (status == 416 && headers.containsKey("Range"))) {
            return response;
        }
        try (response) {
            if (status == 401 || status == 403) {
                throw new OriginException(
                        Reason.UNAUTHORIZED,
                        address.getAuthority() + " refuses to give us " + address.getPath() + " (" + status
                                + "): put the file where no login is needed");
            }
            throw Refusals.unexpected(response, address.getPath(), address.getAuthority());
        }
    }
}
