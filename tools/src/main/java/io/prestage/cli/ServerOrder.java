package io.prestage.cli;

import io.prestage.node.cluster.ServerState;
import io.prestage.node.cluster.ServerStatus;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** In which order {@code top} lists servers, and the key that chooses it. */
enum ServerOrder {
    /** Those that need a look first. */
    STATE('s', Comparator.comparingInt(ServerOrder::urgency)),
    /** By name, with numbers as numbers. */
    NAME('n', Comparator.comparing(server -> 0)),
    /** The least full first. */
    DONE('d', Comparator.comparingDouble(ServerOrder::done)),
    /** The fastest first. */
    RATE('r', Comparator.comparingLong(ServerOrder::rate).reversed()),
    /** The last to finish first. */
    LEFT(
            'l',
            Comparator.comparingLong(
                            (ServerStatus server) -> server.millisLeft().orElse(-1L))
                    .reversed());

    private static final List<ServerState> URGENCY = List.of(
            ServerState.FAILED, ServerState.STALLED, ServerState.FILLING, ServerState.WAITING, ServerState.COMPLETE);

    private final char key;

    @SuppressWarnings("ImmutableEnumChecker") // comparators of methods hold nothing
    private final Comparator<ServerStatus> order;

    ServerOrder(char key, Comparator<ServerStatus> order) {
        this.key = key;
        this.order = order;
    }

    /** How to write it on the command line. */
    static final class Converter implements ITypeConverter<ServerOrder> {
        @Override
        public ServerOrder convert(String text) {
            try {
                return valueOf(text.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + text + "' is not one of state, name, done, rate, left");
            }
        }
    }

    /** The order that a key chooses. */
    static Optional<ServerOrder> of(int key) {
        return Stream.of(values()).filter(each -> each.key == key).findFirst();
    }

    /** The servers in this order; those that are equal in it by name. */
    List<ServerStatus> sort(List<ServerStatus> servers) {
        return servers.stream()
                .sorted(order.thenComparing(server -> naturally(server.member().name())))
                .toList();
    }

    /** The word for it. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    private static int urgency(ServerStatus server) {
        return URGENCY.indexOf(server.state());
    }

    static double done(ServerStatus server) {
        long plan = server.progress().planBytes();
        return plan == 0 ? 0 : (double) server.progress().verifiedBytes() / plan;
    }

    static long rate(ServerStatus server) {
        return server.present() && !server.progress().complete()
                ? server.progress().bytesPerSecond()
                : 0;
    }

    /** A text that sorts as people count: {@code h2} before {@code h10}. */
    private static String naturally(String name) {
        StringBuilder text = new StringBuilder();
        for (String part : name.split("(?<=\\D)(?=\\d)|(?<=\\d)(?=\\D)", -1)) {
            boolean number = !part.isEmpty() && Character.isDigit(part.charAt(0));
            text.append(number ? "0".repeat(Math.max(0, 20 - part.length())) + part : part);
        }
        return text.toString();
    }
}
