package io.prestage.imageset;

import io.prestage.protocol.Digest;
import java.net.URI;
import java.util.Optional;
import java.util.Set;

/**
 * A plain file that is asked for by its address.
 *
 * @param address with {@code https:} or {@code http:}
 * @param digest what its content has to be, if that was given
 */
public record FileRequest(URI address, Optional<Digest> digest) {
    private static final Set<String> NO_NAMES = Set.of("", ".", "..");
    private static final String SHA256 = "sha256=";

    /** Checks that the address names a file. */
    public FileRequest {
        boolean web = "https".equals(address.getScheme()) || "http".equals(address.getScheme());
        if (!web || address.getHost() == null || address.getPort() > 65_535 || NO_NAMES.contains(nameOf(address))) {
            throw new IllegalArgumentException(
                    "'" + address + "' is not the address of a file: write https://host/path/file");
        }
    }

    /**
     * Reads {@code URL[#sha256=HEX]}.
     *
     * @throws IllegalArgumentException with a sentence that quotes the text if it is anything else
     */
    public static FileRequest parse(String text) {
        int hash = text.indexOf('#');
        String address = hash < 0 ? text : text.substring(0, hash);
        Optional<Digest> digest = Optional.empty();
        if (hash >= 0) {
            String fragment = text.substring(hash + 1);
            if (!fragment.startsWith(SHA256)) {
                throw new IllegalArgumentException("'" + text + "' has something else than sha256= after its #");
            }
            try {
                digest = Optional.of(Digest.ofHex(fragment.substring(SHA256.length())));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("'" + text + "' has a wrong SHA-256: " + e.getMessage(), e);
            }
        }
        try {
            return new FileRequest(URI.create(address), digest);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "'" + address + "' is not the address of a file: write https://host/path/file", e);
        }
    }

    /** What the file is called on the partition: the last part of its address. */
    public String name() {
        return nameOf(address);
    }

    private static String nameOf(URI address) {
        String path = address.getPath() == null ? "" : address.getPath();
        return path.substring(path.lastIndexOf('/') + 1);
    }

    @Override
    public String toString() {
        return address + digest.map(value -> "#" + SHA256 + value.hex()).orElse("");
    }
}
