package io.prestage.node;

import io.prestage.node.NodeOptions.Planner;
import io.prestage.node.origin.BlobSource;
import io.prestage.node.origin.NetworkBlobs;
import io.prestage.node.origin.OriginException.Reason;
import io.prestage.node.origin.OriginOptions;
import io.prestage.node.origin.RegistryClient;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Registries and HTTP servers.
 *
 * @param planner finds out what has to be fetched
 * @param options how they are reached
 */
public record NetworkOrigin(Planner planner, OriginOptions options) implements Origin {
    @Override
    public Plan plan(Consumer<Reason> failed) throws IOException {
        try (RegistryClient registry = new RegistryClient(options, bytes -> {}, failed)) {
            return planner.plan(registry);
        }
    }

    @Override
    public BlobSource open(LongConsumer received, Consumer<Reason> failed) throws IOException {
        return new NetworkBlobs(new RegistryClient(options, received, failed));
    }

    @Override
    public boolean isRemote() {
        return true;
    }

    @Override
    public int connections() {
        return options.connections();
    }
}
