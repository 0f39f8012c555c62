package io.prestage.node.store;

import io.prestage.protocol.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;

/** Hashes every plain file of a folder, several at a time. */
final class BlobHashes {
    private static final int BUFFER = 256 << 10;

    /**
     * What one file turned out to be.
     *
     * @param size bytes
     * @param digest of its content; nothing if it cannot be read
     * @param failure why not
     */
    record Hashed(long size, Optional<Digest> digest, String failure) {}

    private final Path folder;

    BlobHashes(Path folder) {
        this.folder = folder;
    }

    /**
     * Reads it all.
     *
     * @return by file name; nothing if there is no such folder
     */
    Map<String, Hashed> hash(int threads, LongConsumer progress) throws IOException {
        Map<String, Hashed> hashed = new TreeMap<>();
        if (!Files.isDirectory(folder)) {
            return hashed;
        }
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            Map<String, Future<Hashed>> pending = new TreeMap<>();
            for (Path file : Layout.list(folder)) {
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    pending.put(file.getFileName().toString(), pool.submit(() -> hash(file, progress)));
                }
            }
            for (Map.Entry<String, Future<Hashed>> one : pending.entrySet()) {
                hashed.put(one.getKey(), one.getValue().get());
            }
            return hashed;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while blobs were hashed", e);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } finally {
            pool.shutdownNow();
        }
    }

    private static Hashed hash(Path file, LongConsumer progress) {
        long size = 0;
        MessageDigest sha256 = Digest.sha256();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                sha256.update(buffer, 0, read);
                size += read;
                progress.accept(read);
            }
            return new Hashed(size, Optional.of(Digest.ofRaw(sha256.digest())), "");
        } catch (IOException e) {
            return new Hashed(size, Optional.empty(), e.toString());
        }
    }
}
