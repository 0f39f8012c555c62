package io.prestage.imageset;

import io.prestage.node.origin.WebFiles;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/**
 * Fetches a file of which nobody says what its content has to be, so that it can be named by its digest from then on.
 *
 * <p>It comes into a folder of its own and goes on from where it was if that was interrupted; whole, it is moved to the blobs of
 * the data partition, where the staging finds it.
 *
 * @param folder of the data partition
 */
record FileFetch(Path folder) {
    private static final String PARTS = ".fetch";

    /** Fetches the file; returns it with its digest. */
    WebFile fetch(WebFiles files, WebFile file) throws IOException {
        Path parts = Files.createDirectories(folder.resolve(PARTS));
        String id = file.address() + " " + file.size();
        Path part = parts.resolve(Digest.of(id.getBytes(StandardCharsets.UTF_8)).hex());
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            long from = Math.min(channel.size(), file.size());
            channel.truncate(from).position(from);
            files.fetch(file.address(), file.size(), from, file.size(), bytes -> writeAll(channel, bytes));
            channel.force(true);
        }
        Digest digest = hash(part);
        Path blobs = Files.createDirectories(folder.resolve("blobs").resolve("sha256"));
        Files.move(part, blobs.resolve(digest.hex()), StandardCopyOption.ATOMIC_MOVE);
        try (var rest = Files.list(parts)) {
            if (rest.findAny().isEmpty()) {
                Files.delete(parts);
            }
        }
        return file.with(digest);
    }

    private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static Digest hash(Path file) throws IOException {
        MessageDigest sha256 = Digest.sha256();
        byte[] chunk = new byte[1 << 20];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                sha256.update(chunk, 0, read);
            }
        }
        return Digest.ofRaw(sha256.digest());
    }
}
