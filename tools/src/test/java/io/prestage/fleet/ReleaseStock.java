package io.prestage.fleet;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.prestage.lab.RegistryImages;
import io.prestage.lab.RegistryImages.Format;
import io.prestage.lab.RegistryImages.Pushed;
import io.prestage.protocol.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Everything that staging a release of OpenShift takes, made on the spot and served on loopback: a release of 170 components over
 * shared layers, catalogs with the operators of the DU profile, an update graph, a signature, plain files.
 *
 * <p>Images keep their real names; a {@code registries.conf} leads from there to the registry here, as at a disconnected site.
 */
final class ReleaseStock implements AutoCloseable {
    static final String RELEASE = "4.14.1";
    static final int COMPONENTS = 170;
    static final String ART = "quay.io/openshift-release-dev/ocp-v4.0-art-dev";
    static final String PAYLOAD = "quay.io/openshift-release-dev/ocp-release";
    static final String TROUBLESHOOT = "quay.io/alosadag/troubleshoot";
    static final String INSTALLER = "quay.io/edge-infrastructure/assisted-installer-agent:v1";

    /** Components whose names mean something to the lists; the others are numbered. */
    private static final List<String> NAMED = List.of(
            "must-gather",
            "hyperkube",
            "pod",
            "etcd",
            "machine-config-operator",
            "cluster-bootstrap",
            "aws-cloud-controller-manager",
            "aws-ebs-csi-driver",
            "gcp-cloud-controller-manager",
            "console");

    private final RegistryImages registry;
    private final HttpServer web;
    private final Path folder;
    private final Map<String, byte[]> files = new ConcurrentHashMap<>();
    private final Map<String, Pushed> components = new LinkedHashMap<>();
    private final List<byte[]> bases = new ArrayList<>();
    private Pushed payload;
    private Pushed multi;

    private ReleaseStock(RegistryImages registry, HttpServer web, Path folder) {
        this.registry = registry;
        this.web = web;
        this.folder = folder;
    }

    /**
     * Makes and serves all of it.
     *
     * @param folder empty, for the registry's storage and the key
     */
    static ReleaseStock in(Path folder) throws IOException, InterruptedException {
        Ran.require("docker-registry", "docker-registry");
        Ran.require("gpg", "gnupg");
        RegistryImages registry = RegistryImages.in(Files.createDirectories(folder.resolve("storage")));
        HttpServer web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        ReleaseStock stock = new ReleaseStock(registry, web, folder);
        try {
            web.createContext("/", stock::answer);
            web.start();
            stock.fill();
            return stock;
        } catch (IOException | InterruptedException | RuntimeException e) {
            stock.close();
            throw e;
        }
    }

    /** Where images really are. */
    String host() {
        return registry.host();
    }

    /** An address of the web server. */
    String url(String path) {
        return "http://127.0.0.1:" + web.getAddress().getPort() + path;
    }

    /** Serves a file from now on. */
    void serve(String path, byte[] content) {
        files.put(path, content);
    }

    RegistryImages registry() {
        return registry;
    }

    Map<String, Pushed> components() {
        return components;
    }

    Pushed payload() {
        return payload;
    }

    /** An operator's image for two platforms. */
    Pushed multi() {
        return multi;
    }

    Path registriesConf() {
        return folder.resolve("registries.conf");
    }

    Path releaseKey() {
        return folder.resolve("key.asc");
    }

    /** The options that lead to this stock rather than to the real places. */
    List<String> options() {
        return List.of(
                "--registries-conf",
                registriesConf().toString(),
                "--graph-url",
                url("/graph"),
                "--signature-url",
                url("/signatures"),
                "--release-key",
                releaseKey().toString());
    }

    private void fill() throws IOException, InterruptedException {
        StringBuilder conf = new StringBuilder();
        for (String prefix : List.of("quay.io", "registry.redhat.io", "registry.connect.redhat.com")) {
            conf.append("[[registry]]\nprefix = \"")
                    .append(prefix)
                    .append("\"\nlocation = \"")
                    .append(host())
                    .append("\"\ninsecure = true\n\n");
        }
        Files.writeString(registriesConf(), conf);
        for (int base = 0; base < 3; base++) {
            bases.add(RegistryImages.gzip(RegistryImages.tar("base" + base, RegistryImages.random(base, 200_000))));
        }
        release();
        operators();
        registry.image(Format.DOCKER, "alosadag/troubleshoot", "latest", bases.get(0), small("troubleshoot"));
        registry.image(
                Format.DOCKER, "edge-infrastructure/assisted-installer-agent", "v1", bases.get(0), small("agent"));
        sign(payload.digest());
    }

