package io.prestage.imageset;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.prestage.imageset.Catalog.CatalogBundle;
import io.prestage.imageset.ImageSet.OperatorCatalog;
import io.prestage.imageset.ImageSet.OperatorPackage;
import io.prestage.imageset.ImageSet.ReleaseChannel;
import io.prestage.imageset.ReleaseGraph.Release;
import io.prestage.imageset.ReleasePayload.Component;
import io.prestage.node.NodeOptions;
import io.prestage.node.origin.ImageReference;
import io.prestage.node.origin.ImageResolver;
import io.prestage.node.origin.ImageResolver.Resolutions;
import io.prestage.node.origin.Platform;
import io.prestage.node.origin.RegistryClient;
import io.prestage.node.origin.ResolvedImage;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what a request amounts to, by asking the update graph, registries and catalogs. Downloads nothing but metadata, save
 * for files that cannot be fetched piece by piece.
 *
 * @param request what is asked for
 */
public record StagingPlanner(StagingRequest request) implements NodeOptions.Planner {
    private static final int RESOLVED_AT_A_TIME = 8;
    private static final Logger LOG = LoggerFactory.getLogger(StagingPlanner.class);

    @Override
    public Plan plan(RegistryClient registry) throws IOException {
        Resolution resolution = resolve(registry);
        resolution.warnings().forEach(LOG::warn);
        resolution.ignoredReport().forEach(LOG::info);
        resolution.images().all();
        return fetchFiles(resolution, registry, request.folder()).plan();
    }

    /**
     * Resolves the request.
     *
     * @throws IOException if an image that was named does not exist, or a release or an operator that was asked for, with a sentence
     *     that names all of them
     */
    public Resolution resolve(RegistryClient registry) throws IOException {
        ImageSet set = request.parsed();
        Set<MappingLine> lines = new LinkedHashSet<>();
        Set<MappingLine> additional = additional(set);
        ImageResolver resolver = new ImageResolver(registry, RESOLVED_AT_A_TIME);
        Blocked blocked = new Blocked(set);
        List<String> explicit = additional.stream()
                .filter(line -> request.filter().match(line).isEmpty() && !blocked.blocks(line.source()))
                .map(MappingLine::source)
                .distinct()
                .toList();
        Resolutions named = resolver.resolveEach(Resolution.references(explicit), request.platforms());
        Map<String, ResolvedImage> known = named.all().stream()
                .collect(Collectors.toMap(image -> image.source().toString(), image -> image));
        List<WebFile> files = new ArrayList<>();
        for (FileRequest file : request.files()) {
            files.add(WebFile.find(registry.files(), file));
        }
        releases(registry, set, lines);
        operators(registry, set, lines);
        lines.addAll(additional);
        List<String> left = new ArrayList<>();
        lines.removeIf(line -> {
            boolean out = blocked.blocks(line.source());
            if (out) {
                left.add(line.source());
            }
            return out;
        });
        Map<MappingLine, String> ignored = new LinkedHashMap<>();
        lines.forEach(line -> request.filter().match(line).ifPresent(pattern -> ignored.put(line, pattern)));
        return resolved(resolver, known, lines, ignored, left, files, set.warnings());
    }

    private Resolution resolved(
            ImageResolver resolver,
            Map<String, ResolvedImage> known,
            Set<MappingLine> lines,
            Map<MappingLine, String> ignored,
            List<String> blocked,
            List<WebFile> files,
            List<String> warnings)
            throws IOException {
        Set<String> wanted = lines.stream()
                .filter(line -> !ignored.containsKey(line))
                .map(MappingLine::source)
                .collect(Collectors.toCollection(LinkedHashSet::new));
        Set<String> unwanted =
                ignored.keySet().stream().map(MappingLine::source).collect(Collectors.toCollection(LinkedHashSet::new));
        unwanted.removeAll(wanted);
        List<String> unknown =
                wanted.stream().filter(source -> !known.containsKey(source)).toList();
        Resolutions others = resolver.resolveEach(Resolution.references(unknown), request.platforms());
        Map<String, ResolvedImage> all = new LinkedHashMap<>(known);
        others.resolved().forEach(image -> all.put(image.source().toString(), image));
        Resolutions images = new Resolutions(
                wanted.stream().filter(all::containsKey).map(all::get).toList(), others.failed(), wanted.size());
        List<ResolvedImage> passedOver = resolver.resolveEach(Resolution.references(unwanted), request.platforms())
                .resolved();
        Bytes saved = Resolution.savedBy(passedOver, images.resolved());
        return new Resolution(request, List.copyOf(lines), ignored, blocked, images, saved, files, warnings);
    }

    /**
     * Fetches files of which nobody says the SHA-256, so that they have one, and files whose servers do not serve parts.
     *
     * @param layout that they are staged in
     */
    public Resolution fetchFiles(Resolution resolution, RegistryClient registry, Path layout) throws IOException {
        return resolution.with(new FileFetch(request.folder(), layout).fetch(registry.files(), resolution.files()));
    }

    // What was named one by one.

