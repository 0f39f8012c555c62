package io.prestage.imageset;

import io.prestage.node.origin.WebFiles;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Fetches files whole before there is a plan: those of which nobody says what their content has to be, so that they can be named
 * by their digests from then on, and those whose servers do not serve parts.
 *
 * <p>Each comes into a folder of its own, {@code .fetch}, and goes on from where it was if that was interrupted, as long as its
 * server says that it is the same; whole, it is moved to the blobs of the layout, where the staging finds it. What it turned out to
 * be is noted beside it, so that it is not fetched again for being asked for again.
 *
 * @param folder of the data partition
 * @param layout that it is staged in; the folder itself, or the one that archives are made from
 */
record FileFetch(Path folder, Path layout) {
    private static final String PARTS = ".fetch";
    private static final String NOTE = ".sha256";

    /** Returns the files with their digests; fetches what has to be. */
    List<WebFile> fetch(WebFiles files, List<WebFile> wanted) throws IOException {
        Path parts = folder.resolve(PARTS);
        if (wanted.stream().allMatch(FileFetch::isPlain)) {
            sweep(parts, Set.of());
            return wanted;
        }
        Files.createDirectories(parts);
        Set<Path> used = new HashSet<>();
        List<WebFile> known = new ArrayList<>();
        for (WebFile file : wanted) {
            if (isPlain(file)) {
                known.add(file);
                continue;
            }
            String id = id(file);
            Path note = parts.resolve(id + NOTE);
            used.add(note);
            Optional<Digest> before = before(file, note);
            if (before.isPresent()) {
                known.add(file.with(before.get()));
                continue;
            }
            Digest digest = fetch(files, file, parts.resolve(id));
            Files.writeString(note, digest.hex());
            known.add(file.with(digest));
        }
        sweep(parts, used);
        return known;
    }

    /** What the part and the note of a file are called: other content, another name, as far as its server tells. */
    static String id(WebFile file) {
        String version = file.address() + " " + file.size() + " " + file.version();
        return Digest.of(version.getBytes(StandardCharsets.UTF_8)).hex();
    }

    /** Whether a file can be fetched piece by piece. */
    private static boolean isPlain(WebFile file) {
        return file.digest().isPresent() && file.ranges();
    }

    /** What the file turned out to be in a former run, if its server says that it is the same and it is still there. */
    private Optional<Digest> before(WebFile file, Path note) throws IOException {
        if (file.version().isEmpty() || !Files.isRegularFile(note)) {
            return Optional.empty();
        }
        Digest noted;
        try {
            noted = Digest.ofHex(Files.readString(note));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        if (file.digest().isPresent() && !file.digest().get().equals(noted)) {
            return Optional.empty();
        }
        Path staged = folder.resolve(file.name());
        boolean there = isOf(file.size(), blob(noted))
                || (isOf(file.size(), staged) && hash(staged).equals(noted));
        return there ? Optional.of(noted) : Optional.empty();
    }

    private static boolean isOf(long size, Path file) throws IOException {
        return Files.isRegularFile(file) && Files.size(file) == size;
    }

    private Path blob(Digest digest) {
        return layout.resolve("blobs").resolve("sha256").resolve(digest.hex());
    }

    private Digest fetch(WebFiles files, WebFile file, Path part) throws IOException {
        boolean resumable = file.ranges() && !file.version().isEmpty();
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            long from = resumable ? Math.min(channel.size(), file.size()) : 0;
            channel.truncate(from).position(from);
            files.fetch(file.address(), file.size(), from, file.size(), bytes -> writeAll(channel, bytes));
            channel.force(true);
        }
        Digest digest = hash(part);
        if (file.digest().isPresent() && !file.digest().get().equals(digest)) {
            Files.delete(part);
            throw new IOException(file.address() + " is not what it has to be, its SHA-256 is " + digest.hex()
                    + " and not " + file.digest().get().hex() + ": check the address and the SHA-256");
        }
        Files.createDirectories(blob(digest).getParent());
        Files.move(part, blob(digest), StandardCopyOption.ATOMIC_MOVE);
        return digest;
    }

    /** Removes what was begun or noted of files that are not asked for any more. */
    private static void sweep(Path parts, Set<Path> used) throws IOException {
        if (!Files.isDirectory(parts)) {
            return;
        }
        try (DirectoryStream<Path> present = Files.newDirectoryStream(parts)) {
            for (Path part : present) {
                if (!used.contains(part)) {
                    Files.delete(part);
                }
            }
        }
        if (used.isEmpty()) {
            Files.delete(parts);
        }
    }

    private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** The SHA-256 of a file. */
    static Digest hash(Path file) throws IOException {
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
