package io.prestage.node;

import io.prestage.node.origin.BlobSource;
import io.prestage.node.origin.OriginException.Reason;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** Where a plan and its content come from. */
public interface Origin {
    /**
     * Makes the plan; may take long.
     *
     * @param failed told of every request that fails, by several threads at a time
     * @throws IOException if it cannot be made, with a sentence for the person who asked for it
     */
    Plan plan(Consumer<Reason> failed) throws IOException;

    /**
     * Opens the content.
     *
     * @param received told how many bytes come in over the network, by several threads at a time
     * @param failed told of every request that fails, by several threads at a time
     * @throws IOException if it cannot be opened, with a sentence for the person who named it
     */
    BlobSource open(LongConsumer received, Consumer<Reason> failed) throws IOException;

    /** Whether content comes over the network, so that a limit on that counts. */
    boolean isRemote();

    /** How many ranges to fetch at a time, at least 1. */
    int connections();
}
