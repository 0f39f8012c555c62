package io.prestage.lab;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One request that a registry answered, as its access log tells it.
 *
 * <p>The log has no Range header; status 206 and the bytes say how much of a blob was served, not which part.
 *
 * @param remote the address of who asked
 * @param method {@code GET} and so on
 * @param path with the query, as it was asked for
 * @param status of the answer
 * @param bytes of the answer's body that were sent
 */
public record RegistryAccess(String remote, String method, String path, int status, long bytes) {
    private static final Pattern LINE =
            Pattern.compile("(\\S+) \\S+ \\S+ \\[[^]]+] \"(\\S+) (\\S+) [^\"]*\" (\\d{3}) (\\d+|-).*");
    private static final Pattern BLOB = Pattern.compile("/v2/.+/blobs/(sha256:[0-9a-f]{64})(\\?.*)?");

    /** Reads a line of the combined log format; nothing if it is none. */
    public static Optional<RegistryAccess> parse(String line) {
        Matcher parts = LINE.matcher(line);
        if (!parts.matches()) {
            return Optional.empty();
        }
        String bytes = parts.group(5);
        return Optional.of(new RegistryAccess(
                parts.group(1),
                parts.group(2),
                parts.group(3),
                Integer.parseInt(parts.group(4)),
                bytes.equals("-") ? 0 : Long.parseLong(bytes)));
    }

    /** The digest of the blob whose content was sent; nothing for any other request and for refusals. */
    public Optional<String> blobSent() {
        Matcher blob = BLOB.matcher(path);
        boolean sent = method.equals("GET") && (status == 200 || status == 206) && blob.matches();
        return sent ? Optional.of(blob.group(1)) : Optional.empty();
    }
}
