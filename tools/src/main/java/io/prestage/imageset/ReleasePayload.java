package io.prestage.imageset;

import io.prestage.node.origin.ImageReference;
import io.prestage.node.origin.Manifest;
import io.prestage.node.origin.Platform;
import io.prestage.node.origin.RegistryClient;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a release consists of, as its payload image tells.
 *
 * @param image the payload, by digest
 * @param version what the release calls itself
 * @param components the images of the release, in the order of the payload
 */
record ReleasePayload(ImageReference image, String version, List<Component> components) {
    private static final String FOLDER = "release-manifests";
    private static final String IMAGES = FOLDER + "/image-references";
    private static final String METADATA = FOLDER + "/release-metadata";
    private static final int LARGEST = 16 << 20;

    /** Copies the list. */
    ReleasePayload {
        components = List.copyOf(components);
    }

    /**
     * One image of a release.
     *
     * @param name of the component
     * @param source reference of its image
     */
    record Component(String name, ImageReference source) {}

    /**
     * The digest of a payload, which signatures are looked up by.
     *
     * @param image by digest or tag
     */
    static ImageReference pinned(RegistryClient registry, ImageReference image) throws IOException {
        if (image.digest().isPresent()) {
            return image.at(image.digest().get());
        }
        Manifest manifest = registry.manifest(image);
        Digest digest = manifest.digest();
        return image.at(digest);
    }

    /**
     * Reads the payload's list of images from its layers.
     *
     * @param image the payload, by digest
     * @throws IOException if it cannot be had or is not a release's payload
     */
    static ReleasePayload read(RegistryClient registry, ImageReference image, String architecture) throws IOException {
        Platform platform = new Platform("linux", platformOf(architecture), Optional.empty());
        Reader reader = new Reader();
        ImageFiles.of(registry, image, platform).walk(FOLDER, reader);
        if (reader.images.isEmpty()) {
            throw new IOException(image + " has no " + IMAGES + ": it is not the payload of a release");
        }
        return parse(image, reader.images.get(), reader.metadata);
    }

    /** A payload for several architectures says the same on each. */
    private static String platformOf(String architecture) {
        return architecture.equals("multi") ? Platform.current().architecture() : architecture;
    }

    private static final class Reader implements ImageFiles.Visitor {
        private Optional<byte[]> images = Optional.empty();
        private Optional<byte[]> metadata = Optional.empty();

        @Override
        public void file(String path, InputStream content) throws IOException {
            if (path.equals(IMAGES)) {
                images = Optional.of(content.readNBytes(LARGEST));
            } else if (path.equals(METADATA)) {
                metadata = Optional.of(content.readNBytes(LARGEST));
            }
        }

        @Override
        public boolean wantsMore() {
            return images.isEmpty() || metadata.isEmpty();
        }
    }

    /** Reads the two files. */
    static ReleasePayload parse(ImageReference image, byte[] imageStream, Optional<byte[]> metadata)
            throws IOException {
        try {
            JsonNode stream = JsonMapper.shared().readTree(imageStream);
            if (!stream.path("kind").asString("").equals("ImageStream")
                    || !stream.path("spec").path("tags").isArray()) {
                throw new IOException(image + " has a " + IMAGES + " that is no ImageStream: it is damaged");
            }
            List<Component> components = new ArrayList<>();
            for (JsonNode tag : stream.path("spec").path("tags").values()) {
                JsonNode from = tag.path("from");
                if (from.path("kind").asString("").equals("DockerImage")) {
                    components.add(new Component(
                            tag.path("name").asString(""),
                            ImageReference.parse(from.path("name").asString(""))));
                }
            }
            String version = metadata.isPresent()
                    ? JsonMapper.shared()
                            .readTree(metadata.get())
                            .path("version")
                            .asString("")
                    : stream.path("metadata").path("name").asString("");
            return new ReleasePayload(image, version, components);
        } catch (JacksonException | IllegalArgumentException e) {
            throw new IOException(image + " has a " + IMAGES + " that cannot be read: " + e.getMessage(), e);
        }
    }
}
