package io.prestage.node.registry;

import io.prestage.node.http.Answer;
import io.prestage.node.http.Handler;
import io.prestage.node.http.Request;
import io.prestage.node.http.Route;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/**
 * Answers what the OCI distribution specification has for pulling: manifests, blobs with ranges, tags and the catalog.
 *
 * <p>A blob is served under every repository's name, since it is the same whoever names it.
 */
public final class DistributionApi implements Handler {
    private static final String NAME =
            "([a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*)";
    private static final Pattern MANIFEST = Pattern.compile("/v2/" + NAME + "/manifests/([^/]+)");
    private static final Pattern BLOB = Pattern.compile("/v2/" + NAME + "/blobs/([^/]+)");
    private static final Pattern TAGS = Pattern.compile("/v2/" + NAME + "/tags/list");
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");
    private static final Map<String, String> VERSION = Map.of("Docker-Distribution-Api-Version", "registry/2.0");

    private final Contents contents;
    private final BlobTraffic traffic;

    /**
     * An API over some contents.
     *
     * @param traffic told what was sent of which blob
     */
    public DistributionApi(Contents contents, BlobTraffic traffic) {
        this.contents = contents;
        this.traffic = traffic;
    }

    /** The route to give to a server. */
    public Route route() {
        return new Route("/v2/", this);
    }

    @Override
    public Answer answer(Request request) throws IOException {
        String path = request.path();
        if (path.equals("/v2/") || path.equals("/v2")) {
            return json(200, Map.of(), Map.of());
        }
        if (path.equals("/v2/_catalog")) {
            return page(request, "/v2/_catalog", "repositories", contents.names(), Map.of());
        }
        Matcher manifest = MANIFEST.matcher(path);
        if (manifest.matches()) {
            return manifest(manifest.group(1), manifest.group(2));
        }
        Matcher blob = BLOB.matcher(path);
        if (blob.matches()) {
            return blob(blob.group(2));
        }
        Matcher tags = TAGS.matcher(path);
        if (tags.matches()) {
            return tags(request, tags.group(1));
        }
        return error(404, "NAME_INVALID", "no such address: images are pulled from here, nothing else");
    }

    private Answer manifest(String name, String reference) throws IOException {
        if (reference.contains(":")) {
            if (digest(reference).isEmpty()) {
                return error(400, "DIGEST_INVALID", "a digest is written sha256: and 64 digits of 0-9a-f");
            }
        } else if (!TAG.matcher(reference).matches()) {
            return error(400, "MANIFEST_INVALID", "this is not a tag");
        }
        Optional<StoredManifest> found = contents.manifest(name, reference);
        if (found.isEmpty()) {
            return error(404, "MANIFEST_UNKNOWN", "there is no " + reference + " of " + name + " here, or not yet");
        }
        StoredManifest manifest = found.get();
        return new Answer.Content(200, manifest.mediaType(), manifest.content(), describing(manifest.digest()));
    }

    private Answer blob(String text) throws IOException {
        Optional<Digest> digest = digest(text);
        if (digest.isEmpty()) {
            return error(400, "DIGEST_INVALID", "a digest is written sha256: and 64 digits of 0-9a-f");
        }
        Optional<Path> file = contents.blob(digest.get());
        if (file.isEmpty()) {
            return error(404, "BLOB_UNKNOWN", "there is no " + text + " here, or not all of it yet");
        }
        return new Answer.FileContent(
                file.get(),
                "application/octet-stream",
                describing(digest.get()),
                (from, to, bytes) -> traffic.sent(digest.get(), from, to, bytes));
    }

    private Answer tags(Request request, String name) throws IOException {
        List<String> tags = contents.tags(name);
        if (tags.isEmpty()) {
            return error(404, "NAME_UNKNOWN", "there are no tags of " + name + " here");
        }
        return page(request, "/v2/" + name + "/tags/list", "tags", tags, Map.of("name", name));
    }

    /** A list, or the part of it that {@code n} and {@code last} ask for. */
    private static Answer page(
            Request request, String address, String member, List<String> all, Map<String, Object> besides) {
        String last = request.parameter("last").orElse("");
        List<String> rest =
                all.stream().filter(item -> item.compareTo(last) > 0).toList();
        int count;
        try {
            count = request.parameter("n").map(Integer::parseInt).orElse(rest.size());
        } catch (NumberFormatException e) {
            return error(400, "PAGINATION_NUMBER_INVALID", "n is not a number");
        }
        if (count < 0) {
            return error(400, "PAGINATION_NUMBER_INVALID", "n is less than nothing");
        }
        List<String> shown = rest.subList(0, Math.min(count, rest.size()));
        Map<String, Object> body = new HashMap<>(besides);
        body.put(member, shown);
        boolean more = !shown.isEmpty() && shown.size() < rest.size();
        return json(
                200,
                body,
                more
                        ? Map.of(
                                "Link",
                                "<" + address + "?n=" + count + "&last=" + shown.get(shown.size() - 1)
                                        + ">; rel=\"next\"")
                        : Map.of());
    }

    private static Optional<Digest> digest(String text) {
        try {
            return Optional.of(Digest.parse(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Map<String, String> describing(Digest digest) {
        Map<String, String> headers = new HashMap<>(VERSION);
        headers.put("Docker-Content-Digest", digest.toString());
        headers.put("ETag", "\"" + digest + "\"");
        return headers;
    }

    private static Answer error(int status, String code, String message) {
        return json(status, Map.of("errors", List.of(Map.of("code", code, "message", message))), Map.of());
    }

    private static Answer json(int status, Map<String, Object> body, Map<String, String> headers) {
        Map<String, String> all = new HashMap<>(VERSION);
        all.putAll(headers);
        return new Answer.Content(
                status, "application/json", JsonMapper.shared().writeValueAsBytes(body), all);
    }
}
