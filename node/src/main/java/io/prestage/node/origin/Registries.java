package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * Knows where an image is to be looked for in place of the registry that its reference names: containers-registries.conf(5), version
 * 2.
 *
 * <p>Of the tables whose prefix matches, the longest counts. A drop-in's table takes the place of an earlier one of the same prefix.
 */
final class Registries {
    private static final TomlMapper TOML = new TomlMapper();

    /** Which references a mirror is asked for. */
    private enum Pull {
        ALL,
        DIGEST_ONLY,
        TAG_ONLY
    }

    private record Mirror(String location, Pull pull) {}

    private record Table(String prefix, String location, boolean blocked, List<Mirror> mirrors, Path file) {}

    private final Map<String, Table> tables = new LinkedHashMap<>();
    private final Set<String> insecure = new HashSet<>();

    /**
     * Reads the files.
     *
     * @param named the main file in place of the usual ones
     * @throws OriginException if a file is damaged, or the named one absent
     */
    Registries(Optional<Path> named, Surroundings surroundings) throws OriginException {
        if (named.isPresent() && !Files.exists(named.get())) {
            throw wrong(named.get(), "does not exist: name another with --registries-conf", null);
        }
        Optional<Path> main = named.or(() ->
                surroundings.registryFiles().stream().filter(Files::exists).findFirst());
        if (main.isPresent()) {
            read(main.get());
        }
        for (Path folder : surroundings.registryFolders()) {
            for (Path dropIn : dropIns(folder)) {
                read(dropIn);
            }
        }
    }

