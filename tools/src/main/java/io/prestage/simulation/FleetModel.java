package io.prestage.simulation;

import io.prestage.node.swarm.SwarmRules;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Pieces;
import io.prestage.protocol.Rate;
import io.prestage.simulation.Scenario.Path;
import io.prestage.simulation.ServerModel.Conduct;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A whole fleet in a few numbers, to be drawn as a {@link Scenario}.
 *
 * @param nodes empty servers, 1 to {@value #MOST_NODES}
 * @param seeds servers that bring the content, 1 to 100; the first ones of the scenario
 * @param size bytes of the content, more than 0
 * @param pieceSize bytes of a piece
 * @param link every server's link, either way
 * @param origin every seed's way to the origin; without one they hold everything from the start
 * @param slow which part of the nodes has links of another speed
 * @param churn which nodes come late, crash, or leave
 * @param delay of every message
 * @param seed of all random choices
 */
public record FleetModel(
        int nodes,
        int seeds,
        Bytes size,
        int pieceSize,
        Rate link,
        Optional<Rate> origin,
        Slow slow,
        Churn churn,
        Duration delay,
        long seed) {
    /** More nodes than any factory has, and about as many as fit in memory. */
    public static final int MOST_NODES = 50_000;

    private static final int MOST_SEEDS = 100;

    /** Blobs that the content is cut into, at the most; a release has two hundred. */
    private static final int BLOBS = 200;

    /** Bytes of a blob of content that has fewer. */
    private static final long BLOB_BYTES = 8 << 20;

    /** Moments at which servers come and go; those of one moment come or go together, as members of one view. */
    private static final int MOMENTS = 50;

    private static final Duration LONGEST = Duration.ofDays(365);
    private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);

    /**
     * Nodes on other links.
     *
     * @param share part of the nodes, 0 to 1
     * @param factor their links' speed over the others', more than 0
     */
    public record Slow(double share, double factor) {
        /** Nobody. */
        public static final Slow NOBODY = new Slow(0, 1);

        /** Checks the ranges. */
        public Slow {
            check(share >= 0 && share <= 1, "a share is from 0% to 100%");
            check(factor > 0 && factor <= 1000, "a factor of a link's speed is more than 0 and at most 1000");
        }
    }

    /**
     * Nodes that join late.
     *
     * @param share part of the nodes, 0 to 1
     * @param within the last of them has joined by then, from the start
     */
    public record Late(double share, Duration within) {
        /** Nobody. */
        public static final Late NOBODY = new Late(0, Duration.ZERO);

        /** Checks the ranges. */
        public Late {
            check(share >= 0 && share <= 1, "a share is from 0% to 100%");
            check(within.compareTo(LONGEST) <= 0, "nobody comes later than a year");
        }
    }

    /**
     * Nodes that leave.
     *
     * @param share part of the nodes, 0 to 1
     * @param lingers how long they stay once they hold everything
     */
    public record Leaving(double share, Duration lingers) {
        /** Nobody. */
        public static final Leaving NOBODY = new Leaving(0, Duration.ZERO);

        /** Checks the ranges. */
        public Leaving {
            check(share >= 0 && share <= 1, "a share is from 0% to 100%");
            check(lingers.compareTo(LONGEST) <= 0, "nobody stays longer than a year");
        }
    }

    /**
     * Who comes and goes.
     *
     * @param crashing which part of the nodes crashes, at any time before the rest can be done, 0 to less than 1
     * @param late which part of the nodes joins later
     * @param leaving which part of the nodes leaves once it holds everything
     */
    public record Churn(double crashing, Late late, Leaving leaving) {
        /** Everybody is there from the start and stays. */
        public static final Churn NONE = new Churn(0, Late.NOBODY, Leaving.NOBODY);

        /** Checks the ranges. */
        public Churn {
            check(crashing >= 0 && crashing < 1, "a share of nodes that crash is from 0% to less than 100%");
        }
    }

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException with a sentence that names what is out of range
     */
    public FleetModel {
        check(nodes >= 1 && nodes <= MOST_NODES, "a fleet has from 1 to " + MOST_NODES + " nodes");
        check(seeds >= 1 && seeds <= MOST_SEEDS, "a fleet has from 1 to " + MOST_SEEDS + " seeds");
        check(size.count() > 0, "the content has more than 0 bytes");
        check(pieceSize > 0, "a piece has more than 0 bytes");
        check(
                size.count() / pieceSize <= Pieces.MAX / 2,
                "there are more pieces than can be counted: take larger ones");
        check(
                Math.round(churn.crashing() * nodes) < nodes,
                "with that share all " + nodes + " nodes crash, and there is nothing to measure");
        check(delay.compareTo(LONGEST_DELAY) <= 0, "a message takes at most a minute");
        double slowestLink = Math.min(
                link.bytesPerSecond() * Math.min(1, slow.factor()),
                origin.map(Rate::bytesPerSecond).orElse(Long.MAX_VALUE));
        check(
                size.count() / slowestLink < LONGEST.toSeconds(),
                "on the slowest link that takes more than a year: take less content or faster links");
    }

    /** The scenario; the same numbers give the same. */
    public Scenario scenario() {
        SplittableRandom random = new SplittableRandom(seed);
        Duration rest = Duration.ofNanos((long) (1e9 * size.count() / slowest().bytesPerSecond()));
        boolean[] slowOnes = some(slow.share(), random);
        boolean[] lost = some(churn.crashing(), random);
        boolean[] lateOnes = some(churn.late().share(), random);
        boolean[] leaving = some(churn.leaving().share(), random);
        List<ServerModel> servers = new ArrayList<>();
        for (int server = 0; server < seeds; server++) {
            servers.add(origin.map(rate -> ServerModel.fetching(link, rate)).orElseGet(() -> ServerModel.full(link)));
        }
        for (int node = 0; node < nodes; node++) {
            ServerModel server = ServerModel.empty(slowOnes[node] ? scaled() : link);
            if (lateOnes[node]) {
                server = server.joining(moment(churn.late().within(), random));
            }
            if (lost[node]) {
                server = server.turning(Conduct.GONE, moment(rest, random));
            }
            if (leaving[node]) {
                server = server.leaving(churn.leaving().lingers());
            }
            servers.add(server);
        }
        Path path = Path.LAN.withDelay(delay);
        return new Scenario(pieces(), servers, SwarmRules.DEFAULT, path, random.nextLong());
    }

    /** The pieces that the content is cut into. */
    public Pieces pieces() {
        long most = Math.max(1, Math.min(BLOBS, size.count() / BLOB_BYTES));
        long each = (size.count() + most - 1) / most; // as in a release, the last piece of a blob is short
        List<Long> blobs = new ArrayList<>();
        for (long left = size.count(); left > 0; left -= each) {
            blobs.add(Math.min(each, left));
        }
        return new Pieces(pieceSize, blobs);
    }

    private Rate slowest() {
        return origin.filter(rate -> rate.compareTo(link) < 0).orElse(link);
    }

    private Rate scaled() {
        return new Rate(Math.max(Byte.SIZE, Math.round(link.bitsPerSecond() * slow.factor())));
    }

    private static Duration moment(Duration within, SplittableRandom random) {
        return within.dividedBy(MOMENTS).multipliedBy(1 + random.nextInt(MOMENTS));
    }

    /** So many of the nodes, any of them. */
    private boolean[] some(double share, SplittableRandom random) {
        boolean[] chosen = new boolean[nodes];
        long left = Math.round(share * nodes);
        for (int node = 0; node < nodes; node++) {
            if (random.nextInt(nodes - node) < left) {
                chosen[node] = true;
                left--;
            }
        }
        return chosen;
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
