package io.prestage.node;

import io.prestage.node.cluster.ClusterOptions;
import io.prestage.node.origin.OriginOptions;
import io.prestage.node.origin.RegistryClient;
import io.prestage.node.transfer.Limits;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * How to run a node.
 *
 * @param folder the data partition's mount point
 * @param server what the server is known by
 * @param cluster how others are found
 * @param swarmPort where peers connect
 * @param httpPort where pages, metrics and the registry are served
 * @param limits how much of the link to use
 * @param seed what to seed, if this node is a seed
 */
public record NodeOptions(
        Path folder,
        ServerName server,
        ClusterOptions cluster,
        int swarmPort,
        int httpPort,
        Limits limits,
        Optional<Seed> seed) {
    /** Checks that every part is there. */
    public NodeOptions {
        Objects.requireNonNull(folder, "folder");
        Objects.requireNonNull(server, "server");
        Objects.requireNonNull(cluster, "cluster");
        Objects.requireNonNull(limits, "limits");
        Objects.requireNonNull(seed, "seed");
    }

    /**
     * What makes a node a seed.
     *
     * @param request what was asked for, such that two seeds that were asked for the same say the same
     * @param origin where the plan and its content come from
     * @param replace whether to replace a plan that the cluster has and that was asked for differently
     */
    public record Seed(String request, Origin origin, boolean replace) {
        /** A seed of registries. */
        public Seed(String request, Planner planner, OriginOptions options, boolean replace) {
            this(request, new NetworkOrigin(planner, options), replace);
        }
    }

    /** Makes a plan from what the origin says. */
    @FunctionalInterface
    public interface Planner {
        /**
         * Makes the plan; may take long.
         *
         * @throws IOException if it cannot be made, with a sentence for the person who asked for it
         */
        Plan plan(RegistryClient registry) throws IOException;
    }
}
