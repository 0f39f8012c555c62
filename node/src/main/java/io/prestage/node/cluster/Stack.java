package io.prestage.node.cluster;

import io.prestage.node.cluster.ClusterOptions.Discovery;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jgroups.protocols.BasicTCP;
import org.jgroups.protocols.COMPRESS;
import org.jgroups.protocols.FD_ALL3;
import org.jgroups.protocols.FD_SOCK2;
import org.jgroups.protocols.FRAG2;
import org.jgroups.protocols.MERGE3;
import org.jgroups.protocols.MFC;
import org.jgroups.protocols.MPING;
import org.jgroups.protocols.PING;
import org.jgroups.protocols.TCP;
import org.jgroups.protocols.TCPPING;
import org.jgroups.protocols.TP;
import org.jgroups.protocols.UDP;
import org.jgroups.protocols.UFC;
import org.jgroups.protocols.UNICAST3;
import org.jgroups.protocols.VERIFY_SUSPECT2;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.protocols.pbcast.NAKACK2;
import org.jgroups.protocols.pbcast.STABLE;
import org.jgroups.stack.Protocol;
import org.jgroups.stack.ProtocolStack;

/**
 * The JGroups protocols of a node, bottom to top.
 *
 * <p>JGroups' own timings suit clusters that live for months: singletons that started at the same moment look for each other
 * every 10 to 30 seconds. A rack boots at once and wants one view within seconds, so joining and merging are tried more often
 * here; {@code docs/decisions/0004-cluster-timings.md} has the measurements.
 */
final class Stack {
    private static final String GROUP = "239.78.50.1";
    private static final int JOIN_TIMEOUT_MS = 700;
    private static final int JOINER_TIMEOUT_MS = 5000;
    private static final int JOINER_TRIES = 20;
    private static final int MERGE_MIN_MS = 700;
    private static final int MERGE_MAX_MS = 2000;
    private static final int MERGE_SELDOM_MS = 8000;
    private static final int MERGE_CHECK_MS = 3200;
    private static final int HEARTBEAT_MS = 2000;
    private static final int DEAD_AFTER_MS = 10_000;
    private static final int CONNECT_TIMEOUT_MS = 500;
    private static final int KNOWN_HOSTS = 4096;

    /** Summaries and states of large fleets repeat themselves much; small messages are not worth the time. */
    private static final int COMPRESSED_FROM = 4096;

    private Stack() {}

    static List<Protocol> of(ClusterOptions options) {
        boolean udp = options.discovery() == Discovery.MULTICAST;
        TP transport = udp ? udp(options) : tcp(options);
        transport.setBindAddress(options.bind());
        transport.setBindPort(options.port());
        transport.setPortRange(0);
        Protocol discovery = discovery(options);
        FD_SOCK2 sockets = new FD_SOCK2();
        sockets.setBindAddress(options.bind());
        NAKACK2 multicasts = new NAKACK2();
        multicasts.useMcastXmit(udp);
        return List.of(
                transport,
                discovery,
                new MERGE3()
                        .setMinInterval(MERGE_MIN_MS)
                        .setMaxInterval(MERGE_MAX_MS)
                        .setCheckInterval(MERGE_CHECK_MS),
                sockets,
                new FD_ALL3().setInterval(HEARTBEAT_MS).setTimeout(DEAD_AFTER_MS),
                new VERIFY_SUSPECT2(),
                multicasts,
                new UNICAST3(),
                new STABLE(),
                new GMS()
                        .setJoinTimeout(options.isNamed() ? JOIN_TIMEOUT_MS : JOINER_TIMEOUT_MS)
                        .printLocalAddress(false),
                new UFC(),
                new MFC(),
                new FRAG2(),
                new COMPRESS().setMinSize(COMPRESSED_FROM));
    }

    /** Has a node tell others often which cluster it is in, as it does from the start. */
    static void seekOften(ProtocolStack stack) {
        seek(stack, MERGE_MAX_MS);
    }

    /** Has a node tell so less often: every member does, and every member hears it. */
    static void seekSeldom(ProtocolStack stack) {
        seek(stack, MERGE_SELDOM_MS);
    }

    private static void seek(ProtocolStack stack, int every) {
        MERGE3 merging = stack.findProtocol(MERGE3.class);
        merging.setMaxInterval(every).setCheckInterval(MERGE_CHECK_MS); // looking at what was heard costs nothing
    }

    private static TP udp(ClusterOptions options) {
        UDP udp = new UDP();
        udp.setMulticastAddress(group());
        udp.setMulticastPort(options.port());
        return udp;
    }

    private static TP tcp(ClusterOptions options) {
        BasicTCP tcp = new TCP();
        tcp.setSockConnTimeout(CONNECT_TIMEOUT_MS);
        tcp.setClientBindAddr(options.bind());
        return tcp;
    }

    private static Protocol discovery(ClusterOptions options) {
        return switch (options.discovery()) {
            case MULTICAST -> new PING();
            case MPING -> {
                MPING mping = new MPING();
                mping.setBindAddr(options.bind());
                mping.setMcastAddr(group());
                mping.setMcastPort(options.port());
                yield mping;
            }
            case STATIC -> {
                TCPPING tcpping = new TCPPING();
                tcpping.setInitialHosts(options.peers());
                tcpping.setPortRange(0);
                tcpping.setValue("max_dynamic_hosts", KNOWN_HOSTS);
                tcpping.asyncDiscovery(true);
                tcpping.returnEntireCache(true);
                if (!options.isNamed()) {
                    tcpping.numDiscoveryRuns(JOINER_TRIES);
                }
                yield tcpping;
            }
        };
    }

    private static InetAddress group() {
        try {
            return InetAddress.getByName(GROUP);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(GROUP + " is not an address", e);
        }
    }
}
