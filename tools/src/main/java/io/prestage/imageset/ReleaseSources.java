package io.prestage.imageset;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where releases are looked up and how they are trusted.
 *
 * @param graph address of the update graph
 * @param signatures address of the store of signatures
 * @param key file of the keys whose signatures count; Red Hat's release key without it
 * @param verify whether a release has to be signed
 */
public record ReleaseSources(String graph, String signatures, Optional<Path> key, boolean verify) {
    /**
     * What options say, else the environment ({@code UPDATE_URL_OVERRIDE}, {@code OCP_SIGNATURE_URL},
     * {@code OCP_SIGNATURE_VERIFICATION_PK}), else Red Hat's.
     */
    public static ReleaseSources of(
            Optional<String> graph,
            Optional<String> signatures,
            Optional<Path> key,
            boolean verify,
            Map<String, String> environment) {
        return new ReleaseSources(
                graph.or(() -> set(environment, "UPDATE_URL_OVERRIDE")).orElse(ReleaseGraph.PUBLIC),
                signatures.or(() -> set(environment, "OCP_SIGNATURE_URL")).orElse(ReleaseSignature.PUBLIC),
                key.or(() -> set(environment, "OCP_SIGNATURE_VERIFICATION_PK").map(Path::of)),
                verify);
    }

    private static Optional<String> set(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
    }
}
