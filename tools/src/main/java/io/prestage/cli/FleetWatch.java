package io.prestage.cli;

import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.monitor.FleetView;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Looks at a fleet again and again, at first through one node, and through another when that does not answer. */
final class FleetWatch implements AutoCloseable {
    private final Map<String, FleetClient> clients = new LinkedHashMap<>();
    private final Set<String> known = new LinkedHashSet<>();
    private String asked;

    FleetWatch(String address) {
        asked = address;
        known.add(address);
    }

    /** The address of the node that answered last. */
    String asked() {
        return asked;
    }

    /**
     * The fleet now.
     *
     * @throws IOException if no node that is known answers, with the sentence about the first that was asked
     */
    FleetView look() throws IOException {
        IOException first = null;
        Set<String> turn = new LinkedHashSet<>(List.of(asked));
        turn.addAll(known);
        for (String address : turn) {
            try {
                FleetView view =
                        clients.computeIfAbsent(address, FleetClient::new).fleet();
                asked = address;
                view.servers().stream()
                        .filter(ServerStatus::present)
                        .forEach(server -> known.add(
                                server.member().host() + ":" + server.member().httpPort()));
                return view;
            } catch (IOException e) {
                first = first == null ? e : first;
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
            }
        }
        throw first;
    }

    @Override
    public void close() {
        clients.values().forEach(FleetClient::close);
    }
}
