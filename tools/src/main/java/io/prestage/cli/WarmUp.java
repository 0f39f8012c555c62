package io.prestage.cli;

import io.prestage.imageset.ImageList;
import io.prestage.lab.GeneratedImages;
import io.prestage.node.Node;
import io.prestage.node.NodeOptions;
import io.prestage.node.ServerName;
import io.prestage.node.cluster.ClusterOptions;
import io.prestage.node.cluster.ClusterOptions.Discovery;
import io.prestage.node.http.HttpServer;
import io.prestage.node.origin.ImageReference;
import io.prestage.node.origin.OriginOptions;
import io.prestage.node.origin.Platform;
import io.prestage.node.registry.DistributionApi;
import io.prestage.node.registry.LayoutContents;
import io.prestage.node.store.LayoutVerification;
import io.prestage.node.transfer.Limits;
import io.prestage.protocol.Bytes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Does the main job once within one process, while the program is being packaged, so that the class-data archive holds every
 * class that a seed, a node and the commands load.
 */
final class WarmUp {
    private static final String NETWORK = "127.63.7.";
    private static final Bytes SIZE = new Bytes(4 << 20);

    /** Milliseconds. */
    private static final int PATIENCE = 10_000;

    private WarmUp() {}

    /**
     * Fills two folders.
     *
     * @param arguments an empty folder
     */
    public static void main(String[] arguments) throws Exception {
        Path root = Path.of(arguments[0]);
        for (String command : List.of("demo", "download", "seed", "node", "status", "verify", "lab", "simulate")) {
            Main.commandLine().execute(command, "--help");
        }
        GeneratedImages images = GeneratedImages.make(root.resolve("registry"), SIZE);
        DistributionApi api = new DistributionApi(
                new LayoutContents(images.layout(), images.entries()), (blob, from, to, bytes) -> {});
        try (HttpServer registry = new HttpServer(new InetSocketAddress(NETWORK + 1, 0), List.of(api.route()))) {
            List<ImageReference> references = new ArrayList<>();
            for (String tag : images.tags()) {
                references.add(ImageReference.parse(
                        NETWORK + 1 + ":" + registry.address().getPort() + "/" + tag));
            }
            download(root.resolve("download"), references);
            ImageList list = new ImageList(references, Platform.current());
            NodeOptions.Seed seed = new NodeOptions.Seed(
                    list.request(), list, new OriginOptions(Optional.empty(), Optional.empty(), false, 2), false);
            try (Node seeding = node(root, 2, Optional.of(seed));
                    Node filling = node(root, 3, Optional.empty())) {
                seeding.start();
                filling.start();
                filling.complete().get(60, TimeUnit.SECONDS);
                try (FleetClient client = new FleetClient()) {
                    System.out.println(
                            seeding.progress() + " " + client.ask(NETWORK + 2).fleet());
                }
                watch(NETWORK + 3);
            }
            for (int host : new int[] {2, 3}) {
                if (!LayoutVerification.of(root.resolve("server-" + host), 2, bytes -> {})
                        .isGood()) {
                    throw new IOException("the layout of server " + host + " is not good");
                }
            }
        }
        System.exit(0);
    }

    /** Looks at a node as Prometheus and a page do. */
    private static void watch(String host) throws IOException {
        for (String page : List.of("/", "/metrics", "/sd", "/healthz", "/api/v1/node")) {
            try (InputStream answer = open(host, page)) {
                answer.readAllBytes();
            }
        }
        try (BufferedReader events =
                new BufferedReader(new InputStreamReader(open(host, "/api/v1/events"), StandardCharsets.UTF_8))) {
            for (String line = events.readLine(); !"event: fleet".equals(line); line = events.readLine()) {
                if (line == null) {
                    throw new IOException("no events came");
                }
            }
        }
    }

    private static InputStream open(String host, String page) throws IOException {
        URLConnection connection =
                URI.create("http://" + host + ":8080" + page).toURL().openConnection();
        connection.setConnectTimeout(PATIENCE);
        connection.setReadTimeout(PATIENCE);
        return connection.getInputStream();
    }

    private static void download(Path folder, List<ImageReference> images) throws IOException {
        List<String> command =
                new ArrayList<>(List.of("download", "-f", folder.toString(), "--tls-verify=false", "--image"));
        command.add(images.stream().map(ImageReference::toString).collect(Collectors.joining(",")));
        if (Main.commandLine().execute(command.toArray(String[]::new)) != 0) {
            throw new IOException("the download failed");
        }
    }

    private static Node node(Path root, int host, Optional<NodeOptions.Seed> seed) throws IOException {
        InetAddress address = InetAddress.getByName(NETWORK + host);
        ClusterOptions cluster = new ClusterOptions(
                "warm-up", address, 7800, Discovery.STATIC, List.of(new InetSocketAddress(NETWORK + 2, 7800)));
        ServerName name = ServerName.find(Optional.of("server-" + host), Optional.empty());
        return new Node(new NodeOptions(root.resolve(name.name()), name, cluster, 7850, 8080, Limits.NONE, seed));
    }
}
