package io.prestage.imageset;

import io.prestage.node.origin.Descriptor;
import io.prestage.node.origin.Manifest;
import io.prestage.node.origin.ResolvedImage;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Puts a plan together: images that were resolved, files, texts, and what a folder keeps of a former plan. */
final class PlanAssembly {
    /** Digits of a digest that tell two images apart that want one artifact name. */
    private static final int SUFFIX = 8;

    private final String request;
    private final Map<Digest, Plan.Manifest> manifests = new LinkedHashMap<>();
    private final Map<Digest, Plan.Blob> blobs = new LinkedHashMap<>();
    private final List<Plan.Image> images = new ArrayList<>();
    private final List<Plan.TextFile> texts = new ArrayList<>();
    private final List<Plan.NamedFile> named = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    /**
     * An empty plan.
     *
     * @param request what it is asked for with
     */
    PlanAssembly(String request) {
        this.request = request;
    }

    /** Adds an image. A layer that registries may not pass on is fetched from where its manifest says. */
    void add(ResolvedImage image) {
        add(image.root());
        List<String> platforms = new ArrayList<>();
        for (Manifest manifest : image.platformManifests()) {
            add(manifest);
            if (!manifest.digest().equals(image.root().digest())) {
                platforms.add(manifest.digest().toString());
            }
        }
        List<String> needed = new ArrayList<>();
        for (Descriptor blob : image.blobs()) {
            needed.add(blob.digest().toString());
            blobs.putIfAbsent(
                    blob.digest(),
                    new Plan.Blob(
                            blob.digest().toString(),
                            blob.size(),
                            blob.elsewhere().orElse(image.source().name())));
        }
        String source = image.source().toString();
        images.add(new Plan.Image(
                freeName(source, image.root().digest()),
                source,
                image.root().digest().toString(),
                platforms,
                needed));
    }

    private void add(Manifest manifest) {
        manifests.putIfAbsent(manifest.digest(), new Plan.Manifest(manifest.mediaType(), manifest.content()));
    }

    /** The artifact name; with a few digits more of the image's digest, or of its reference's, if another image has it. */
    private String freeName(String source, Digest digest) {
        String name = MappingLine.artifact(source);
        Digest reference = Digest.of(source.getBytes(StandardCharsets.UTF_8));
        for (String free : List.of(name, suffixed(name, digest), suffixed(name, reference))) {
            if (names.add(free)) {
                return free;
            }
        }
        throw new IllegalStateException(source + " is added twice");
    }

    private static String suffixed(String name, Digest digest) {
        return name + "-" + digest.hex().substring(0, SUFFIX);
    }

    /** Adds a text. */
    void add(String name, String text) {
        texts.add(new Plan.TextFile(name, text));
    }

    /** Adds a file whose digest is known. */
    void add(WebFile file) {
        Digest digest = file.digest().orElseThrow();
        named.add(new Plan.NamedFile(file.name(), digest.toString()));
        blobs.putIfAbsent(
                digest,
                new Plan.Blob(digest.toString(), file.size(), file.address().toString()));
    }

    /**
     * Adds what a folder keeps of a former plan, as far as it is there: an image of which anything is missing is left out, and so
     * is one that was asked for by the same reference as one of the plan. One whose name another has now gets a name that is free.
     */
    void keep(FormerPlan kept) {
        Plan former = kept.plan();
        Set<String> sources = images.stream().map(Plan.Image::source).collect(Collectors.toCollection(HashSet::new));
        Map<String, Plan.Blob> had = new LinkedHashMap<>();
        former.blobs().forEach(blob -> had.put(blob.digest(), blob));
        Map<Digest, Plan.Manifest> described = new LinkedHashMap<>();
        former.manifests().forEach(manifest -> described.put(manifest.digest(), manifest));
        for (Plan.Image image : former.images()) {
            boolean whole = image.blobDigests().stream().allMatch(kept.present())
                    && described.containsKey(image.manifestDigest())
                    && described.keySet().containsAll(image.platformDigests());
            if (whole && kept.sources().test(image.source()) && sources.add(image.source())) {
                String name = names.add(image.name()) ? image.name() : freeName(image.source(), image.manifestDigest());
                images.add(new Plan.Image(name, image.source(), image.manifest(), image.platforms(), image.blobs()));
                manifests.putIfAbsent(image.manifestDigest(), described.get(image.manifestDigest()));
                image.platformDigests().forEach(digest -> manifests.putIfAbsent(digest, described.get(digest)));
                for (String blob : image.blobs()) {
                    if (had.containsKey(blob)) {
                        blobs.putIfAbsent(Digest.parse(blob), had.get(blob));
                    }
                }
            }
        }
        for (Plan.NamedFile file : former.named()) {
            boolean taken = named.stream().anyMatch(other -> other.name().equals(file.name()));
            if (!taken && kept.files() && kept.present().test(file.contentDigest())) {
                named.add(file);
                blobs.putIfAbsent(file.contentDigest(), had.get(file.digest()));
            }
        }
    }

    /** The plan. */
    Plan plan() {
        blobs.keySet().removeAll(manifests.keySet());
        return Plan.of(request, images, manifests.values(), blobs.values(), texts, named);
    }
}