    private static byte[] small(String name) {
        return RegistryImages.gzip(RegistryImages.tar(name, RegistryImages.random(name.hashCode(), 3_000)));
    }

    // The release.

    private void release() throws IOException, InterruptedException {
        List<String> names = new ArrayList<>(NAMED);
        for (int number = names.size(); number < COMPONENTS; number++) {
            names.add("component-" + number);
        }
        for (String name : names) {
            byte[] base = bases.get(Math.floorMod(name.hashCode(), bases.size()));
            components.put(
                    name,
                    registry.image(Format.DOCKER, "openshift-release-dev/ocp-v4.0-art-dev", name, base, small(name)));
        }
        String tags = components.entrySet().stream()
                .map(component ->
                        "{\"name\":\"" + component.getKey() + "\",\"from\":{\"kind\":\"DockerImage\",\"name\":\"" + ART
                                + "@" + component.getValue().digest() + "\"}}")
                .collect(Collectors.joining(","));
        String images = "{\"kind\":\"ImageStream\",\"apiVersion\":\"image.openshift.io/v1\",\"metadata\":{\"name\":\""
                + RELEASE + "\"},\"spec\":{\"tags\":[" + tags + "]}}";
        // The lower layer has another list, which the upper one replaces.
        byte[] lower = RegistryImages.gzip(tar(Map.of(
                "release-manifests/image-references",
                "{\"kind\":\"ImageStream\",\"spec\":{\"tags\":[]}}".getBytes(StandardCharsets.UTF_8))));
        byte[] upper = RegistryImages.gzip(tar(Map.of(
                "release-manifests/image-references", utf8(images),
                "release-manifests/release-metadata",
                        utf8("{\"kind\":\"cincinnati-metadata-v0\",\"version\":\"" + RELEASE + "\"}"))));
        payload = registry.image(
                Format.DOCKER, "openshift-release-dev/ocp-release", RELEASE + "-x86_64", bases.get(0), lower, upper);
        files.put(
                "/graph",
                utf8("{\"nodes\":["
                        + List.of("4.13.9", "4.14.0", RELEASE, "4.14.3").stream()
                                .map(version -> "{\"version\":\"" + version + "\",\"payload\":\"" + PAYLOAD + "@"
                                        + payload.digest() + "\",\"metadata\":{}}")
                                .collect(Collectors.joining(","))
                        + "],\"edges\":[[0,1],[1,2],[2,3]]}"));
    }

    /** Signs a payload's digest with a key made for it. */
    private void sign(Digest digest) throws IOException, InterruptedException {
        Path home = Files.createDirectories(folder.resolve("gpg"));
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx------"));
        String[] gpg = {"gpg", "--homedir", home.toString(), "--batch", "--yes", "--quiet", "--passphrase", ""};
        run(gpg, "--quick-gen-key", "Test release key <release@example.com>", "rsa2048", "sign", "never");
        run(gpg, "--armor", "--output", releaseKey().toString(), "--export");
        files.put("/signatures/sha256=" + digest.hex() + "/signature-1", signature(gpg, Digest.of(new byte[0])));
        files.put("/signatures/sha256=" + digest.hex() + "/signature-2", signature(gpg, digest));
        Ran.of("gpgconf", "--homedir", home.toString(), "--kill", "all").output();
    }

    private byte[] signature(String[] gpg, Digest digest) throws IOException, InterruptedException {
        Path statement = Files.writeString(
                folder.resolve("statement.json"),
                "{\"critical\":{\"identity\":{\"docker-reference\":\"quay.io/openshift-release-dev/ocp-release\"},"
                        + "\"image\":{\"docker-manifest-digest\":\"" + digest
                        + "\"},\"type\":\"atomic container signature\"},\"optional\":{}}");
        Path signed = folder.resolve("statement.gpg");
        run(gpg, "--output", signed.toString(), "--sign", statement.toString());
        return Files.readAllBytes(signed);
    }