    private Set<MappingLine> additional(ImageSet set) throws ImageSetException {
        Set<String> discovery = new LinkedHashSet<>(request.discoveryImages());
        Set<String> all = new LinkedHashSet<>(discovery);
        all.addAll(set.additionalImages());
        all.addAll(request.images());
        Set<MappingLine> lines = new LinkedHashSet<>();
        for (String image : all) {
            try {
                lines.add(MappingLine.additional(ImageReference.parse(image), discovery.contains(image)));
            } catch (IllegalArgumentException e) {
                throw new ImageSetException(
                        request.folder().resolve(StagingRequest.FILE) + " names an image that is none: "
                                + e.getMessage(),
                        e);
            }
        }
        return lines;
    }

    // Releases.

    private void releases(RegistryClient registry, ImageSet set, Set<MappingLine> lines) throws IOException {
        String architecture = set.architectures().stream().findFirst().orElse(request.architecture());
        Map<String, Optional<String>> payloads = new LinkedHashMap<>();
        set.release().ifPresent(payload -> payloads.put(payload, Optional.empty()));
        for (ReleaseChannel channel : set.channels()) {
            ReleaseGraph graph =
                    ReleaseGraph.fetch(registry.files(), request.sources().graph(), channel.name(), architecture);
            for (Release release : graph.select(channel)) {
                payloads.putIfAbsent(
                        release.payload(), Optional.of(release.version().toString()));
            }
        }
        if (payloads.isEmpty()) {
            return;
        }
        Optional<ReleaseSignature> trust = trust();
        for (Map.Entry<String, Optional<String>> release : payloads.entrySet()) {
            ImageReference payload = ReleasePayload.pinned(registry, reference(release.getKey()));
            if (trust.isPresent()) {
                trust.get()
                        .check(
                                registry.files(),
                                request.sources().signatures(),
                                payload.digest().orElseThrow());
            }
            ReleasePayload read = ReleasePayload.read(registry, payload, architecture);
            String version = release.getValue().orElse(read.version());
            for (Component component : read.components()) {
                lines.add(
                        MappingLine.component(component.source().toString(), version, architecture, component.name()));
            }
            lines.add(MappingLine.release(payload, version, architecture));
        }
    }

    private static ImageReference reference(String payload) throws IOException {
        try {
            return ImageReference.parse(payload);
        } catch (IllegalArgumentException e) {
            throw new IOException("the release's payload " + e.getMessage(), e);
        }
    }

    private Optional<ReleaseSignature> trust() throws IOException {
        if (!request.sources().verify()) {
            return Optional.empty();
        }
        return Optional.of(
                request.sources().key().isPresent()
                        ? ReleaseSignature.of(request.sources().key().get())
                        : ReleaseSignature.ofRedHat());
    }

    // Operators.

    private void operators(RegistryClient registry, ImageSet set, Set<MappingLine> lines) throws IOException {
        List<String> missing = new ArrayList<>();
        Platform platform = request.platforms() instanceof Platform one ? one : Platform.current();
        for (OperatorCatalog wanted : set.operators()) {
            Set<String> packages =
                    wanted.packages().stream().map(OperatorPackage::name).collect(Collectors.toSet());
            Catalog catalog = CatalogImage.read(registry, wanted.catalog(), platform, packages);
            OperatorSelection.Choice choice = OperatorSelection.of(wanted, catalog);
            missing.addAll(choice.missing());
            for (CatalogBundle bundle : choice.bundles()) {
                add(bundle, lines);
            }
        }
        if (!missing.isEmpty()) {
            throw new IOException("there is no " + String.join("; no ", missing)
                    + ": check the versions and channels, or edit imageset.yaml");
        }
    }

    private static void add(CatalogBundle bundle, Set<MappingLine> lines) throws IOException {
        Set<String> images = new LinkedHashSet<>();
        bundle.image().ifPresent(images::add);
        images.addAll(bundle.relatedImages());
        for (String image : images) {
            try {
                lines.add(MappingLine.operator(ImageReference.parse(image)));
            } catch (IllegalArgumentException e) {
                throw new IOException(
                        "the bundle " + bundle.name() + " names an image that is none: " + e.getMessage(), e);
            }
        }
    }

    /**
     * What an image set blocks: a whole reference, a repository, or the last part of one; in {@code v2alpha1} also a regular
     * expression that is found in the reference.
     */
    private static final class Blocked {
        private final Set<String> names;
        private final List<Pattern> patterns = new ArrayList<>();

        Blocked(ImageSet set) throws ImageSetException {
            this.names = Set.copyOf(set.blockedImages());
            if (set.patterned()) {
                for (String name : names) {
                    try {
                        patterns.add(Pattern.compile(name));
                    } catch (PatternSyntaxException e) {
                        throw new ImageSetException(
                                "the blocked image '" + name + "' in imageset.yaml is neither a reference nor a regular"
                                        + " expression: " + e.getDescription(),
                                e);
                    }
                }
            }
        }

        boolean blocks(String source) {
            if (names.isEmpty()) {
                return false;
            }
            ImageReference image = ImageReference.parse(source);
            String repository = image.name();
            return names.contains(source)
                    || names.contains(repository)
                    || names.contains(repository.substring(repository.lastIndexOf('/') + 1))
                    || patterns.stream()
                            .anyMatch(pattern -> pattern.matcher(source).find());
        }
    }
}
