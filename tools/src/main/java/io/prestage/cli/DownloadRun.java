package io.prestage.cli;

import io.prestage.imageset.FormerPlan;
import io.prestage.imageset.Resolution;
import io.prestage.node.Download;
import io.prestage.node.ServerName;
import io.prestage.node.origin.NetworkBlobs;
import io.prestage.node.origin.RegistryClient;
import io.prestage.node.origin.WholeCopies;
import io.prestage.node.store.StagedPlan;
import io.prestage.node.store.Store;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Brings what was resolved into the folder, in one of the two formats, and counts.
 *
 * @param folder of the data partition
 * @param resolution what to stage
 * @param origin where the content comes from
 * @param workers how much to do at a time
 * @param removeStale whether what former runs staged and this one does not name goes
 * @param out hears of each image
 */
record DownloadRun(
        Path folder, Resolution resolution, Origin origin, int workers, boolean removeStale, PrintWriter out) {
    /**
     * The registry, whose connections and tokens are those that the resolution was made with.
     *
     * @param registry to be closed by the caller
     * @param received bytes of blobs that came from it
     * @param before how many of these came before this run
     */
    record Origin(RegistryClient registry, LongAdder received, long before) {
        long fetched() {
            return received.sum() - before;
        }

        WholeCopies wholeCopies(Resolution resolution) {
            return WholeCopies.of(registry, resolution.images().resolved(), resolution.fileBytes());
        }
    }

    /**
     * How it went.
     *
     * @param total images that were to be staged
     * @param files plain files that were to be staged
     * @param downloaded how many were fetched
     * @param skipped how many were there before
     * @param failures why the others failed, by artifact name
     * @param mayPass whether the same may succeed a little later
     * @param took from the first request for content to the end
     * @param fetched bytes of content that came in
     * @param wholeCopy bytes that copying each image by itself with all its platforms, and each file, would have fetched, if that
     *     is known
     * @param nothingToDo whether everything was there before
     */
    record Result(
            int total,
            int files,
            int downloaded,
            int skipped,
            Map<String, String> failures,
            boolean mayPass,
            Duration took,
            Bytes fetched,
            Optional<Bytes> wholeCopy,
            boolean nothingToDo) {
        /** What was asked for, in words. */
        String asked() {
            return total + " images" + (files == 0 ? "" : " and " + files + " files");
        }
    }

    /** Fills an OCI layout. */
    Result layout() throws IOException {
        long start = System.nanoTime();
        Optional<Plan> former = StagedPlan.in(folder);
        Set<String> unavailable = resolution.unavailable();
        Predicate<String> kept = source -> !removeStale || unavailable.contains(source);
        Plan plan = resolution.planOf(
                any -> true, former.map(had -> new FormerPlan(had, kept, !removeStale, this::isPresent)));
        Store.replace(folder, plan);
        Set<String> before = new HashSet<>();
        former.ifPresent(had -> had.images().forEach(image -> before.add(image.name() + " " + image.manifest())));
        Map<String, String> failures = new LinkedHashMap<>(resolution.failures());
        Count count = new Count(own(plan), before);
        WholeCopies copies = origin.wholeCopies(resolution);
        Download.Outcome outcome;
        try (Download download = Download.into(folder, plan, new NetworkBlobs(origin.registry), count)) {
            try (DownloadProgress shown = new DownloadProgress(out, plan.total().count(), download::bytesHere)) {
                count.progress = shown;
                outcome = download.run(workers, server(), origin::fetched);
            }
        }
        failures.putAll(outcome.failed());
        if (!outcome.full() && !outcome.mayPass()) {
            failures.putAll(settle(plan, outcome.failed().keySet()));
        }
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        boolean nothing = count.downloaded == 0 && failures.isEmpty() && origin.fetched() == 0;
        return new Result(
                resolution.artifacts().size(),
                resolution.files().size(),
                count.downloaded,
                count.skipped,
                failures,
                outcome.mayPass(),
                took,
                new Bytes(origin.fetched()),
                copies.bytes(),
                nothing);
    }

    /**
     * Makes a complete layout of what could be had, because the rest will not be had by waiting.
     *
     * @param failed names of images and files of the plan
     * @return what could not be had this time, by name
     */
    private Map<String, String> settle(Plan plan, Set<String> failed) throws IOException {
        Set<String> sources = plan.images().stream()
                .filter(image -> failed.contains(image.name()))
                .map(Plan.Image::source)
                .collect(Collectors.toSet());
        Plan rest = resolution
                .withFiles(file -> !failed.contains(file.name()))
                .planOf(
                        source -> !sources.contains(source),
                        Optional.of(new FormerPlan(plan, source -> true, true, this::isPresent)));
        Store.replace(folder, rest);
        try (Download again = Download.into(folder, rest, new NetworkBlobs(origin.registry), new Silent())) {
            return again.run(1, server(), () -> 0).failed();
        }
    }

    /**
     * Writes an archive of each image.
     *
     * @param connections to the origin
     */
    Result archives(int connections) throws IOException {
        return new ArchiveRun(folder, resolution, origin, connections, workers, removeStale, out).run();
    }

    private boolean isPresent(Digest digest) {
        return Files.isRegularFile(folder.resolve("blobs/sha256").resolve(digest.hex()));
    }

    static ServerName server() {
        return ServerName.find(Optional.empty(), Optional.empty());
    }

    /** Hears nothing. */
    private static final class Silent implements Download.Listener {
        @Override
        public void staged(Plan.Image image, boolean before) {}

        @Override
        public void failed(Plan.Image image, String reason) {}
    }

    /** The images of the plan that this run asks for; those that are kept of former runs come after them. */
    private Set<String> own(Plan plan) {
        return plan.images().stream()
                .limit(resolution.images().resolved().size())
                .map(Plan.Image::name)
                .collect(Collectors.toSet());
    }

    /** Counts images and tells of each. */
    private static final class Count implements Download.Listener {
        private final Set<String> own;
        private final Set<String> before;
        private int downloaded;
        private int skipped;
        private DownloadProgress progress;

        Count(Set<String> own, Set<String> before) {
            this.own = own;
            this.before = before;
        }

        @Override
        public void staged(Plan.Image image, boolean there) {
            if (!own.contains(image.name())) {
                return;
            }
            if (there && before.contains(image.name() + " " + image.manifest())) {
                skipped++;
                return;
            }
            downloaded++;
            progress.tell("Downloaded artifact [" + downloaded + "/" + (own.size() - skipped) + "]: " + image.name());
        }

        @Override
        public void failed(Plan.Image image, String reason) {
            progress.tell("Failed artifact: " + image.name() + ": " + reason);
        }
    }
}
