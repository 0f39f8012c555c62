package io.prestage.node.origin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the machine says about reaching origins: environment, files of certificates, and how patient to be.
 *
 * @param variables the environment
 * @param certificateFolders folders with a folder {@code HOST:PORT} each that holds {@code *.crt}
 * @param systemBundles files of the certificates that the operating system trusts
 * @param registryFiles where registries.conf may be; the first that exists counts
 * @param registryFolders folders of drop-ins for it
 * @param patience how long to wait for what
 * @param pause how to wait
 */
record Surroundings(
        Map<String, String> variables,
        List<Path> certificateFolders,
        List<Path> systemBundles,
        List<Path> registryFiles,
        List<Path> registryFolders,
        Patience patience,
        Pause pause) {

    /** Surroundings without mirrors. */
    Surroundings(
            Map<String, String> variables,
            List<Path> certificateFolders,
            List<Path> systemBundles,
            Patience patience,
            Pause pause) {
        this(variables, certificateFolders, systemBundles, List.of(), List.of(), patience, pause);
    }

    /** Waits, so that tests need not. */
    interface Pause {
        void sleep(Duration duration) throws InterruptedException;
    }

    /**
     * How long to wait for what, and how often.
     *
     * @param connect until a connection is there
     * @param probe until it is clear that a registry does not speak TLS, where that is allowed
     * @param response from the request to the answer's headers
     * @param stall between two bytes of a body
     * @param tries how many times in a row something may fail without any progress
     * @param firstDelay before the second try; each further one is twice as long
     * @param longestDelay the most that doubling leads to
     * @param longestWish the most that a {@code Retry-After} is obeyed; an origin that asks for more has failed
     */
    record Patience(
            Duration connect,
            Duration probe,
            Duration response,
            Duration stall,
            int tries,
            Duration firstDelay,
            Duration longestDelay,
            Duration longestWish) {
        /** About a minute in all: longer than a switch or a registry's pod takes to come back. */
        static Patience usual() {
            return new Patience(
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(30),
                    7,
                    Duration.ofMillis(500),
                    Duration.ofSeconds(20),
                    Duration.ofMinutes(5));
        }
    }

    static Surroundings ofThisMachine() {
        Map<String, String> variables = System.getenv();
        List<Path> folders = new ArrayList<>();
        folders.add(Path.of("/etc/containers/certs.d"));
        folders.add(Path.of("/etc/docker/certs.d"));
        Optional.ofNullable(variables.get("HOME"))
                .ifPresent(home -> folders.add(Path.of(home, ".config", "containers", "certs.d")));
        List<Path> registryFiles = new ArrayList<>();
        for (String variable : List.of("CONTAINERS_REGISTRIES_CONF", "REGISTRIES_CONFIG_PATH")) {
            Optional.ofNullable(variables.get(variable)).map(Path::of).ifPresent(registryFiles::add);
        }
        List<Path> registryFolders = new ArrayList<>(List.of(Path.of("/etc/containers/registries.conf.d")));
        Optional.ofNullable(variables.get("HOME")).ifPresent(home -> {
            Path own = Path.of(home, ".config", "containers");
            registryFiles.add(own.resolve("registries.conf"));
            registryFolders.add(own.resolve("registries.conf.d"));
        });
        registryFiles.add(Path.of("/etc/containers/registries.conf"));
        return new Surroundings(
                variables,
                List.copyOf(folders),
                List.of(
                        Path.of("/etc/ssl/certs/ca-certificates.crt"),
                        Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
                        Path.of("/etc/ssl/ca-bundle.pem")),
                List.copyOf(registryFiles),
                List.copyOf(registryFolders),
                Patience.usual(),
                duration -> Thread.sleep(duration.toMillis()));
    }

    /** The same with another number of tries. */
    Surroundings trying(int times) {
        Patience one = new Patience(
                patience.connect(),
                patience.probe(),
                patience.response(),
                patience.stall(),
                times,
                patience.firstDelay(),
                patience.longestDelay(),
                patience.longestWish());
        return new Surroundings(
                variables, certificateFolders, systemBundles, registryFiles, registryFolders, one, pause);
    }

    /** A variable that is set to something. */
    Optional<String> variable(String name) {
        return Optional.ofNullable(variables.get(name)).filter(value -> !value.isEmpty());
    }

    /** The number of the user whom this process runs as. */
    Optional<String> userId() {
        try {
            return Optional.of(
                    Files.getAttribute(Path.of("/proc/self"), "unix:uid").toString());
        } catch (IOException | UnsupportedOperationException e) {
            return Optional.empty();
        }
    }
}
