package io.prestage.cli;

import io.prestage.node.Download;
import io.prestage.node.origin.BlobSource;
import io.prestage.node.origin.ImageReference;
import io.prestage.node.origin.NetworkBlobs;
import io.prestage.node.origin.NodeBlobs;
import io.prestage.node.origin.OriginOptions;
import io.prestage.node.origin.RegistryClient;
import io.prestage.node.store.StagedFiles;
import io.prestage.node.store.StagedPlan;
import io.prestage.node.store.StoreException;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/**
 * Fetches the blobs and manifests of a staged folder that are damaged or absent again, from where they came from or from a node of
 * the fleet.
 *
 * <p>What is staged is read from the receipt, so it and the lists have to be there. A blob takes its place when it is whole and
 * verified, as when it was staged. A folder that is being repaired is one that is being filled: interrupted, the repair goes on from
 * the plan that stands there.
 *
 * @param folder of the data partition
 * @param node a repository of the node to take it from, if not from the origin
 * @param options how that is reached
 * @param out hears of what could not be had
 */
record RepairRun(Path folder, Optional<ImageReference> node, OriginOptions options, PrintWriter out) {
    /**
     * Does it.
     *
     * @return bytes that were fetched
     * @throws IOException if the folder does not say what it is to hold, or cannot be written
     */
    long run() throws IOException {
        LongAdder received = new LongAdder();
        try (RegistryClient registry = new RegistryClient(options, received::add);
                Download download = Download.into(folder, plan(registry), blobs(registry), new Failures())) {
            download.run(options.connections(), DownloadRun.server(), received::sum);
        }
        return received.sum();
    }

    private BlobSource blobs(RegistryClient registry) {
        return node.isPresent() ? new NodeBlobs(registry, node.get()) : new NetworkBlobs(registry);
    }

    private Plan plan(RegistryClient registry) throws StoreException {
        try {
            Optional<Plan> begun = StagedPlan.unfinished(folder);
            return begun.isPresent()
                    ? begun.get()
                    : StagedPlan.of(
                            StagedFiles.at(folder),
                            (source, digest) -> registry.manifest(
                                            node.orElseGet(() -> ImageReference.parse(source)), digest)
                                    .content());
        } catch (StoreException e) {
            throw new Failure(
                    "the receipt or a list is damaged, or a manifest that cannot be had, so that " + folder
                            + " does not say what it is to hold (" + e.getMessage()
                            + "): stage it again with the command that it was staged with, which keeps what is good",
                    e);
        }
    }

    private final class Failures implements Download.Listener {
        @Override
        public void staged(Plan.Image image, boolean before) {}

        @Override
        public void failed(Plan.Image image, String reason) {
            out.println("could not repair " + image.name() + ": " + reason);
        }
    }
}
