package io.prestage.imageset;

import io.prestage.node.origin.OriginException;
import io.prestage.node.origin.OriginException.Reason;
import io.prestage.node.origin.WebFiles;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A plain file that is to be staged.
 *
 * @param name on the partition
 * @param address where it is fetched from
 * @param size bytes
 * @param digest what its content has to be, if somebody says
 * @param ranges whether its server serves parts of it
 * @param version what its server calls the version of its content, or nothing
 */
public record WebFile(String name, URI address, long size, Optional<Digest> digest, boolean ranges, String version) {
    /** Files beside a file that publish its SHA-256, as sha256sum writes them. */
    private static final List<String> LISTS = List.of("sha256sum.txt", "SHA256SUMS");

    private static final int LARGEST_LIST = 4 << 20;
    private static final Pattern LINE = Pattern.compile("(?m)^([0-9a-fA-F]{64})(?:\\s+\\*?(\\S+))?\\s*$");

    /**
     * Finds out how large a file is, and what its server publishes as its SHA-256 unless one was given.
     *
     * @throws OriginException if the server has no such file
     */
    static WebFile find(WebFiles files, FileRequest request) throws IOException {
        WebFiles.About about = files.about(request.address());
        Optional<Digest> digest = request.digest().isPresent() ? request.digest() : published(files, request);
        return new WebFile(request.name(), request.address(), about.size(), digest, about.ranges(), about.version());
    }

    private static Optional<Digest> published(WebFiles files, FileRequest request) throws IOException {
        Optional<Digest> own = in(files, URI.create(request.address() + ".sha256"), request.name());
        for (String list : LISTS) {
            if (own.isPresent()) {
                return own;
            }
            own = in(files, request.address().resolve(list), request.name());
        }
        return own;
    }

    private static Optional<Digest> in(WebFiles files, URI list, String name) throws IOException {
        try {
            return listed(new String(files.read(list, Map.of(), LARGEST_LIST), StandardCharsets.UTF_8), name);
        } catch (OriginException e) {
            if (e.reason() == Reason.NOT_FOUND || e.reason() == Reason.UNAUTHORIZED || e.reason() == Reason.PROTOCOL) {
                return Optional.empty(); // stores answer 403 for what they do not have
            }
            throw e;
        }
    }

    /** What a list of sha256sum says of a file; a line without a name says it of the one file that the list is for. */
    static Optional<Digest> listed(String list, String name) {
        Matcher lines = LINE.matcher(list);
        while (lines.find()) {
            String of = lines.group(2);
            if (of == null || of.substring(of.lastIndexOf('/') + 1).equals(name)) {
                return Optional.of(Digest.ofHex(lines.group(1).toLowerCase(Locale.ROOT)));
            }
        }
        return Optional.empty();
    }

    /** Whether this is the file: of its size, and of its digest if that is known. */
    public boolean isAt(Path place) throws IOException {
        return Files.isRegularFile(place)
                && Files.size(place) == size
                && (digest.isEmpty() || FileFetch.hash(place).equals(digest.get()));
    }

    /** The same file with what its content turned out to be. */
    WebFile with(Digest found) {
        return new WebFile(name, address, size, Optional.of(found), ranges, version);
    }
}
