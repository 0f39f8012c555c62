package io.prestage.cli;

import java.io.IOException;
import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Which of a server's addresses its node uses.
 *
 * @param address the address
 * @param network the interface that has it, if one does
 */
record BindAddress(InetAddress address, Optional<NetworkInterface> network) {
    private static final Path ROUTES = Path.of("/proc/net/route");
    private static final String DEFAULT_ROUTE = "00000000";

    /**
     * Finds the address.
     *
     * @param wanted an address, an interface's name, or a network as {@code 10.0.0.0/8}; without it the interface of the
     *     default route
     * @throws Failure if there is none
     */
    static BindAddress find(Optional<String> wanted) {
        if (wanted.isEmpty()) {
            return ofDefaultRoute();
        }
        String text = wanted.get();
        if (text.contains("/")) {
            return all().stream()
                    .filter(candidate -> contains(text, candidate.address()))
                    .findFirst()
                    .orElseThrow(() -> new Failure(
                            "no interface has an address in " + text + ": there are " + list() + "; see --bind"));
        }
        Optional<BindAddress> named = ofInterface(text);
        if (named.isPresent()) {
            return named.get();
        }
        if (!text.matches("[0-9.]+|[0-9a-fA-F:.%]*:[0-9a-fA-F:.%]*")) {
            throw new Failure("there is no interface '" + text + "': there are " + list() + "; see --bind");
        }
        try {
            InetAddress address = InetAddress.getByName(text);
            Optional<NetworkInterface> network = Optional.ofNullable(NetworkInterface.getByInetAddress(address));
            if (network.isEmpty() && !address.isLoopbackAddress()) {
                throw new Failure(text + " is not an address of this machine: there are " + list() + "; see --bind");
            }
            return new BindAddress(address, network);
        } catch (UnknownHostException | SocketException e) {
            throw new Failure("'" + text + "' is not an address; see --bind", e);
        }
    }

    private static BindAddress ofDefaultRoute() {
        try {
            for (String line : Files.readAllLines(ROUTES)) {
                String[] columns = line.split("\\s+", -1);
                if (columns.length > 2 && columns[1].equals(DEFAULT_ROUTE)) {
                    Optional<BindAddress> found = ofInterface(columns[0]);
                    if (found.isPresent()) {
                        return found.get();
                    }
                }
            }
        } catch (IOException e) {
            throw new Failure("the routes of this machine cannot be read (" + e.getMessage() + "); say --bind", e);
        }
        List<BindAddress> candidates = all().stream()
                .filter(candidate -> !candidate.address().isLoopbackAddress())
                .toList();
        if (candidates.size() == 1) {
            return candidates.get(0);
        }
        throw new Failure("this machine has no default route, so say which address to use with --bind: there are "
                + (candidates.isEmpty() ? "none but loopback" : list()));
    }

    private static Optional<BindAddress> ofInterface(String name) {
        return all().stream()
                .filter(candidate -> candidate.network().orElseThrow().getName().equals(name))
                .findFirst();
    }

    private static List<BindAddress> all() {
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(network -> network.inetAddresses()
                            .filter(Inet4Address.class::isInstance)
                            .map(address -> new BindAddress(address, Optional.of(network))))
                    .toList();
        } catch (SocketException e) {
            throw new Failure("the interfaces of this machine cannot be read: " + e.getMessage(), e);
        }
    }

    private static boolean contains(String network, InetAddress address) {
        String[] parts = network.split("/", 2);
        try {
            byte[] base = InetAddress.getByName(parts[0]).getAddress();
            byte[] candidate = address.getAddress();
            int free = base.length * Byte.SIZE - Integer.parseInt(parts[1]);
            if (free < 0 || free > base.length * Byte.SIZE) {
                throw new NumberFormatException(parts[1]);
            }
            return base.length == candidate.length
                    && new BigInteger(1, base).shiftRight(free).equals(new BigInteger(1, candidate).shiftRight(free));
        } catch (UnknownHostException | NumberFormatException e) {
            throw new Failure("'" + network + "' is not a network like 10.0.0.0/8; see --bind", e);
        }
    }

    private static String list() {
        return all().stream()
                .map(candidate -> candidate.network().orElseThrow().getName() + " "
                        + candidate.address().getHostAddress())
                .collect(Collectors.joining(", "));
    }
}
