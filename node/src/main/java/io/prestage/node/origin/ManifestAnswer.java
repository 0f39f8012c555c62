package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;
import io.prestage.protocol.Digest;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a registry answered when asked for a manifest, before anything is believed of it.
 *
 * @param contentType the header, if there is one
 * @param contentDigest the registry's own digest of the bytes, if it says one
 */
@SuppressWarnings("ArrayRecordComponent") // lives for one call
record ManifestAnswer(byte[] content, Optional<String> contentType, Optional<String> contentDigest) {

    /**
     * The manifest, if the bytes are those asked for and are a manifest that we understand.
     *
     * @throws OriginException if not
     */
    static Manifest check(ImageReference image, ManifestAnswer answer) throws OriginException {
        Digest actual = Digest.of(answer.content);
        if (image.digest().isPresent() && !image.digest().get().equals(actual)) {
            throw corrupt(image, image.digest().get().toString(), actual);
        }
        // Another algorithm's digest says nothing that could be compared.
        Optional<String> claimed = answer.contentDigest.map(String::strip).filter(text -> text.startsWith("sha256:"));
        if (claimed.isPresent() && !claimed.get().equals(actual.toString())) {
            throw corrupt(image, claimed.get(), actual);
        }
        return new Manifest(answer.mediaType(image), answer.content, actual);
    }

    private static OriginException corrupt(ImageReference image, String expected, Digest actual) {
        return new OriginException(
                Reason.CORRUPT,
                "the manifest of " + image + " should have digest " + expected + " and has " + actual
                        + ": something between " + image.registry() + " and here changes content; look for a proxy");
    }

    /** What the content calls itself wins, because its digest covers that; then the header, then its shape. */
    private String mediaType(ImageReference image) throws OriginException {
        JsonNode json;
        try {
            json = JsonMapper.shared().readTree(content);
        } catch (JacksonException e) {
            throw notAManifest(image, e);
        }
        if (!json.isObject()) {
            throw notAManifest(image, null);
        }
        if (json.path("schemaVersion").asInt(2) == 1) {
            throw new OriginException(
                    Reason.PROTOCOL,
                    image + " is an image of Docker's old schema 1, which has no digests for its parts:"
                            + " push it again with a current podman");
        }
        String header = contentType.orElse("").split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        String mediaType = json.path("mediaType").asString(header);
        if (MediaTypes.isIndex(mediaType) || MediaTypes.isManifest(mediaType)) {
            return mediaType;
        }
        if (json.path("manifests").isArray()) {
            return MediaTypes.OCI_INDEX;
        }
        if (json.path("layers").isArray()) {
            return MediaTypes.OCI_MANIFEST;
        }
        throw notAManifest(image, null);
    }

    private static OriginException notAManifest(ImageReference image, Exception cause) {
        return new OriginException(
                Reason.PROTOCOL,
                image.registry() + " does not answer with a manifest for " + image + ": check that it is a registry",
                cause);
    }
}
