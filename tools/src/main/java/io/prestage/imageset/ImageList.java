package io.prestage.imageset;

import io.prestage.node.NodeOptions;
import io.prestage.node.origin.Descriptor;
import io.prestage.node.origin.ImageReference;
import io.prestage.node.origin.ImageResolver;
import io.prestage.node.origin.Manifest;
import io.prestage.node.origin.PlatformChoice;
import io.prestage.node.origin.RegistryClient;
import io.prestage.node.origin.ResolvedImage;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A plan of images that are named one by one.
 *
 * @param images the images, in the order in which they were asked for, each once
 * @param platforms which parts of multi-platform images to stage
 */
public record ImageList(List<ImageReference> images, PlatformChoice platforms) implements NodeOptions.Planner {
    private static final int RESOLVED_AT_A_TIME = 8;

    /** Digits of a digest that tell two images apart that want one artifact name. */
    private static final int SUFFIX = 8;

    /** Leaves out what stands twice. */
    public ImageList {
        images = List.copyOf(new LinkedHashSet<>(images));
        if (images.isEmpty()) {
            throw new IllegalArgumentException("there is nothing to stage: name an image with --image");
        }
    }

    /** What was asked for, the same for every order of the same images. */
    public String request() {
        String all =
                images.stream().map(ImageReference::toString).collect(Collectors.toCollection(TreeSet::new)).stream()
                        .collect(Collectors.joining(" "));
        String which = platforms instanceof PlatformChoice.All ? "all platforms" : platforms.toString();
        return "images " + all + " for " + which;
    }

    @Override
    public Plan plan(RegistryClient registry) throws IOException {
        return planOf(new ImageResolver(registry, RESOLVED_AT_A_TIME).resolveAll(images, platforms));
    }

    private Plan planOf(List<ResolvedImage> resolved) throws IOException {
        Map<Digest, Plan.Manifest> manifests = new LinkedHashMap<>();
        Map<Digest, Plan.Blob> blobs = new LinkedHashMap<>();
        List<Plan.Image> planned = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (ResolvedImage image : resolved) {
            add(manifests, image.root());
            List<String> platformDigests = new ArrayList<>();
            for (Manifest manifest : image.platformManifests()) {
                add(manifests, manifest);
                if (!manifest.digest().equals(image.root().digest())) {
                    platformDigests.add(manifest.digest().toString());
                }
            }
            List<String> needed = new ArrayList<>();
            for (Descriptor blob : image.blobs()) {
                if (blob.foreign()) {
                    throw new IOException(image.source() + " has a layer that its registry may not pass on ("
                            + blob.digest() + "): it cannot be staged");
                }
                needed.add(blob.digest().toString());
                blobs.putIfAbsent(
                        blob.digest(),
                        new Plan.Blob(
                                blob.digest().toString(),
                                blob.size(),
                                image.source().name()));
            }
            blobs.keySet().removeAll(manifests.keySet());
            planned.add(new Plan.Image(
                    name(image, names),
                    image.source().toString(),
                    image.root().digest().toString(),
                    platformDigests,
                    needed));
        }
        long total = blobs.values().stream().mapToLong(Plan.Blob::size).sum();
        List<Plan.Blob> largestFirst = blobs.values().stream()
                .sorted(Comparator.comparingLong(Plan.Blob::size).reversed())
                .toList();
        return new Plan(
                Plan.VERSION,
                request(),
                Plan.pieceSizeFor(total),
                planned,
                List.copyOf(manifests.values()),
                largestFirst,
                List.of());
    }

    private static void add(Map<Digest, Plan.Manifest> manifests, Manifest manifest) {
        manifests.putIfAbsent(manifest.digest(), new Plan.Manifest(manifest.mediaType(), manifest.content()));
    }

    /** The last component of the reference, its first colon an underscore; with a few digits more if that is taken. */
    private static String name(ResolvedImage image, Set<String> taken) {
        String source = image.source().toString();
        String name = source.substring(source.lastIndexOf('/') + 1).replaceFirst(":", "_");
        if (!taken.add(name)) {
            name = name + "-" + image.root().digest().hex().substring(0, SUFFIX);
            taken.add(name);
        }
        return name;
    }
}
