package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Finds out what has to be fetched for an image. Safe for use by many threads. */
public final class ImageResolver {
    /** Indexes in indexes are legal; nobody needs more of them than this. */
    private static final int DEEPEST_INDEX = 4;

    private final RegistryClient registry;
    private final int concurrency;

    /**
     * A resolver.
     *
     * @param registry stays open; closing it is its owner's business
     * @param concurrency how many images to resolve at a time, at least 1
     */
    public ImageResolver(RegistryClient registry, int concurrency) {
        if (concurrency < 1) {
            throw new IllegalArgumentException("at least one image has to be resolved at a time");
        }
        this.registry = registry;
        this.concurrency = concurrency;
    }

    /** An entry of an index. */
    private record Entry(Descriptor descriptor, Optional<Platform> platform) {}

    /**
     * Reads an image's manifests.
     *
     * @param platforms a {@link Platform}, or all of them
     * @throws OriginException if the image cannot be had, is not one we understand, or has no such platform
     */
    public ResolvedImage resolve(ImageReference image, PlatformChoice platforms) throws IOException {
        Manifest root = registry.manifest(image);
        List<Manifest> manifests = new ArrayList<>();
        if (root.isIndex()) {
            List<String> present = new ArrayList<>();
            descend(image, root, platforms, 1, manifests, present);
            if (manifests.stream().allMatch(Manifest::isIndex) && platforms instanceof Platform wanted) {
                throw new OriginException(
                        Reason.NOT_FOUND,
                        image + " has nothing for " + wanted + ": it has " + String.join(", ", present));
            }
        } else {
            manifests.add(root);
        }
        Map<Digest, Descriptor> blobs = new LinkedHashMap<>();
        for (Manifest manifest : manifests) {
            if (!manifest.isIndex()) {
                for (Descriptor blob : blobs(image, manifest)) {
                    Descriptor other = blobs.putIfAbsent(blob.digest(), blob);
                    if (other != null && other.size() != blob.size()) {
                        throw malformed(image, "gives blob " + blob.digest() + " two sizes", null);
                    }
                }
            }
        }
        return new ResolvedImage(image, root, manifests, List.copyOf(blobs.values()));
    }

    /** Collects what the choice takes of an index and of the indexes in it; says whether it took anything. */
    private boolean descend(
            ImageReference image,
            Manifest index,
            PlatformChoice platforms,
            int depth,
            List<Manifest> taken,
            List<String> present)
            throws IOException {
        List<Entry> entries = entries(image, index);
        entries.forEach(entry -> entry.platform().map(Platform::toString).ifPresent(present::add));
        boolean any = false;
        for (Entry entry : chosen(entries, platforms)) {
            Manifest manifest = manifest(image, entry);
            if (!manifest.isIndex()) {
                taken.add(manifest);
                any = true;
                continue;
            }
            if (depth >= DEEPEST_INDEX) {
                throw malformed(image, "holds indexes in indexes deeper than " + DEEPEST_INDEX, null);
            }
            List<Manifest> below = new ArrayList<>();
            if (descend(image, manifest, platforms, depth + 1, below, present)) {
                taken.add(manifest);
                taken.addAll(below);
                any = true;
                if (platforms instanceof Platform) {
                    return true;
                }
            }
        }
        return any;
    }

    private Manifest manifest(ImageReference image, Entry entry) throws IOException {
        Manifest manifest = registry.manifest(image, entry.descriptor().digest());
        if (manifest.descriptor().size() != entry.descriptor().size()) {
            throw malformed(image, "gives its manifest " + manifest.digest() + " a size that is wrong", null);
        }
        return manifest;
    }

    /** The entries to take: of several for one platform the first, and the one without a variant before any. */
    private static List<Entry> chosen(List<Entry> entries, PlatformChoice platforms) {
        if (!(platforms instanceof Platform wanted)) {
            return entries;
        }
        List<Entry> matching = entries.stream()
                .filter(entry -> entry.platform().filter(wanted::accepts).isPresent())
                .toList();
        Optional<Entry> best = matching.stream()
                .filter(entry -> entry.platform().flatMap(Platform::variant).equals(wanted.variant()))
                .findFirst()
                .or(() -> matching.stream().findFirst());
        if (best.isPresent()) {
            return List.of(best.get());
        }
        // What says no platform may be for any; nested indexes usually say none.
        List<Entry> silent =
                entries.stream().filter(entry -> entry.platform().isEmpty()).toList();
        boolean nested = silent.stream()
                .anyMatch(entry -> MediaTypes.isIndex(entry.descriptor().mediaType()));
        return nested
                ? silent.stream()
                        .filter(entry -> MediaTypes.isIndex(entry.descriptor().mediaType()))
                        .toList()
                : silent.stream().limit(1).toList();
    }

    private static List<Entry> entries(ImageReference image, Manifest index) throws OriginException {
        JsonNode json = JsonMapper.shared().readTree(index.content());
        if (!json.path("manifests").isArray()) {
            throw malformed(image, "is an index without a list of manifests", null);
        }
        List<Entry> entries = new ArrayList<>();
        for (JsonNode node : json.path("manifests").values()) {
            JsonNode platform = node.path("platform");
            String os = platform.path("os").asString("");
            String architecture = platform.path("architecture").asString("");
            Optional<String> variant =
                    Optional.of(platform.path("variant").asString("")).filter(text -> !text.isEmpty());
            entries.add(new Entry(
                    descriptor(image, node),
                    os.isEmpty() || architecture.isEmpty()
                            ? Optional.empty()
                            : Optional.of(new Platform(os, architecture, variant))));
        }
        return entries;
    }