    private static List<Path> dropIns(Path folder) throws OriginException {
        List<Path> files = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> present = Files.newDirectoryStream(folder, "*.conf")) {
                present.forEach(files::add);
            } catch (IOException e) {
                throw wrong(folder, "cannot be listed: check its permissions", e);
            }
        }
        files.sort(null);
        return files;
    }

    private void read(Path file) throws OriginException {
        JsonNode root;
        try {
            root = TOML.readTree(Files.readString(file));
        } catch (JacksonException e) {
            throw wrong(
                    file,
                    "is not TOML (" + e.getOriginalMessage().lines().findFirst().orElse("") + "): mend it",
                    e);
        } catch (IOException e) {
            throw wrong(file, "cannot be read: check its permissions", e);
        }
        if (root.has("registries")) {
            throw wrong(file, "has the old form with [registries.…]: write [[registry]] tables", null);
        }
        for (JsonNode table : root.path("registry").values()) {
            add(table, file);
        }
    }

    private void add(JsonNode table, Path file) throws OriginException {
        String location = trimmed(text(table, "location", file));
        String prefix = trimmed(text(table, "prefix", file));
        if (prefix.isEmpty()) {
            prefix = location;
        }
        if (prefix.isEmpty()) {
            throw wrong(file, "has a [[registry]] without location and prefix: mend it", null);
        }
        if (location.isEmpty() && !prefix.startsWith("*.")) {
            location = prefix;
        }
        boolean byDigestOnly = flag(table, "mirror-by-digest-only", file);
        if (flag(table, "insecure", file)) {
            insecure.add(host(location.isEmpty() ? prefix : location));
        }
        List<Mirror> mirrors = new ArrayList<>();
        for (JsonNode mirror : table.path("mirror").values()) {
            String place = trimmed(text(mirror, "location", file));
            if (place.isEmpty()) {
                throw wrong(file, "has a [[registry.mirror]] of " + prefix + " without a location: mend it", null);
            }
            if (flag(mirror, "insecure", file)) {
                insecure.add(host(place));
            }
            mirrors.add(new Mirror(place, byDigestOnly ? Pull.DIGEST_ONLY : pull(mirror, file)));
        }
        tables.remove(prefix);
        tables.put(prefix, new Table(prefix, location, flag(table, "blocked", file), List.copyOf(mirrors), file));
    }

    private static Pull pull(JsonNode mirror, Path file) throws OriginException {
        String text = text(mirror, "pull-from-mirror", file);
        return switch (text) {
            case "", "all" -> Pull.ALL;
            case "digest-only" -> Pull.DIGEST_ONLY;
            case "tag-only" -> Pull.TAG_ONLY;
            default ->
                throw wrong(file, "has pull-from-mirror '" + text + "': write all, digest-only or tag-only", null);
        };
    }

    private static String text(JsonNode table, String field, Path file) throws OriginException {
        JsonNode value = table.path(field);
        if (value.isMissingNode()) {
            return "";
        }
        if (!value.isString()) {
            throw wrong(file, "has a " + field + " that is no text: mend it", null);
        }
        return value.asString();
    }

    private static boolean flag(JsonNode table, String field, Path file) throws OriginException {
        JsonNode value = table.path(field);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw wrong(file, "has a " + field + " that is neither true nor false: mend it", null);
        }
        return value.asBoolean(false);
    }

    private static String trimmed(String location) {
        return location.endsWith("/") ? location.substring(0, location.length() - 1) : location;
    }

    private static String host(String location) {
        int slash = location.indexOf('/');
        String host = slash < 0 ? location : location.substring(0, slash);
        return host.toLowerCase(Locale.ROOT);
    }

    /** Whether a host may be spoken to in plain HTTP, or with a certificate that is not checked. */
    boolean isInsecure(String authority) {
        String name = authority.toLowerCase(Locale.ROOT);
        return insecure.stream()
                .anyMatch(host -> host.equals(name) || (host.startsWith("*.") && name.endsWith(host.substring(1))));
    }

    /**
     * Where to look for an image, one place after the other; without a table only where its reference says.
     *
     * @throws OriginException if looking for it is forbidden
     */
    List<ImageReference> places(ImageReference image) throws OriginException {
        Optional<Table> table = tables.values().stream()
                .filter(candidate -> matches(candidate.prefix(), image))
                .max((one, other) ->
                        Integer.compare(one.prefix().length(), other.prefix().length()));
        if (table.isEmpty()) {
            return List.of(image);
        }
        Table found = table.get();
        if (found.blocked()) {
            throw new OriginException(
                    Reason.UNAUTHORIZED,
                    image + " may not be fetched: " + found.file() + " blocks " + found.prefix()
                            + "; remove 'blocked' there, or leave the image out");
        }
        List<ImageReference> places = new ArrayList<>();
        for (Mirror mirror : found.mirrors()) {
            boolean asked = mirror.pull() == Pull.ALL
                    || (mirror.pull() == Pull.DIGEST_ONLY) == image.digest().isPresent();
            if (asked) {
                places.add(moved(image, found, mirror.location()));
            }
        }
        places.add(moved(image, found, found.location()));
        return places;
    }

    private static boolean matches(String prefix, ImageReference image) {
        if (prefix.startsWith("*.")) {
            int slash = prefix.indexOf('/');
            return slash < 0 && image.registry().endsWith(prefix.substring(1));
        }
        String name = image.name();
        return name.equals(prefix)
                || name.startsWith(prefix + "/")
                || (image.digest().isEmpty()
                        && image.tag()
                                .filter(tag -> (name + ":" + tag).equals(prefix))
                                .isPresent());
    }

    private static ImageReference moved(ImageReference image, Table table, String location) throws OriginException {
        if (location.isEmpty() || location.equals(table.prefix())) {
            return image;
        }
        int matched = table.prefix().startsWith("*.")
                ? image.registry().length()
                : Math.min(table.prefix().length(), image.name().length());
        String name = location + image.name().substring(matched);
        int slash = name.indexOf('/');
        try {
            return new ImageReference(
                    slash < 0 ? name : name.substring(0, slash),
                    slash < 0 ? "" : name.substring(slash + 1),
                    image.tag(),
                    image.digest());
        } catch (IllegalArgumentException e) {
            throw wrong(table.file(), "leads from " + image + " to " + name + ", which is no image: mend it", e);
        }
    }

    private static OriginException wrong(Path file, String what, Exception cause) {
        return new OriginException(Reason.PROTOCOL, "the registries file " + file + " " + what, cause);
    }
}
