package io.prestage.cli;

import io.prestage.node.origin.OriginOptions;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of every command that talks to registries. */
final class OriginArguments {
    @Option(
            names = "--authfile",
            paramLabel = "FILE",
            description = "Credentials of registries. Default: where podman and docker keep them.")
    Optional<Path> authFile = Optional.empty();

    @Option(names = "--cacert", paramLabel = "FILE", description = "Certificates (PEM) to trust besides the system's.")
    Optional<Path> caCert = Optional.empty();

    @Option(
            names = "--registries-conf",
            paramLabel = "FILE",
            description = "Mirrors of registries (registries.conf). Default: where podman and skopeo keep it.")
    Optional<Path> registriesConf = Optional.empty();

    @Option(
            names = "--tls-verify",
            arity = "0..1",
            paramLabel = "BOOL",
            defaultValue = "true",
            fallbackValue = "true",
            description = "false: do not check certificates, and use plain HTTP where HTTPS does not answer."
                    + " Default: ${DEFAULT-VALUE}.")
    boolean tlsVerify;

    @Option(
            names = "--origin-connections",
            paramLabel = "N",
            description = "Connections to the registry at a time. Default: " + OriginOptions.DEFAULT_CONNECTIONS + ".")
    int connections = OriginOptions.DEFAULT_CONNECTIONS;

    /**
     * What these options say, checked.
     *
     * @param command the command that they are of, which wrong usage is blamed on
     */
    OriginOptions options(CommandLine command) {
        if (connections < 1 || connections > 64) {
            throw new ParameterException(
                    command, "--origin-connections takes a number from 1 to 64, not " + connections);
        }
        return new OriginOptions(authFile, caCert, registriesConf, tlsVerify, connections);
    }
}