    private static void run(String[] program, String... arguments) throws IOException, InterruptedException {
        String[] command = Arrays.copyOf(program, program.length + arguments.length);
        System.arraycopy(arguments, 0, command, program.length, arguments.length);
        Ran.of(command).output();
    }

    // The operators.

    private void operators() throws IOException, InterruptedException {
        Map<String, byte[]> configs = new LinkedHashMap<>();
        configs.put(
                "configs/multicluster-engine/catalog.json",
                utf8(olmPackage("multicluster-engine", "stable-2.4")
                        + channel("multicluster-engine", "stable-2.3", "2.3.5")
                        + channel("multicluster-engine", "stable-2.4", "2.4.0", "2.4.1", "2.4.2")
                        + mce("2.3.5")
                        + mce("2.4.0")
                        + mce("2.4.1")
                        + mce("2.4.2")));
        configs.put(
                "configs/advanced-cluster-management/catalog.json",
                utf8(olmPackage("advanced-cluster-management", "release-2.9")
                        + channel("advanced-cluster-management", "release-2.9", "2.9.0", "2.9.1")
                        + bundle("advanced-cluster-management", "2.9.0", "rhacm2/acm-operator-bundle")
                        + bundle("advanced-cluster-management", "2.9.1", "rhacm2/acm-operator-bundle")));
        for (String name : List.of("local-storage-operator", "ptp-operator", "sriov-network-operator")) {
            configs.put(
                    "configs/" + name + "/catalog.json",
                    utf8(olmPackage(name, "stable")
                            + channel(name, "stable", "4.14.0", "4.14.1")
                            + bundle(name, "4.14.0", "openshift4/" + name + "-bundle")
                            + bundle(name, "4.14.1", "openshift4/" + name + "-bundle")));
        }
        configs.put("configs/cluster-logging/catalog.yaml", utf8(logging()));
        Map<String, byte[]> ghost = Map.of("configs/ghost/catalog.json", utf8("this is not JSON {"));
        Map<String, byte[]> deletes = Map.of("configs/.wh.ghost", new byte[0]);
        Map<String, String> label = Map.of("operators.operatorframework.io.index.configs.v1", "/configs");
        registry.image(
                Format.DOCKER,
                "redhat/redhat-operator-index",
                "v4.14",
                "amd64",
                label,
                bases.get(1),
                RegistryImages.gzip(tar(ghost)),
                RegistryImages.gzip(tar(configs)),
                RegistryImages.gzip(tar(deletes)));
        Map<String, byte[]> certified = Map.of(
                "configs/sriov-fec/catalog.json",
                utf8(olmPackage("sriov-fec", "stable")
                        + channel("sriov-fec", "stable", "2.7.0", "2.7.1")
                        + bundle("sriov-fec", "2.7.0", "intel/sriov-fec-operator-bundle")
                        + bundle("sriov-fec", "2.7.1", "intel/sriov-fec-operator-bundle")));
        registry.image(
                Format.OCI,
                "redhat/certified-operator-index",
                "v4.14",
                "amd64",
                label,
                RegistryImages.gzip(tar(certified)));
    }

    private String mce(String version) throws IOException, InterruptedException {
        return bundle(
                "multicluster-engine",
                version,
                "multicluster-engine/mce-operator-bundle",
                "multicluster-engine/hive-rhel8",
                "multicluster-engine/assisted-installer-rhel8",
                "multicluster-engine/assisted-installer-reporter-rhel8");
    }

    /** A bundle and the images that it names, pushed; the last related one is for two platforms. */
    private String bundle(String name, String version, String image, String... related)
            throws IOException, InterruptedException {
        List<String> references = new ArrayList<>();
        Pushed own = operatorImage(image, version);
        references.add("registry.redhat.io/" + image + "@" + own.digest());
        for (String other : related) {
            references.add("registry.redhat.io/" + other + "@"
                    + operatorImage(other, version).digest());
        }
        if (name.equals("ptp-operator")) {
            multi = registry.index(
                    Format.DOCKER,
                    "openshift4/ptp",
                    "v" + version,
                    registry.image(Format.DOCKER, "openshift4/ptp", version + "-amd", "amd64", small("amd" + version)),
                    registry.image(Format.DOCKER, "openshift4/ptp", version + "-arm", "arm64", small("arm" + version)));
            references.add("registry.redhat.io/openshift4/ptp@" + multi.digest());
        }
        String relatedImages = references.stream()
                .map(reference -> "{\"name\":\"\",\"image\":\"" + reference + "\"}")
                .collect(Collectors.joining(","));
        return "{\"schema\":\"olm.bundle\",\"name\":\"" + name + ".v" + version + "\",\"package\":\"" + name
                + "\",\"image\":\"" + references.get(0) + "\",\"properties\":[{\"type\":\"olm.package\",\"value\":{"
                + "\"packageName\":\"" + name + "\",\"version\":\"" + version + "\"}},{\"type\":\"olm.bundle.object\","
                + "\"value\":{\"data\":\"" + "QUJD".repeat(500) + "\"}}],\"relatedImages\":[" + relatedImages + "]}\n";
    }

