package io.prestage.simulation;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * What came of a scenario.
 *
 * @param ratios for every server that is expected to finish and was not full from the start: how long it took from its joining,
 *     over the least that it could take; infinite if it did not finish
 * @param servers what came of every server, in the scenario's order
 * @param took when the last of them finished, or the limit
 * @param duplicates pieces that seeds sent although they had sent them before
 * @param wastedBytes bytes of pieces that arrived where they were not wanted or did not match
 * @param deliveredBytes bytes of all pieces that arrived
 * @param messages messages between servers, those that carry pieces not counted
 * @param pieces pieces that arrived
 * @param events events that were simulated
 */
public record Outcome(
        List<Double> ratios,
        List<Finish> servers,
        Duration took,
        long duplicates,
        long wastedBytes,
        long deliveredBytes,
        long messages,
        long pieces,
        long events) {
    /** Sorts the ratios and copies the servers. */
    public Outcome {
        servers = List.copyOf(servers);
        double[] sorted =
                ratios.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        ratios = Arrays.stream(sorted).boxed().toList();
    }

    /**
     * The ratio that such a part of the servers does not exceed.
     *
     * @param part more than 0, at most 1; 1 is the last server
     */
    public double ratio(double part) {
        if (ratios.isEmpty()) {
            return 0;
        }
        int rank = (int) Math.ceil(part * ratios.size());
        return ratios.get(Math.max(rank, 1) - 1);
    }

    /** The last server's ratio. */
    public double slowest() {
        return ratio(1);
    }

    /** Whether everyone finished. */
    public boolean everyoneFinished() {
        return ratios.stream().allMatch(Double::isFinite);
    }

    /** Wasted bytes over delivered ones. */
    public double waste() {
        return deliveredBytes == 0 ? 0 : wastedBytes / (double) deliveredBytes;
    }

    /** Messages for each piece that arrived. */
    public double messagesPerPiece() {
        return pieces == 0 ? 0 : messages / (double) pieces;
    }
}
