package io.prestage.node.origin;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How to reach registries and HTTP servers, as the operator chose it.
 *
 * @param authFile the only file to read credentials from; without it, the places where podman and docker keep them
 * @param caCert a PEM file of certificates to trust besides the system's
 * @param registriesConf the file of mirrors to read in place of the usual ones
 * @param tlsVerify false: certificates are not checked and plain HTTP is allowed where HTTPS does not answer
 * @param connections how many blob requests may run at a time, at least 1
 */
public record OriginOptions(
        Optional<Path> authFile,
        Optional<Path> caCert,
        Optional<Path> registriesConf,
        boolean tlsVerify,
        int connections) {
    /** Enough to fill a link whose delay limits one connection, and few enough that registries do not mind. */
    public static final int DEFAULT_CONNECTIONS = 6;

    /** Checks the number of connections. */
    public OriginOptions {
        if (connections < 1) {
            throw new IllegalArgumentException("at least one connection to the origin is needed, not " + connections);
        }
    }

    /** Options that leave mirrors to the usual files. */
    public OriginOptions(Optional<Path> authFile, Optional<Path> caCert, boolean tlsVerify, int connections) {
        this(authFile, caCert, Optional.empty(), tlsVerify, connections);
    }

    /** What podman and skopeo do when told nothing. */
    public static OriginOptions defaults() {
        return new OriginOptions(Optional.empty(), Optional.empty(), true, DEFAULT_CONNECTIONS);
    }
}
