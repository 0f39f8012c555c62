package io.prestage.node.cluster;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;

/**
 * How a node finds the others.
 *
 * @param name the cluster's name; nodes of different names on one network do not see each other
 * @param bind the address to be reached at
 * @param port the port for membership
 * @param discovery the way
 * @param peers addresses to ask when discovery is static; one that answers is enough
 */
public record ClusterOptions(
        String name, InetAddress bind, int port, Discovery discovery, List<InetSocketAddress> peers) {
    /** How others are found. */
    public enum Discovery {
        /** By multicast, and all membership traffic over UDP. */
        MULTICAST,
        /** By multicast, and all membership traffic over TCP. */
        MPING,
        /** From a list, and all membership traffic over TCP. */
        STATIC
    }

    /** Checks that a list is there where one is needed. */
    public ClusterOptions {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(bind, "bind");
        peers = List.copyOf(peers);
    }

    /**
     * Whether the others may look for this node: always, unless discovery is static and its list does not name it. Such a node
     * would not be found if it started a cluster of its own, so it only ever joins.
     */
    boolean isNamed() {
        return discovery != Discovery.STATIC || peers.contains(new InetSocketAddress(bind, port));
    }
}
