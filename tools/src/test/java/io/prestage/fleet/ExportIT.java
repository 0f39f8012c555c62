package io.prestage.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.lab.Lab;
import io.prestage.lab.LabRegistry;
import io.prestage.lab.RegistryImages;
import io.prestage.node.cluster.Progress;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Files travel through the fleet beside images; a partition is carried on as one file and seeds a fleet without any registry. */
final class ExportIT {
    private static final int PORT = 8099;

    @Test
    void aPartitionOfOneFleetSeedsAnotherOne() throws Exception {
        Ran.require("busybox", "busybox-static");
        try (Fleet fleet = Fleet.up(ExportIT.class, 4, "300Mbit/s", "300Mbit/s")) {
            Stock stock = Stock.in(
                    fleet.scratch(),
                    images ->
                            List.of(Stock.image(images, "app", 2, 1 << 20), Stock.image(images, "other", 1, 1 << 16)));
            byte[] rootFs = RegistryImages.random(3, 5_000_000);
            Path web = Files.createDirectories(fleet.scratch().resolve("web"));
            Files.write(web.resolve("rootfs.img"), rootFs);
            try (LabRegistry registry = fleet.registry(stock.storage())) {
                Process server = fleet.lab()
                        .builder(
                                Lab.ORIGIN,
                                "busybox",
                                "httpd",
                                "-f",
                                "-p",
                                Integer.toString(PORT),
                                "-h",
                                web.toString())
                        .start();
                try {
                    Prestage node = fleet.node("h2", "--exit-when-complete");
                    fleet.seed(
                                    "h1",
                                    stock.references(registry.host()),
                                    "-u",
                                    "http://" + fleet.lab().address(Lab.ORIGIN) + ":" + PORT + "/rootfs.img",
                                    "--expect",
                                    "2",
                                    "--exit-when-complete")
                            .assertSucceeds(Fleet.PATIENCE);
                    node.assertSucceeds(Fleet.PATIENCE);
                } finally {
                    server.destroy();
                    server.waitFor(10, TimeUnit.SECONDS);
                }
            }
            fleet.assertVerified(List.of("h1", "h2"));
            assertEquals(
                    Digest.of(rootFs),
                    Digest.of(Files.readAllBytes(fleet.folder("h2").resolve("rootfs.img"))));
            assertTrue(
                    Files.readString(fleet.folder("h2").resolve("mapping.txt")).contains("/app:v1=app:v1\n"));

            Path tar = fleet.scratch().resolve("out.tar");
            Ran.of(Prestage.command("export", "-f", fleet.folder("h2").toString(), tar.toString()))
                    .output();
            Prestage filled = fleet.node("h4", "--exit-when-complete");
            Prestage seed = fleet.start(
                    "h3",
                    "seed",
                    "-f",
                    fleet.folder("h3").toString(),
                    "--name",
                    "h3",
                    "--insecure",
                    "--from",
                    tar.toString());
            Progress complete = fleet.awaitProgress("h3", "complete", Progress::complete);
            assertEquals(0, complete.originBytes(), "nothing comes over the network");
            filled.assertSucceeds(Fleet.PATIENCE);

            // A server that has come back damaged is mended by any node that holds the same.
            damage(fleet.folder("h4"));
            Ran damaged =
                    Ran.of(Prestage.command("verify", "-f", fleet.folder("h4").toString()));
            assertEquals(1, damaged.code(), damaged::toString);
            Ran mended = fleet.run(
                    "h4",
                    "verify",
                    "--repair",
                    "-f",
                    fleet.folder("h4").toString(),
                    "--node",
                    fleet.lab().address("h3"));
            assertEquals(0, mended.code(), mended::toString);
            assertTrue(
                    mended.err().contains("fetched " + new Bytes(Plan.MIN_PIECE) + " again"),
                    () -> "one piece is fetched: " + mended);
            assertTrue(mended.out().contains("is good: 2 images"), mended::toString);
            seed.stop();
            fleet.assertVerified(List.of("h3", "h4"));
            assertEquals(
                    Digest.of(rootFs),
                    Digest.of(Files.readAllBytes(fleet.folder("h4").resolve("rootfs.img"))));

            Path unpacked = Files.createDirectories(fleet.scratch().resolve("unpacked"));
            Ran.of("tar", "-xf", tar.toString(), "-C", unpacked.toString()).output();
            assertEquals(
                    0,
                    Ran.of(Prestage.command("verify", "-f", unpacked.toString()))
                            .code());
            Fleet.delete(unpacked);
            Files.delete(tar);

            Ran wrong =
                    fleet.run("h1", "seed", "-f", fleet.folder("h1").toString(), "--insecure", "--from", "/no/such");
            assertEquals(1, wrong.code(), wrong::toString);
            assertTrue(wrong.err().contains("/no/such does not exist"), wrong::toString);
        }
    }

    /** Flips a bit of a layer, cuts a manifest, and removes the file that is no image. */
    private static void damage(Path folder) throws IOException {
        Path image = folder.resolve("images/app_v1");
        Path layer;
        try (Stream<Path> parts = Files.list(image)) {
            layer = parts.max(Comparator.comparingLong(part -> part.toFile().length()))
                    .orElseThrow();
        }
        byte[] content = Files.readAllBytes(layer);
        content[content.length / 2] ^= 1;
        Files.write(layer, content);
        Path manifest = image.resolve("manifest.json");
        Files.write(manifest, Arrays.copyOf(Files.readAllBytes(manifest), 100));
        Files.delete(folder.resolve("rootfs.img"));
    }
}
