package io.prestage.cli;

import io.prestage.node.NodeOptions;
import io.prestage.node.ServerName;
import io.prestage.node.cluster.ClusterOptions;
import io.prestage.node.cluster.ClusterOptions.Discovery;
import io.prestage.node.transfer.Limits;
import io.prestage.protocol.Rate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** The options of every command that runs a node. */
final class NodeArguments {
    @Option(
            names = {"-f", "--folder"},
            required = true,
            paramLabel = "DIR",
            description = "Folder of the data partition, for instance /mnt.")
    Path folder;

    @Option(
            names = "--cluster",
            paramLabel = "NAME",
            defaultValue = "prestage",
            description = "Nodes with the same name find each other. Default: ${DEFAULT-VALUE}.")
    String cluster;

    @Option(
            names = "--bind",
            paramLabel = "ADDR|IFACE|CIDR",
            description = "Address, interface or network to use. Default: the default route's interface.")
    Optional<String> bind = Optional.empty();

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "What this server is called. Default: its DMI serial number, else its MAC address.")
    Optional<String> name = Optional.empty();

    @Option(
            names = "--discovery",
            paramLabel = "HOW",
            defaultValue = "multicast",
            converter = DiscoveryConverter.class,
            description = "multicast (UDP), mping (multicast to find, TCP to talk) or static (TCP, see --peers)."
                    + " Default: ${DEFAULT-VALUE}.")
    Discovery discovery;

    @Option(
            names = "--peers",
            paramLabel = "HOST[:PORT],…",
            split = ",",
            description = "Nodes to ask with --discovery static; one that answers is enough.")
    List<String> peers = new ArrayList<>();

    @Option(
            names = "--swarm-port",
            paramLabel = "PORT",
            defaultValue = "7850",
            description = "TCP port for pieces. Default: ${DEFAULT-VALUE}.")
    int swarmPort;

    @Option(
            names = "--cluster-port",
            paramLabel = "PORT",
            defaultValue = "7800",
            description = "Port for membership. Default: ${DEFAULT-VALUE}.")
    int clusterPort;

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            defaultValue = "8080",
            description = "TCP port for pages, metrics and the registry. Default: ${DEFAULT-VALUE}.")
    int httpPort;

    @Option(
            names = "--upload-limit",
            paramLabel = "R",
            converter = RateConverter.class,
            description =
                    "The most to send to other nodes, all together, such as 200Mbit/s or 25MB/s. Default: no limit.")
    Optional<Rate> uploadLimit = Optional.empty();

    @Option(
            names = "--download-limit",
            paramLabel = "R",
            converter = RateConverter.class,
            description =
                    "The most to receive from other nodes, all together; on a seed the same again from the origin."
                            + " Default: no limit.")
    Optional<Rate> downloadLimit = Optional.empty();

    @Option(
            names = "--log-format",
            paramLabel = "F",
            defaultValue = "text",
            converter = LogFormat.Converter.class,
            description = "text, or json: one object a line on standard error, with event, node, blob, peer, what, why,"
                    + " next. Default: ${DEFAULT-VALUE}.")
    LogFormat logFormat;

    @Option(
            names = "--insecure",
            description =
                    "Let every machine on the network join, unencrypted. Needed as long as nothing else is chosen.")
    boolean insecure;

    /** How to write a way of discovery. */
    static final class DiscoveryConverter implements ITypeConverter<Discovery> {
        @Override
        public Discovery convert(String text) {
            try {
                return Discovery.valueOf(text.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + text + "' is not one of multicast, mping, static");
            }
        }
    }

    /**
     * What these options say, checked.
     *
     * @param command the command that they are of, which wrong usage is blamed on
     */
    NodeOptions options(Optional<NodeOptions.Seed> seed, CommandLine command) {
        try {
            return options(seed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, e.getMessage(), e);
        }
    }

    private NodeOptions options(Optional<NodeOptions.Seed> seed) {
        if (!insecure) {
            throw new IllegalArgumentException(
                    "a node needs to know who may join: say --insecure if you trust everyone on this network"
                            + " (nothing is encrypted or authenticated then)");
        }
        if (discovery == Discovery.STATIC && peers.isEmpty()) {
            throw new IllegalArgumentException(
                    "--discovery static needs --peers with the address of at least one other node");
        }
        if (discovery != Discovery.STATIC && !peers.isEmpty()) {
            throw new IllegalArgumentException("--peers is for --discovery static; "
                    + discovery.name().toLowerCase(Locale.ROOT) + " finds nodes by itself");
        }
        checkPort("--swarm-port", swarmPort);
        checkPort("--cluster-port", clusterPort);
        checkPort("--http-port", httpPort);
        BindAddress address = BindAddress.find(bind);
        List<InetSocketAddress> known = new ArrayList<>();
        peers.forEach(peer -> known.add(peerAddress(peer)));
        return new NodeOptions(
                folder,
                ServerName.find(name, address.network()),
                new ClusterOptions(cluster, address.address(), clusterPort, discovery, known),
                swarmPort,
                httpPort,
                new Limits(uploadLimit, downloadLimit),
                seed);
    }

    private InetSocketAddress peerAddress(String text) {
        int colon = text.lastIndexOf(':');
        boolean ported = colon > 0 && text.indexOf(':') == colon;
        String host = ported ? text.substring(0, colon) : text;
        int port = clusterPort;
        if (ported) {
            try {
                port = Integer.parseInt(text.substring(colon + 1));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("'" + text + "' in --peers is not HOST or HOST:PORT", e);
            }
            checkPort("--peers", port);
        }
        try {
            return new InetSocketAddress(InetAddress.getByName(host.strip()), port);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(
                    "'" + host + "' in --peers does not resolve: write an address, or mend the DNS", e);
        }
    }

    private static void checkPort(String option, int port) {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException(option + " takes a port from 1 to 65535, not " + port);
        }
    }
}
