package io.prestage.cli;

import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.monitor.FleetView;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;

/** Looks at a fleet again and again, at first through one node, and through another when that does not answer. */
final class FleetWatch implements AutoCloseable {
    /** Asked in one look at most: each that is switched off takes seconds. */
    private static final int MOST_ASKED = 4;

    /** Kept of those that are not there any more, all together with those that are: a node that was cut off may see itself alone. */
    private static final int MOST_KNOWN = 64;

    private final FleetClient client = new FleetClient();
    private final String given;

    /** The nodes that are known, in the order in which to ask them. */
    private final Deque<String> nodes = new ArrayDeque<>();

    /**
     * Looks through this node first.
     *
     * @throws IOException if that is no address
     */
    FleetWatch(String address) throws IOException {
        FleetClient.requireAddress(address);
        given = FleetClient.withPort(address);
        nodes.add(given);
    }

    /** The address of the node that is asked first: of the one that answered last, if it still does. */
    String asked() {
        return nodes.getFirst();
    }

    /**
     * The fleet now.
     *
     * @throws IOException if none of some nodes answers, with the sentence about the first that was asked; the next look asks others
     */
    FleetAnswer look() throws IOException {
        IOException trouble = null;
        for (int turn = Math.min(MOST_ASKED, nodes.size()); turn > 0; turn--) {
            try {
                FleetAnswer answer = client.ask(nodes.getFirst());
                learn(answer.fleet());
                return answer;
            } catch (IOException e) {
                trouble = trouble == null ? e : trouble;
                nodes.addLast(nodes.removeFirst());
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
            }
        }
        throw trouble;
    }

    /** Those that are there now are asked when the one that told of them does not answer any more, and then those that were there. */
    private void learn(FleetView fleet) {
        Set<String> now = new LinkedHashSet<>();
        now.add(nodes.getFirst());
        fleet.servers().stream()
                .filter(ServerStatus::present)
                .map(ServerStatus::member)
                .forEach(member -> now.add(member.host() + ":" + member.httpPort()));
        now.add(given);
        for (String former : nodes) {
            if (now.size() < MOST_KNOWN) {
                now.add(former);
            }
        }
        nodes.clear();
        nodes.addAll(now);
    }

    @Override
    public void close() {
        client.close();
    }
}
