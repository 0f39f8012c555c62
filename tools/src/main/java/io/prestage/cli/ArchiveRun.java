package io.prestage.cli;

import io.prestage.imageset.MappingLine;
import io.prestage.imageset.Resolution;
import io.prestage.imageset.WebFile;
import io.prestage.node.Download;
import io.prestage.node.origin.NetworkBlobs;
import io.prestage.node.origin.WholeCopies;
import io.prestage.node.store.ImageArchive;
import io.prestage.node.store.StagedPlan;
import io.prestage.node.store.Store;
import io.prestage.node.store.StoreException;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Plan;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.FileUtils;

/**
 * Writes one archive an image, as factory-precaching-cli did, from a layout that is filled beside them and removed in the end.
 *
 * <p>So every layer is still fetched once, an interrupted image goes on where it was, and an archive is written by one worker while
 * others fetch.
 *
 * @param folder of the data partition
 * @param resolution what to stage
 * @param origin where the content comes from
 * @param connections to it
 * @param workers how many archives to write at a time
 * @param removeStale whether archives go that this run does not name
 * @param out hears of each image
 */
record ArchiveRun(
        Path folder,
        Resolution resolution,
        DownloadRun.Origin origin,
        int connections,
        int workers,
        boolean removeStale,
        PrintWriter out) {
    private static final String SUFFIX = ".tgz";

    /** Is there while a run is at the folder. */
    private static final String LOCK = ".lock";

    /** Holds the layout until the archives are written. */
    private static final String WORK = ".staging";

    /**
     * Keeps a folder of archives to one run.
     *
     * @return what gives it back
     * @throws Failure if it holds a native layout, or another run is at it
     */
    static Closeable claim(Path folder) throws IOException {
        if (StagedPlan.in(folder).isPresent()) {
            throw new Failure(folder + " holds a native layout: choose another folder with -f, or --format native");
        }
        Path file = folder.resolve(LOCK);
        FileChannel channel;
        try {
            Files.createDirectories(folder);
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new Failure(folder + " cannot be written: choose another folder with -f, or mount it read-write", e);
        }
        if (channel.tryLock() == null) {
            channel.close();
            throw new Failure(folder + " is in use by another download: wait for it or choose another folder with -f");
        }
        return () -> {
            try (channel) {
                Files.deleteIfExists(file);
            }
        };
    }

    /** The layout that the archives of a folder are made from. */
    static Path layout(Path folder) {
        return folder.resolve(WORK);
    }

    DownloadRun.Result run() throws IOException {
        long start = System.nanoTime();
        Set<String> wanted = new HashSet<>(resolution.artifacts());
        if (removeStale) {
            removeAllBut(wanted);
        }
        Set<String> before = new HashSet<>();
        for (String artifact : wanted) {
            if (Files.exists(archive(artifact))) {
                before.add(artifact);
            }
        }
        Resolution missing = resolution.withFiles(this::isMissing);
        Map<String, String> failures = new LinkedHashMap<>(resolution.failures());
        failures.keySet().removeAll(before);
        Archives archives = new Archives(wanted.size() - before.size());
        WholeCopies copies = origin.wholeCopies(resolution);
        boolean mayPass = false;
        boolean nothing = before.size() == wanted.size() && missing.files().isEmpty();
        if (!nothing) {
            Plan plan = missing.planOf(source -> !before.contains(MappingLine.artifact(source)), Optional.empty());
            Download.Outcome outcome = fill(plan, archives);
            failures.putAll(outcome.failed());
            mayPass = outcome.mayPass() && !outcome.full();
            for (Plan.NamedFile file : plan.named()) {
                place(file);
            }
        }
        writeTexts();
        if (!mayPass) {
            FileUtils.deleteDirectory(folder.resolve(WORK).toFile());
        }
        return new DownloadRun.Result(
                wanted.size(),
                resolution.files().size(),
                archives.written,
                before.size(),
                failures,
                mayPass,
                Duration.ofNanos(System.nanoTime() - start),
                new Bytes(origin.fetched()),
                copies.bytes(),
                nothing);
    }

    private Download.Outcome fill(Plan plan, Archives archives) throws IOException {
        Path work = folder.resolve(WORK);
        Store.replace(work, plan);
        try (Download download = Download.into(work, plan, new NetworkBlobs(origin.registry()), archives)) {
            try (DownloadProgress shown = new DownloadProgress(out, plan.total().count(), download::bytesHere)) {
                archives.progress = shown;
                Download.Outcome outcome = download.run(connections, DownloadRun.server(), origin::fetched);
                archives.await();
                return outcome;
            }
        } finally {
            archives.pool.shutdownNow();
        }
    }

    /** Gives a plain file its place, if it could be had. */
    private void place(Plan.NamedFile file) throws IOException {
        Path blob = layout(folder)
                .resolve("blobs")
                .resolve("sha256")
                .resolve(file.contentDigest().hex());
        if (Files.exists(blob)) {
            Path draft = folder.resolve("." + file.name() + ".part");
            Files.deleteIfExists(draft);
            Files.createLink(draft, blob);
            Files.move(
                    draft,
                    folder.resolve(file.name()),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private boolean isMissing(WebFile file) {
        try {
            return !file.isAt(folder.resolve(file.name()));
        } catch (IOException e) {
            return true;
        }
    }

    private Path archive(String artifact) {
        return folder.resolve(artifact + SUFFIX);
    }

    private void removeAllBut(Set<String> wanted) throws IOException {
        try (DirectoryStream<Path> present = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            for (Path archive : present) {
                String name = archive.getFileName().toString();
                String artifact = name.substring(0, name.length() - SUFFIX.length());
                boolean file = resolution.files().stream()
                        .anyMatch(asked -> asked.name().equals(name));
                if (!wanted.contains(artifact) && !file) {
                    Files.delete(archive);
                    out.println("Removed stale artifact: " + artifact);
                }
            }
        }
    }

    private void writeTexts() throws IOException {
        for (Map.Entry<String, String> text : new HashMap<>(resolution.texts()).entrySet()) {
            Path draft = folder.resolve("." + text.getKey() + ".part");
            Files.writeString(draft, text.getValue());
            Files.move(
                    draft,
                    folder.resolve(text.getKey()),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Writes the archive of each image that is complete. */
    private final class Archives implements Download.Listener {
        private final ExecutorService pool = Executors.newFixedThreadPool(workers, run -> {
            Thread thread = new Thread(run, "archive");
            thread.setDaemon(true);
            return thread;
        });
        private final int queued;
        private volatile DownloadProgress progress;
        private int written;
        private IOException failure;

        Archives(int queued) {
            this.queued = queued;
        }

        @Override
        public void staged(Plan.Image image, boolean there) {
            pool.execute(() -> write(image));
        }

        @Override
        public void failed(Plan.Image image, String reason) {
            progress.tell("Failed artifact: " + image.name() + ": " + reason);
        }

        private void write(Plan.Image image) {
            try {
                ImageArchive.write(folder.resolve(WORK), image, archive(image.name()));
                told(image);
            } catch (StoreException e) {
                failed(e);
            } catch (RuntimeException e) {
                failed(new IOException("an unexpected error while " + image.name() + " was written: " + e, e));
            }
        }

        private synchronized void told(Plan.Image image) {
            written++;
            progress.tell("Downloaded artifact [" + written + "/" + queued + "]: " + image.name());
        }

        private synchronized void failed(IOException reason) {
            failure = failure == null ? reason : failure;
        }

        void await() throws IOException {
            pool.shutdown();
            try {
                boolean ended = false;
                while (!ended) {
                    ended = pool.awaitTermination(1, TimeUnit.HOURS); // the disk decides
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                InterruptedIOException interrupted = new InterruptedIOException("interrupted; run it again to go on");
                interrupted.initCause(e);
                throw interrupted;
            }
            synchronized (this) {
                if (failure != null) {
                    throw failure;
                }
            }
        }
    }
}
