package io.prestage.lab;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A real registry on a lab's origin, with its access log. */
public final class LabRegistry implements AutoCloseable {
    /** The port that it listens on. */
    public static final int PORT = 5000;

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /**
     * How a registry is run.
     *
     * @param storage the folder of its content, which outlives it
     * @param login who may pull, with the password; everybody if nothing
     * @param tls what it proves itself with; plain HTTP if nothing
     */
    public record Settings(Path storage, Optional<Login> login, Optional<Tls> tls) {
        /** Requires all parts. */
        public Settings {
            Objects.requireNonNull(storage, "storage");
            Objects.requireNonNull(login, "login");
            Objects.requireNonNull(tls, "tls");
        }

        /** A registry that serves everybody in plain HTTP. */
        public static Settings plain(Path storage) {
            return new Settings(storage, Optional.empty(), Optional.empty());
        }

        /** The same for one user. */
        public Settings withLogin(String user, String password) {
            return new Settings(storage, Optional.of(new Login(user, password)), tls);
        }

        /** The same over HTTPS. */
        public Settings withTls(Path certificate, Path key) {
            return new Settings(storage, login, Optional.of(new Tls(certificate, key)));
        }
    }

    /**
     * Who may pull.
     *
     * @param user the name
     * @param password in clear
     */
    public record Login(String user, String password) {}

    /**
     * What a registry proves itself with.
     *
     * @param certificate PEM, its chain after it
     * @param key PEM
     */
    public record Tls(Path certificate, Path key) {}

    private final Process process;
    private final String host;
    private final Path accessLog;

    private LabRegistry(Process process, String host, Path accessLog) {
        this.process = process;
        this.host = host;
        this.accessLog = accessLog;
    }

    static LabRegistry start(Lab lab, Settings settings) throws LabException {
        SystemCommand.require("docker-registry", "docker-registry");
        requireWritable(settings.storage());
        try {
            Path folder = Files.createTempDirectory(lab.folder(), "registry-");
            Path config = Files.writeString(folder.resolve("config.yml"), config(folder, settings));
            Path accessLog = folder.resolve("access.log");
            Path log = folder.resolve("registry.log");
            ProcessBuilder builder = lab.builder(Lab.ORIGIN, "docker-registry", "serve", config.toString());
            builder.environment().put("OTEL_TRACES_EXPORTER", "none");
            Process process = builder.redirectOutput(accessLog.toFile())
                    .redirectError(log.toFile())
                    .start();
            LabRegistry registry = new LabRegistry(process, lab.address(Lab.ORIGIN) + ":" + PORT, accessLog);
            registry.awaitListening(log);
            return registry;
        } catch (LabException e) {
            throw e;
        } catch (IOException e) {
            throw new LabException("cannot start the lab's registry: " + e.getMessage(), e);
        }
    }

    /** The registry itself would complain only when something is pushed to it. */
    private static void requireWritable(Path storage) throws LabException {
        try {
            if (!Files.isDirectory(storage)) { // a link to one is as good
                Files.createDirectories(storage);
            }
            Files.delete(Files.createTempFile(storage, ".prestage-", ""));
        } catch (FileAlreadyExistsException e) {
            throw new LabException("a registry cannot keep its content in " + storage + ": that is no folder", e);
        } catch (FileSystemException e) {
            String reason = e.getReason() == null ? "it cannot be written to" : e.getReason();
            throw new LabException("a registry cannot keep its content in " + storage + ": " + reason, e);
        } catch (IOException e) {
            throw new LabException("a registry cannot keep its content in " + storage + ": " + e.getMessage(), e);
        }
    }

    /** Address and port, as they stand before a repository in a reference. */
    public String host() {
        return host;
    }

    /** Every request that it has answered so far. */
    public List<RegistryAccess> accessLog() throws LabException {
        try {
            return Files.readAllLines(accessLog).stream()
                    .map(RegistryAccess::parse)
                    .flatMap(Optional::stream)
                    .toList();
        } catch (IOException e) {
            throw new LabException("cannot read the registry's access log: " + e.getMessage(), e);
        }
    }

    /** Bytes of blobs that it has sent so far, by digest. */
    public Map<String, Long> blobBytes() throws LabException {
        Map<String, Long> bytes = new HashMap<>();
        for (RegistryAccess access : accessLog()) {
            access.blobSent().ifPresent(digest -> bytes.merge(digest, access.bytes(), Long::sum));
        }
        return bytes;
    }

    /** Stops it; its storage stays. */
    @Override
    public void close() throws LabException {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while a registry was stopped", e);
        }
    }

    private void awaitListening(Path log) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isListening()) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                process.destroyForcibly();
                throw new LabException("the lab's registry did not start: "
                        + Files.readString(log).strip());
            }
            try {
                process.waitFor(20, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                process.destroyForcibly();
                throw new LabException("interrupted while the lab's registry started", e);
            }
        }
    }

    // Nothing outside the namespace can connect, but the kernel lists its sockets for each process in it.
    private boolean isListening() throws IOException {
        String port = String.format(":%04X", PORT);
        for (String table : List.of("tcp", "tcp6")) {
            Path sockets = Path.of("/proc", Long.toString(process.pid()), "net", table);
            if (Files.exists(sockets) && !isThisNamespace()) {
                for (String line : Files.readAllLines(sockets)) {
                    String[] fields = line.strip().split("\\s+", -1);
                    if (fields.length > 3 && fields[1].endsWith(port) && fields[3].equals("0A")) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private boolean isThisNamespace() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), "ns", "net"))
                .equals(Files.readSymbolicLink(Path.of("/proc/self/ns/net")));
    }

    private static String config(Path folder, Settings settings) throws IOException {
        StringBuilder config = new StringBuilder();
        config.append("version: 0.1\nlog: {level: warn, accesslog: {disabled: false}}\n");
        config.append("storage:\n  filesystem: {rootdirectory: ")
                .append(quoted(settings.storage()))
                .append("}\n");
        config.append("http:\n  addr: 0.0.0.0:").append(PORT).append("\n  secret: lab\n");
        if (settings.tls().isPresent()) {
            Tls tls = settings.tls().get();
            config.append("  tls: {certificate: ").append(quoted(tls.certificate()));
            config.append(", key: ").append(quoted(tls.key())).append("}\n");
        }
        if (settings.login().isPresent()) {
            Login login = settings.login().get();
            SystemCommand.require("htpasswd", "apache2-utils");
            Path passwords = folder.resolve("htpasswd");
            Files.writeString(
                    passwords, SystemCommand.run(List.of("htpasswd", "-Bin", login.user()), login.password()));
            config.append("auth:\n  htpasswd: {realm: lab, path: ")
                    .append(quoted(passwords))
                    .append("}\n");
        }
        return config.toString();
    }

    private static String quoted(Path path) {
        return "'" + path.toAbsolutePath().toString().replace("'", "''") + "'";
    }
}
