package io.prestage.node.store;

import io.prestage.protocol.Digest;
import io.prestage.protocol.PieceSet;
import io.prestage.protocol.Pieces;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A plan whose every byte is known: one image of random blobs. */
record Fixture(Plan plan, Pieces pieces, List<byte[]> contents) {
    static final int PIECE = Plan.MIN_PIECE;
    static final String MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json";

    static Fixture of(long seed, int... sizes) {
        return of("image_1", seed, sizes);
    }

    /** The same seed and size make the same blob. */
    static Fixture of(String image, long seed, int... sizes) {
        List<byte[]> contents = new ArrayList<>();
        List<Plan.Blob> blobs = new ArrayList<>();
        for (int size : sizes) {
            byte[] content = new byte[size];
            new Random(seed + size).nextBytes(content);
            contents.add(content);
            blobs.add(new Plan.Blob(Digest.of(content).toString(), size, "registry.example:5000/a"));
        }
        Plan.Manifest manifest = new Plan.Manifest(
                MANIFEST_TYPE,
                ("{\"schemaVersion\":2,\"layers\":["
                                + blobs.stream()
                                        .map(blob ->
                                                "{\"digest\":\"" + blob.digest() + "\",\"size\":" + blob.size() + "}")
                                        .collect(Collectors.joining(","))
                                + "]}")
                        .getBytes(StandardCharsets.UTF_8));
        Plan plan = new Plan(
                Plan.VERSION,
                image + seed,
                PIECE,
                List.of(new Plan.Image(
                        image,
                        "registry.example:5000/a:1",
                        manifest.digest().toString(),
                        List.of(),
                        blobs.stream().map(Plan.Blob::digest).toList())),
                List.of(manifest),
                blobs,
                List.of(new Plan.TextFile("mapping-" + image + ".txt", "a=b\n")));
        return new Fixture(plan, Pieces.of(plan), List.copyOf(contents));
    }

    ByteBuffer content(int piece) {
        return ByteBuffer.wrap(contents.get(pieces.blob(piece)), (int) pieces.offset(piece), pieces.length(piece));
    }

    byte[] hash(int piece) {
        return Digest.of(content(piece)).raw();
    }

    /** Writes one piece, and finishes its blob if it was the last. */
    void put(Store store, int piece) {
        try {
            if (store.write(piece, content(piece), hash(piece))) {
                store.finish(pieces.blob(piece));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void putAll(Store store) {
        PieceSet held = store.held();
        for (int piece = 0; piece < pieces.count(); piece++) {
            if (!held.contains(piece)) {
                put(store, piece);
            }
        }
    }

    /** A folder that is complete, and closed. */
    void fill(Path folder) throws IOException {
        try (Store store = Store.open(folder, plan)) {
            store.recover((piece, sha256) -> {});
            putAll(store);
            store.complete(receipt());
        }
    }

    Receipt receipt() {
        return Receipt.unsigned(
                plan,
                new Receipt.Server("server-1", "SN1", List.of("02:00:00:00:00:01")),
                Instant.parse("2026-01-01T00:00:00Z"),
                Instant.parse("2026-01-01T00:01:00Z"),
                new Receipt.Traffic(0, plan.total().count(), 0, plan.total().count()));
    }

    /** Every piece that the store claims, read back through {@link Store#read} and compared with what it has to be. */
    boolean servesWhatItHolds(Store store) throws IOException {
        for (int piece = 0; piece < pieces.count(); piece++) {
            if (store.holds(piece)
                    && !(Arrays.equals(store.hash(piece).orElseThrow(), hash(piece))
                            && read(store, piece).equals(content(piece)))) {
                return false;
            }
        }
        return true;
    }

    static ByteBuffer read(Store store, int piece) throws IOException {
        try (Slice slice = store.read(piece).orElseThrow()) {
            ByteBuffer content = ByteBuffer.allocate(slice.length());
            while (content.hasRemaining()) {
                slice.channel().read(content, slice.position() + content.position());
            }
            return content.flip();
        }
    }

    /** Every file below a folder, by its relative name, with its digest; journals of the order that pieces came in left out. */
    static Map<String, Digest> snapshot(Path folder) throws IOException {
        Map<String, Digest> files = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path file : walk.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().endsWith(".journal"))
                    .toList()) {
                files.put(folder.relativize(file).toString(), Digest.of(Files.readAllBytes(file)));
            }
        }
        return files;
    }
}