    private Pushed operatorImage(String repository, String version) throws IOException, InterruptedException {
        return registry.image(Format.DOCKER, repository, "v" + version, bases.get(2), small(repository + version));
    }

    private static String olmPackage(String name, String defaultChannel) {
        return "{\"schema\":\"olm.package\",\"name\":\"" + name + "\",\"defaultChannel\":\"" + defaultChannel + "\"}\n";
    }

    /** A channel in which each version replaces the one before. */
    private static String channel(String name, String channel, String... versions) {
        StringBuilder entries = new StringBuilder();
        for (int at = 0; at < versions.length; at++) {
            entries.append(at == 0 ? "" : ",")
                    .append("{\"name\":\"")
                    .append(name)
                    .append(".v")
                    .append(versions[at])
                    .append('"');
            if (at > 0) {
                entries.append(",\"replaces\":\"")
                        .append(name)
                        .append(".v")
                        .append(versions[at - 1])
                        .append('"');
            }
            entries.append('}');
        }
        return "{\"schema\":\"olm.channel\",\"name\":\"" + channel + "\",\"package\":\"" + name + "\",\"entries\":["
                + entries + "]}\n";
    }

    /** In YAML, with the schema last, as some tools write it. */
    private String logging() throws IOException, InterruptedException {
        StringBuilder yaml =
                new StringBuilder("defaultChannel: stable-5.8\nname: cluster-logging\nschema: olm.package\n");
        for (String version : List.of("5.7.0", "5.8.0", "5.8.1")) {
            Pushed image = operatorImage("openshift-logging/cluster-logging-operator-bundle", version);
            yaml.append("---\nname: cluster-logging.v")
                    .append(version)
                    .append("\nimage: registry.redhat.io/openshift-logging/cluster-logging-operator-bundle@")
                    .append(image.digest())
                    .append("\npackage: cluster-logging\nproperties:\n- type: olm.package\n  value:\n    packageName:"
                            + " cluster-logging\n    version: ")
                    .append(version)
                    .append("\nrelatedImages: []\nschema: olm.bundle\n");
        }
        yaml.append("""
                ---
                entries:
                - name: cluster-logging.v5.7.0
                name: stable-5.7
                package: cluster-logging
                schema: olm.channel
                ---
                entries:
                - name: cluster-logging.v5.8.0
                - name: cluster-logging.v5.8.1
                  skips:
                  - cluster-logging.v5.8.0
                name: stable-5.8
                package: cluster-logging
                schema: olm.channel
                """);
        return yaml.toString();
    }

    /** A tar of several files. */
    private static byte[] tar(Map<String, byte[]> content) {
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        content.forEach((name, bytes) -> {
            byte[] one = RegistryImages.tar(name, bytes);
            tar.write(one, 0, one.length - 1024); // without the end
        });
        tar.write(new byte[1024], 0, 1024);
        return tar.toByteArray();
    }

    // The web server.

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] content = files.get(exchange.getRequestURI().getPath());
            if (content == null) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            String range = exchange.getRequestHeaders().getFirst("Range");
            int from = 0;
            int to = content.length;
            if (range != null) {
                String[] ends = range.substring("bytes=".length()).split("-", -1);
                from = Integer.parseInt(ends[0]);
                to = ends[1].isEmpty() ? to : Math.min(to, Integer.parseInt(ends[1]) + 1);
                exchange.getResponseHeaders()
                        .set("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + content.length);
            }
            exchange.sendResponseHeaders(range == null ? 200 : 206, to - from == 0 ? -1 : to - from);
            exchange.getResponseBody().write(content, from, to - from);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        web.stop(0);
        registry.close();
    }
}