    private static List<Descriptor> blobs(ImageReference image, Manifest manifest) throws OriginException {
        JsonNode json = JsonMapper.shared().readTree(manifest.content());
        if (!json.path("config").isObject() || !json.path("layers").isArray()) {
            throw malformed(image, "has a manifest without config or layers", null);
        }
        List<Descriptor> blobs = new ArrayList<>();
        blobs.add(descriptor(image, json.path("config")));
        for (JsonNode layer : json.path("layers").values()) {
            blobs.add(descriptor(image, layer));
        }
        return blobs;
    }

    private static Descriptor descriptor(ImageReference image, JsonNode node) throws OriginException {
        JsonNode size = node.path("size");
        if (!size.isIntegralNumber() || !size.canConvertToLong()) {
            throw malformed(image, "has a descriptor without a size", null);
        }
        List<String> urls = new ArrayList<>();
        for (JsonNode url : node.path("urls").values()) {
            urls.add(url.asString(""));
        }
        try {
            return new Descriptor(
                    node.path("mediaType").asString(""),
                    Digest.parse(node.path("digest").asString("")),
                    size.longValue(),
                    urls);
        } catch (IllegalArgumentException e) {
            throw malformed(image, "has a descriptor that is wrong (" + e.getMessage() + ")", e);
        }
    }

    private static OriginException malformed(ImageReference image, String what, Exception cause) {
        return new OriginException(Reason.PROTOCOL, image + " " + what + ": it has to be pushed again", cause);
    }

    /**
     * What came of resolving many images.
     *
     * @param resolved those that can be had, in the order of the references
     * @param failed why the others cannot be had
     * @param asked how many were asked for
     */
    public record Resolutions(List<ResolvedImage> resolved, Map<ImageReference, OriginException> failed, int asked) {
        /** Copies the list and the map. */
        public Resolutions {
            resolved = List.copyOf(resolved);
            failed = Collections.unmodifiableMap(new LinkedHashMap<>(failed));
        }

        /**
         * All of them.
         *
         * @throws OriginException if any failed: one alone as it is, several in one sentence that names each
         */
        public List<ResolvedImage> all() throws OriginException {
            if (failed.isEmpty()) {
                return resolved;
            }
            List<OriginException> each = List.copyOf(failed.values());
            throw each.size() == 1 ? each.get(0) : together(each, asked);
        }
    }

    /**
     * Resolves many images, several at a time.
     *
     * @return in the order of the references
     * @throws OriginException if any fail: one alone as it is, several in one sentence that names each
     * @throws InterruptedIOException if the thread is interrupted
     */
    public List<ResolvedImage> resolveAll(List<ImageReference> images, PlatformChoice platforms) throws IOException {
        return resolveEach(images, platforms).all();
    }

    /**
     * Resolves many images, several at a time, whatever becomes of some of them.
     *
     * @throws InterruptedIOException if the thread is interrupted
     */
    public Resolutions resolveEach(List<ImageReference> images, PlatformChoice platforms) throws IOException {
        ExecutorService threads = Executors.newFixedThreadPool(concurrency, task -> {
            Thread thread = new Thread(task, "prestage-resolve");
            thread.setDaemon(true);
            return thread;
        });
        try {
            Map<ImageReference, Future<ResolvedImage>> pending = new LinkedHashMap<>();
            images.forEach(image ->
                    pending.computeIfAbsent(image, one -> threads.submit(() -> resolve(one, platforms))));
            return collect(pending);
        } finally {
            threads.shutdownNow();
        }
    }

    private static Resolutions collect(Map<ImageReference, Future<ResolvedImage>> pending) throws IOException {
        List<ResolvedImage> resolved = new ArrayList<>();
        Map<ImageReference, OriginException> failed = new LinkedHashMap<>();
        for (Map.Entry<ImageReference, Future<ResolvedImage>> one : pending.entrySet()) {
            try {
                resolved.add(one.getValue().get());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                InterruptedIOException interrupted = new InterruptedIOException("interrupted while resolving images");
                interrupted.initCause(e);
                throw interrupted;
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof OriginException failure)) {
                    throw new IOException(
                            "resolving the images failed: " + e.getCause().getMessage(), e.getCause());
                }
                failed.put(one.getKey(), failure);
            }
        }
        return new Resolutions(resolved, failed, pending.size());
    }

    private static OriginException together(List<OriginException> failed, int all) {
        Reason reason = failed.stream()
                .map(OriginException::reason)
                .filter(r -> r == Reason.NOT_FOUND)
                .findFirst()
                .orElse(failed.get(0).reason());
        String each = failed.stream().map(Throwable::getMessage).distinct().collect(Collectors.joining("; "));
        OriginException whole = new OriginException(
                reason, failed.size() + " of " + all + " images cannot be had: " + each, failed.get(0));
        failed.stream().skip(1).forEach(whole::addSuppressed);
        return whole;
    }
}
