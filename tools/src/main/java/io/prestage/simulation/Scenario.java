package io.prestage.simulation;

import io.prestage.node.swarm.SwarmRules;
import io.prestage.node.transfer.Transfer;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Pieces;
import io.prestage.protocol.Rate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is simulated.
 *
 * @param pieces the content
 * @param servers who takes part
 * @param rules the swarm's numbers
 * @param path what lies between two servers
 * @param seed of all random choices; the same scenario with the same seed runs the same
 */
public record Scenario(Pieces pieces, List<ServerModel> servers, SwarmRules rules, Path path, long seed) {
    /**
     * What lies between two servers.
     *
     * @param delay from a message's sending to its being acted on: the switch, two kernels, two event loops
     * @param hashing how fast pieces are hashed and written, from their last byte to their being announced
     * @param buffered bytes of a connection that its sender's kernel takes before they are sent
     * @param connecting from a node's joining to its connections' standing
     * @param noticing from a server's end to its neighbours' knowing
     */
    public record Path(Duration delay, Rate hashing, Bytes buffered, Duration connecting, Duration noticing) {
        /** A LAN: half a millisecond a message, half a gigabyte hashed a second. */
        public static final Path LAN = new Path(
                Duration.ofNanos(500_000),
                new Rate(4_000_000_000L),
                new Bytes(Transfer.NOT_SENT),
                Duration.ofMillis(2),
                Duration.ofMillis(200));

        /** The same with another delay. */
        public Path withDelay(Duration other) {
            return new Path(other, hashing, buffered, connecting, noticing);
        }

        /** The same with other bytes that a sender's kernel takes. */
        public Path withBuffered(Bytes other) {
            return new Path(delay, hashing, other, connecting, noticing);
        }
    }

    /** Copies the servers. */
    public Scenario {
        servers = List.copyOf(servers);
    }

    /**
     * One seed that holds everything, others that are empty, links that are equal.
     *
     * @param empty servers beside the seed
     * @param count pieces
     * @param pieceSize bytes of each
     * @param link of every server, either way
     */
    public static Scenario equal(int empty, int count, int pieceSize, Rate link, long seed) {
        List<ServerModel> servers = new ArrayList<>();
        servers.add(ServerModel.full(link));
        for (int server = 0; server < empty; server++) {
            servers.add(ServerModel.empty(link));
        }
        Pieces pieces = new Pieces(pieceSize, List.of((long) count * pieceSize));
        return new Scenario(pieces, servers, SwarmRules.DEFAULT, Path.LAN, seed);
    }

    /** The same with another server in some place. */
    public Scenario with(int place, ServerModel server) {
        List<ServerModel> changed = new ArrayList<>(servers);
        changed.set(place, server);
        return new Scenario(pieces, changed, rules, path, seed);
    }

    /** The same with one more server. */
    public Scenario plus(ServerModel server) {
        List<ServerModel> changed = new ArrayList<>(servers);
        changed.add(server);
        return new Scenario(pieces, changed, rules, path, seed);
    }

    /** The same with other numbers. */
    public Scenario with(SwarmRules other) {
        return new Scenario(pieces, servers, other, path, seed);
    }

    /** The same with something else between the servers. */
    public Scenario with(Path other) {
        return new Scenario(pieces, servers, rules, other, seed);
    }

    /** The same content cut into blobs of so many pieces each. */
    public Scenario inBlobs(int piecesEach) {
        List<Long> sizes = new ArrayList<>();
        for (int first = 0; first < pieces.count(); first += piecesEach) {
            sizes.add((long) Math.min(piecesEach, pieces.count() - first) * pieces.pieceSize());
        }
        return new Scenario(new Pieces(pieces.pieceSize(), sizes), servers, rules, path, seed);
    }

    /** Bytes of all pieces. */
    public long bytes() {
        long bytes = 0;
        for (int blob = 0; blob < pieces.blobs(); blob++) {
            bytes += pieces.size(blob);
        }
        return bytes;
    }

    /** The speed of the slowest link of all. */
    Rate slowest() {
        return servers.stream()
                .flatMap(server -> Stream.concat(Stream.of(server.up(), server.down()), server.origin().stream()))
                .min(Comparator.naturalOrder())
                .orElseThrow();
    }

    /** How long a server needs at the least, from its joining: what its downlink, the seeds' uplinks and the origin allow. */
    public double ideal(int server) {
        double sources = 0;
        for (ServerModel model : servers) {
            if (model.isSeed()) {
                long up = model.up().bytesPerSecond();
                sources += model.origin()
                        .map(rate -> Math.min(up, rate.bytesPerSecond()))
                        .orElse(up);
            }
        }
        ServerModel model = servers.get(server);
        boolean late = !model.joins().isZero(); // what the fleet holds by then comes from everyone
        double down = (double) bytes() / model.down().bytesPerSecond();
        return late ? down : Math.max(down, bytes() / sources);
    }
}
