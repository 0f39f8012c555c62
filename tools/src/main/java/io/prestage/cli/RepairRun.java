package io.prestage.cli;

import io.prestage.node.Download;
import io.prestage.node.origin.BlobSource;
import io.prestage.node.origin.ImageReference;
import io.prestage.node.origin.NetworkBlobs;
import io.prestage.node.origin.NodeBlobs;
import io.prestage.node.origin.OriginOptions;
import io.prestage.node.origin.RegistryClient;
import io.prestage.node.store.StagedPlan;
import io.prestage.node.store.Store;
import io.prestage.node.store.StoreException;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;

/**
 * Makes a staged folder whole again: fetches the pieces of its blobs that are damaged or absent from where they came from or from a
 * node of the fleet, and writes everything else anew.
 *
 * <p>What it is to hold, and what the pieces of a damaged blob hash to, the folder keeps beside its content. A folder that does not,
 * because it was staged before there was that or because it is damaged too, needs its receipt and lists undamaged, and a blob is then
 * fetched whole. A blob takes its place when it is whole and verified, as when it was staged. A folder that is being repaired is one
 * that is being filled: interrupted, the repair goes on from the plan that stands there.
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
     * @param hit the artifact names of the images that a damaged or absent blob hits
     * @return bytes that were fetched
     * @throws IOException if the folder does not say what it is to hold, or cannot be written
     */
    long run(Set<String> hit) throws IOException {
        LongAdder received = new LongAdder();
        try (RegistryClient registry = new RegistryClient(options, received::add)) {
            Plan plan = plan(registry);
            checkReach(registry, plan, hit);
            Store.reopen(folder, plan);
            try (Download download = Download.into(folder, plan, blobs(registry), new Failures())) {
                download.run(options.connections(), DownloadRun.server(), received::sum);
            }
        }
        return received.sum();
    }

    private BlobSource blobs(RegistryClient registry) {
        return node.isPresent() ? new NodeBlobs(registry, node.get()) : new NetworkBlobs(registry);
    }

    private Plan plan(RegistryClient registry) throws StoreException {
        try {
            return StagedPlan.toRepair(
                    folder,
                    (source, digest) -> registry.manifest(node.orElseGet(() -> ImageReference.parse(source)), digest)
                            .content());
        } catch (StoreException e) {
            throw new Failure(
                    folder + " does not say any more what it is to hold (" + e.getMessage()
                            + "): stage it again with the command that it was staged with, which keeps what is good",
                    e);
        }
    }

    /** Before the folder is taken apart: whether anything can be had at all, from any of the registries that are needed. */
    private void checkReach(RegistryClient registry, Plan plan, Set<String> hit) {
        Map<String, Plan.Image> places = new HashMap<>();
        for (Plan.Image image : plan.images()) {
            if (hit.contains(image.name())) {
                places.putIfAbsent(place(image).registry(), image);
            }
        }
        String reason = "";
        for (Plan.Image image : places.values()) {
            try {
                registry.manifest(place(image), Digest.parse(image.manifest()));
                return;
            } catch (IOException e) {
                reason = e.getMessage();
            }
        }
        if (!places.isEmpty()) {
            throw new Failure("nothing was mended, and nothing was changed: " + reason);
        }
    }

    private ImageReference place(Plan.Image image) {
        return node.orElseGet(() -> ImageReference.parse(image.source()));
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
