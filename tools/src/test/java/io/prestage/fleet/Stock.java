package io.prestage.fleet;

import io.prestage.lab.RegistryImages;
import io.prestage.lab.RegistryImages.Format;
import io.prestage.lab.RegistryImages.Pushed;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Images in a registry's storage.
 *
 * @param storage what a lab's registry serves
 * @param images what is in it
 */
record Stock(Path storage, List<Pushed> images) {
    /** Fills a storage. */
    interface Filling {
        List<Pushed> push(RegistryImages images) throws IOException, InterruptedException;
    }

    static Stock in(Path folder, Filling filling) throws IOException, InterruptedException {
        Ran.require("docker-registry", "docker-registry");
        Path storage = Files.createDirectories(folder.resolve("storage"));
        try (RegistryImages images = RegistryImages.in(storage)) {
            return new Stock(storage, List.copyOf(filling.push(images)));
        }
    }

    /** One image of random layers of this size each. */
    static Pushed image(RegistryImages images, String name, int layers, int layerBytes)
            throws IOException, InterruptedException {
        byte[][] content = new byte[layers][];
        for (int layer = 0; layer < layers; layer++) {
            content[layer] = RegistryImages.tar("file", RegistryImages.random(name.hashCode() + layer, layerBytes));
        }
        return images.image(Format.OCI, name, "v1", content);
    }

    /** Every image by tag, as it is asked for. */
    List<String> references(String registry) {
        return images.stream().map(image -> image.reference(registry)).toList();
    }

    /** The image of a repository. */
    Pushed image(String repository) {
        return images.stream()
                .filter(image -> image.repository().equals(repository))
                .findFirst()
                .orElseThrow();
    }

    /** Sizes of all configs and layers, each once. */
    Map<Digest, Long> blobs() {
        Map<Digest, Long> blobs = new LinkedHashMap<>();
        images.forEach(image -> blobs.putAll(image.blobs()));
        return blobs;
    }

    /** Bytes of all configs and layers, each once. */
    long unique() {
        return blobs().values().stream().mapToLong(Long::longValue).sum();
    }

    /** The same storage with some of its images. */
    Stock only(String... repositories) {
        List<Pushed> some = new ArrayList<>();
        for (String repository : repositories) {
            some.add(image(repository));
        }
        return new Stock(storage, some);
    }
}
