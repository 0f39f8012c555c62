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
    /** Asked in one look at most: each that is switched off takes seconds. */
    private static final int ASKED_AT_ONCE = 4;

    private final Map<String, FleetClient> clients = new LinkedHashMap<>();
    private final Set<String> known = new LinkedHashSet<>();
    private String asked;
    private boolean answers;

    /**
     * Looks through this node first.
     *
     * @throws IOException if that is no address
     */
    FleetWatch(String address) throws IOException {
        asked = address;
        known.add(address);
        client(address);
    }

    /** The address of the node that answered last. */
    String asked() {
        return asked;
    }

    /**
     * The fleet now.
     *
     * @throws IOException if none of some nodes answers, with the sentence about the first that was asked; the next look asks others
     */
    FleetView look() throws IOException {
        FleetView view = ask(FleetClient::fleet);
        view.servers().stream()
                .filter(ServerStatus::present)
                .map(ServerStatus::member)
                .forEach(member -> known.add(member.host() + ":" + member.httpPort()));
        return view;
    }

    /** The same as a node tells it. */
    String json() throws IOException {
        return ask(FleetClient::json);
    }

    private interface Question<T> {
        T of(FleetClient node) throws IOException;
    }

    private <T> T ask(Question<T> question) throws IOException {
        IOException first = null;
        Set<String> turn = new LinkedHashSet<>(answers ? List.of(asked) : List.of());
        turn.addAll(known);
        for (String address : turn.stream().limit(ASKED_AT_ONCE).toList()) {
            try {
                T answer = question.of(client(address));
                asked = address;
                answers = true;
                return answer;
            } catch (IOException e) {
                first = first == null ? e : first;
                answers = false;
                known.remove(address);
                known.add(address); // behind all others
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
            }
        }
        throw first;
    }

    private FleetClient client(String address) throws IOException {
        FleetClient client = clients.get(address);
        if (client == null) {
            client = new FleetClient(address);
            clients.put(address, client);
        }
        return client;
    }

    @Override
    public void close() {
        clients.values().forEach(FleetClient::close);
    }
}
