package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Finds the credentials for a repository in the files that podman and docker write (containers-auth.json(5)).
 *
 * <p>A file that is named by option or {@code REGISTRY_AUTH_FILE} is the only one looked at, as podman has it. The files
 * are read anew for every look-up, so a login made while Prestage runs counts. Safe for use by many threads.
 */
final class Credentials {
    private static final JsonMapper JSON = JsonMapper.shared();

    /** A file, whether it has to exist, and whether it has docker's old form without {@code auths}. */
    private record Source(Path file, boolean required, boolean legacy) {}

    private final Surroundings surroundings;
    private final List<Source> sources;

    /**
     * Decides which files count and reads the required one.
     *
     * @throws OriginException if the file that was named does not exist or is not JSON
     */
    Credentials(Optional<Path> authFile, Surroundings surroundings) throws OriginException {
        this.surroundings = surroundings;
        this.sources = sources(authFile, surroundings);
        for (Source source : sources) {
            if (source.required()) {
                read(source);
            }
        }
    }

    private static List<Source> sources(Optional<Path> authFile, Surroundings surroundings) {
        Optional<Path> named =
                authFile.or(() -> surroundings.variable("REGISTRY_AUTH_FILE").map(Path::of));
        if (named.isPresent()) {
            return List.of(new Source(named.get(), true, false));
        }
        List<Source> found = new ArrayList<>();
        surroundings
                .variable("XDG_RUNTIME_DIR")
                .ifPresent(dir -> found.add(new Source(Path.of(dir, "containers", "auth.json"), false, false)));
        surroundings
                .userId()
                .ifPresent(uid -> found.add(new Source(Path.of("/run/containers", uid, "auth.json"), false, false)));
        Optional<Path> home = surroundings.variable("HOME").map(Path::of);
        surroundings
                .variable("XDG_CONFIG_HOME")
                .map(Path::of)
                .or(() -> home.map(h -> h.resolve(".config")))
                .ifPresent(dir -> found.add(new Source(dir.resolve("containers/auth.json"), false, false)));
        home.ifPresent(h -> {
            found.add(new Source(h.resolve(".docker/config.json"), false, false));
            found.add(new Source(h.resolve(".dockercfg"), false, true));
        });
        return List.copyOf(found);
    }

    /**
     * The credentials for a repository, from the first file that has any.
     *
     * @throws OriginException if a file is damaged or a credential program fails
     * @throws IOException if the thread is interrupted while a credential program runs
     */
    Optional<Credential> of(ImageReference image) throws IOException {
        List<String> keys = keys(image);
        for (Source source : sources) {
            Optional<Credential> credential = in(source, keys);
            if (credential.isPresent()) {
                return credential;
            }
        }
        return Optional.empty();
    }

    /** From {@code quay.io/org/app} to {@code quay.io}. */
    private static List<String> keys(ImageReference image) {
        List<String> keys = new ArrayList<>();
        String key = image.registry() + "/" + image.path();
        while (true) {
            keys.add(key);
            int slash = key.lastIndexOf('/');
            if (slash < 0) {
                return keys;
            }
            key = key.substring(0, slash);
        }
    }

    private Optional<Credential> in(Source source, List<String> keys) throws IOException {
        Optional<JsonNode> content = read(source);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        JsonNode auths = source.legacy() ? content.get() : content.get().path("auths");
        JsonNode helpers = source.legacy() ? JSON.missingNode() : content.get().path("credHelpers");
        for (String key : keys) {
            String helper = helpers.path(key).asString("");
            if (!helper.isEmpty()) {
                return CredentialProgram.named(helper, surroundings).get(key);
            }
            for (Map.Entry<String, JsonNode> entry : auths.properties()) {
                if (normalised(entry.getKey()).equals(key)) {
                    Optional<Credential> credential = decode(source, entry.getKey(), entry.getValue());
                    if (credential.isPresent()) {
                        return credential;
                    }
                }
            }
        }
        String store = source.legacy() ? "" : content.get().path("credsStore").asString("");
        return store.isEmpty()
                ? Optional.empty()
                : CredentialProgram.named(store, surroundings).get(keys.get(keys.size() - 1));
    }

    /** Docker writes whole addresses; only the host of such a key counts. */
    private static String normalised(String key) {
        String name = key;
        int scheme = name.indexOf("://");
        if (scheme >= 0) {
            name = name.substring(scheme + 3);
            int slash = name.indexOf('/');
            name = slash < 0 ? name : name.substring(0, slash);
        }
        return switch (name) {
            case "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com" -> "docker.io";
            default -> name;
        };
    }

    private static Optional<Credential> decode(Source source, String key, JsonNode entry) throws OriginException {
        String identityToken = entry.path("identitytoken").asString("");
        if (!identityToken.isEmpty()) {
            return Optional.of(new Credential.IdentityToken(identityToken));
        }
        String auth = entry.path("auth").asString("");
        if (auth.isEmpty()) {
            return Optional.empty();
        }
        String pair;
        try {
            pair = new String(Base64.getDecoder().decode(auth.strip()), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new OriginException(
                    Reason.UNAUTHORIZED,
                    "the entry for " + key + " in " + source.file() + " is not base64: log in to " + key + " again",
                    e);
        }
        int colon = pair.indexOf(':');
        if (colon < 1) {
            throw new OriginException(
                    Reason.UNAUTHORIZED,
                    "the entry for " + key + " in " + source.file() + " is not user:password: log in to " + key
                            + " again");
        }
        // Docker pads passwords with zero bytes in old files.
        String password = pair.substring(colon + 1).replaceAll("\0+$", "");
        return Optional.of(new Credential.Login(pair.substring(0, colon), password));
    }

    private static Optional<JsonNode> read(Source source) throws OriginException {
        Path file = source.file();
        if (!Files.exists(file)) {
            if (source.required()) {
                throw new OriginException(
                        Reason.UNAUTHORIZED,
                        "the credentials file " + file + " does not exist: name another with --authfile");
            }
            return Optional.empty();
        }
        try {
            JsonNode content = JSON.readTree(Files.readAllBytes(file));
            if (!content.isObject()) {
                throw notJson(file, null);
            }
            return Optional.of(content);
        } catch (JacksonException e) {
            throw notJson(file, e);
        } catch (OriginException e) {
            throw e;
        } catch (IOException e) {
            throw new OriginException(
                    Reason.UNAUTHORIZED,
                    "the credentials file " + file + " cannot be read (" + e.getMessage() + "): check its permissions",
                    e);
        }
    }

    private static OriginException notJson(Path file, Exception cause) {
        return new OriginException(
                Reason.UNAUTHORIZED,
                "the credentials file " + file + " is not a JSON object: download the pull secret again or log in anew",
                cause);
    }
}
