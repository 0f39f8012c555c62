package io.prestage.node.registry;

import io.prestage.protocol.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The verified content that a registry serves; asked by several threads at a time. */
public interface Contents {
    /**
     * The manifest that a name and a reference stand for.
     *
     * @param name the repository, for instance {@code org/app}
     * @param reference a tag, or a digest as {@code sha256:…}
     * @throws IOException if it is there and cannot be read
     */
    Optional<StoredManifest> manifest(String name, String reference) throws IOException;

    /**
     * The file of a blob whose every byte has been verified.
     *
     * @throws IOException if that cannot be found out
     */
    Optional<Path> blob(Digest digest) throws IOException;

    /** The repositories that have tags, in order. */
    List<String> names() throws IOException;

    /** The tags of a repository, in order; empty if there is no such repository. */
    List<String> tags(String name) throws IOException;
}
