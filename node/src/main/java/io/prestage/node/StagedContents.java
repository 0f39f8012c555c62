package io.prestage.node;

import io.prestage.node.registry.Contents;
import io.prestage.node.registry.StoredManifest;
import io.prestage.node.store.Store;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * What a node's registry serves of its store: every image under its source's path, with and without the source's host.
 *
 * <p>So {@code quay.io/org/app:1} is pulled as {@code NODE/org/app:1} or {@code NODE/quay.io/org/app:1}.
 */
final class StagedContents implements Contents {
    private final Supplier<Optional<Store>> store;

    StagedContents(Supplier<Optional<Store>> store) {
        this.store = store;
    }

    @Override
    public Optional<StoredManifest> manifest(String name, String reference) {
        return plan().flatMap(plan -> digest(plan, name, reference)
                .flatMap(wanted -> plan.manifests().stream()
                        .filter(manifest -> manifest.digest().equals(wanted))
                        .findFirst()
                        .map(manifest -> new StoredManifest(manifest.mediaType(), wanted, manifest.content()))));
    }

    @Override
    public Optional<Path> blob(Digest digest) {
        return store.get().flatMap(staged -> staged.blob(digest));
    }

    @Override
    public List<String> names() {
        TreeSet<String> names = new TreeSet<>();
        plan().ifPresent(plan -> plan.images().forEach(image -> names.add(path(image))));
        return List.copyOf(names);
    }

    @Override
    public List<String> tags(String name) {
        TreeSet<String> tags = new TreeSet<>();
        plan().ifPresent(plan -> plan.images().stream()
                .filter(image -> isNamed(image, name))
                .forEach(image -> tag(image).ifPresent(tags::add)));
        return List.copyOf(tags);
    }

    private Optional<Plan> plan() {
        return store.get().map(Store::plan);
    }

    private static Optional<Digest> digest(Plan plan, String name, String reference) {
        if (reference.startsWith("sha256:")) {
            return Optional.of(Digest.parse(reference));
        }
        return plan.images().stream()
                .filter(image -> isNamed(image, name) && tag(image).equals(Optional.of(reference)))
                .map(Plan.Image::manifestDigest)
                .findFirst();
    }

    private static boolean isNamed(Plan.Image image, String name) {
        return name.equals(path(image)) || name.equals(withoutReference(image));
    }

    private static String path(Plan.Image image) {
        String name = withoutReference(image);
        return name.substring(name.indexOf('/') + 1);
    }

    private static String withoutReference(Plan.Image image) {
        String name = image.source().split("@", 2)[0];
        int colon = name.lastIndexOf(':');
        return colon > name.lastIndexOf('/') ? name.substring(0, colon) : name;
    }

    private static Optional<String> tag(Plan.Image image) {
        String name = image.source().split("@", 2)[0];
        int colon = name.lastIndexOf(':');
        boolean tagged = colon > name.lastIndexOf('/');
        if (tagged) {
            return Optional.of(name.substring(colon + 1));
        }
        return image.source().contains("@") ? Optional.empty() : Optional.of("latest");
    }
}
