package io.prestage.fleet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.lab.Lab;
import io.prestage.lab.LabRegistry;
import io.prestage.lab.RegistryImages.Pushed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The loading scripts as a server runs them: a labelled partition, and podman with a storage of its own. Needs root. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LoadingScriptIT {
    private static final String LABEL = "prestage-it";

    private Fleet fleet;
    private Path folder;
    private String disk;
    private Path script;
    private final List<Pushed> images = new ArrayList<>();
    private String registry;

    @BeforeAll
    void stage() throws Exception {
        for (String tool : List.of("podman", "skopeo", "jq", "sgdisk")) {
            Ran.require(tool, tool.equals("sgdisk") ? "gdisk" : tool);
        }
        fleet = Fleet.up(LoadingScriptIT.class, 1, "1Gbit/s", "1Gbit/s");
        folder = fleet.scratch();
        Stock stock = Stock.in(folder, pushing -> pushing.small("team", 8));
        images.addAll(stock.images());
        registry = fleet.lab().address(Lab.ORIGIN) + ":" + LabRegistry.PORT;
        Path image = folder.resolve("disk.img");
        Ran.of("truncate", "-s", "1G", image.toString()).output();
        disk = Ran.of("losetup", "-f", "--show", image.toString()).output().strip();
        Ran.of(Prestage.command("partition", "-d", disk, "-s", "500MiB", "-l", LABEL))
                .output();
        List<String> download = new ArrayList<>(List.of("download", "-f", "MOUNT", "--tls-verify=false"));
        images.forEach(pushed -> download.addAll(List.of("--ai-img", reference(pushed))));
        try (LabRegistry served = fleet.registry(stock.storage())) {
            mounted(mount -> {
                download.set(2, mount.toString());
                fleet.run("h1", download.toArray(String[]::new)).output();
            });
        }
        script = folder.resolve("extract-ai.sh");
        Files.writeString(
                script,
                Ran.of(Prestage.command("siteconfig", "--print-script", "ai")).output());
    }

    @BeforeEach
    void emptyStorage() throws Exception {
        Path storage = folder.resolve("storage.conf");
        Files.writeString(
                storage,
                "[storage]\ndriver = \"overlay\"\ngraphroot = \"" + folder.resolve("graph") + "\"\nrunroot = \""
                        + folder.resolve("run") + "\"\n");
        on("podman", "rmi", "--all", "--force");
    }

    @AfterAll
    void down() throws Exception {
        if (disk != null) {
            on("podman", "rmi", "--all", "--force");
            Ran.of("umount", folder.resolve("graph/overlay").toString());
            Ran.of("partx", "--delete", disk);
            Ran.of("losetup", "-d", disk).output();
        }
        if (fleet != null) {
            fleet.close();
        }
    }

    @Test
    void shellIsWhatCheckersLike() throws Exception {
        Ran.require("shellcheck", "shellcheck");
        Ran.require("bashate", "python3-bashate");
        assertEquals("", Ran.of("shellcheck", script.toString()).output());
        assertEquals("", Ran.of("bashate", script.toString()).output());
    }

    @Test
    void loadsAllByDigestAndTagAndSkipsThemTheSecondTime() throws Exception {
        String first = run().output();
        assertTrue(lastLine(first).startsWith("[SUCCESS] All 8 images are loaded"), first);
        assertLoaded(images);
        String second = run().output();
        assertEquals(
                8,
                second.lines()
                        .filter(line -> line.contains("Skipped existing image"))
                        .count(),
                second);
        assertTrue(lastLine(second).startsWith("[SUCCESS]"), second);
        assertNothingLeft();
    }

    @Test
    void aTagThatAnotherImageHasIsGivenToTheRightOneAndLinesMayEndAsWindowsEndsThem() throws Exception {
        run().output();
        String tag = registry + "/" + images.get(0).repository() + ":"
                + images.get(0).digest().hex().substring(0, 12);
        on("podman", "tag", reference(images.get(1)), tag).output();
        mounted(mount -> {
            for (String list : List.of("ai-images.txt", "mapping.txt")) {
                Path file = mount.resolve(list);
                Files.writeString(file, Files.readString(file).replace("\n", "\r\n"));
            }
        });
        Ran ran = run();
        mounted(mount -> {
            for (String list : List.of("ai-images.txt", "mapping.txt")) {
                Path file = mount.resolve(list);
                Files.writeString(file, Files.readString(file).replace("\r", ""));
            }
        });
        assertEquals(0, ran.code(), ran::toString);
        assertEquals(id(reference(images.get(0))), id(tag));
    }

    private String id(String image) throws Exception {
        return on("podman", "image", "inspect", "--format", "{{.Id}}", image).output();
    }

    @Test
    void goesOnWhereHalfOfTheImagesAre() throws Exception {
        mounted(mount -> {
            for (Pushed image : images.subList(0, 4)) {
                String name = image.repository().replaceFirst(".*/", "") + "@"
                        + image.digest().toString().replace(':', '_');
                on(
                                "skopeo",
                                "--insecure-policy",
                                "copy",
                                "-q",
                                "dir:" + mount.resolve("images").resolve(name),
                                "containers-storage:" + reference(image))
                        .output();
            }
        });
        String said = run().output();
        assertEquals(
                4,
                said.lines()
                        .filter(line -> line.contains("Skipped existing image"))
                        .count(),
                said);
        assertLoaded(images);
    }

    @Test
    void aDamagedImageFailsAndTheOthersAreLoaded() throws Exception {
        Pushed hit = images.get(2);
        String name = hit.repository().replaceFirst(".*/", "") + "@"
                + hit.digest().toString().replace(':', '_');
        mounted(mount -> Files.move(
                mount.resolve("images").resolve(name).resolve("manifest.json"), mount.resolve("manifest.away")));
        Ran ran = run();
        mounted(mount -> Files.move(
                mount.resolve("manifest.away"),
                mount.resolve("images").resolve(name).resolve("manifest.json")));
        assertEquals(1, ran.code(), ran::toString);
        assertTrue(lastLine(ran.out()).startsWith("[FAIL] 1 of 8 images were not loaded"), ran::toString);
        assertLoaded(images.stream().filter(image -> !image.equals(hit)).toList());
        assertNothingLeft();
    }

    @Test
    void archivesOfOtherToolsAreUnpackedAndTheScratchFolderGoes() throws Exception {
        mounted(mount -> {
            Path views = mount.resolve("images");
            try (Stream<Path> all = Files.list(views)) {
                for (Path view : all.toList()) {
                    Ran.of(
                                    "tar",
                                    "-C",
                                    views.toString(),
                                    "-czf",
                                    mount.resolve(view.getFileName() + ".tgz").toString(),
                                    view.getFileName().toString())
                            .output();
                }
            }
            Files.move(views, mount.resolve("away"));
        });
        Ran ran = run();
        mounted(mount -> {
            Files.move(mount.resolve("away"), mount.resolve("images"));
            assertFalse(Files.exists(mount.resolve(".prestage-scratch")));
            Ran.of("sh", "-c", "rm " + mount + "/*.tgz").output();
        });
        assertEquals(0, ran.code(), ran::toString);
        assertLoaded(images);
    }

    @Test
    void aSignalInTheMiddleLeavesNothingMounted() throws Exception {
        for (String signal : List.of("TERM", "INT")) {
            Prestage running = Prestage.start(scriptRun(), folder.resolve("logs"), "signal-" + signal);
            await().until(() -> running.output().contains("[INFO] Loaded") || !running.isAlive());
            running.signal(signal);
            running.exitCode(java.time.Duration.ofSeconds(20));
            assertNothingLeft();
            on("podman", "rmi", "--all", "--force");
        }
    }

    private String reference(Pushed image) {
        return registry + "/" + image.repository() + "@" + image.digest();
    }

    private void assertLoaded(List<Pushed> expected) throws Exception {
        for (Pushed image : expected) {
            on("podman", "image", "exists", reference(image)).output();
            String tag = image.digest().hex().substring(0, 12);
            on("podman", "image", "exists", registry + "/" + image.repository() + ":" + tag)
                    .output();
        }
    }

    private void assertNothingLeft() throws IOException {
        assertFalse(Files.readString(Path.of("/proc/self/mounts")).contains(disk + "p"));
        try (Stream<Path> run = Files.list(Path.of("/run"))) {
            assertEquals(
                    List.of(),
                    run.filter(file -> file.getFileName().toString().matches("prestage(-work)?\\..*"))
                            .toList());
        }
    }

    private static String lastLine(String text) {
        List<String> lines = text.lines().toList();
        return lines.get(lines.size() - 1);
    }

    private Ran run() throws Exception {
        return Ran.of(scriptRun());
    }

    private ProcessBuilder scriptRun() {
        return inStorage("bash", script.toString(), "--label", LABEL);
    }

    private Ran on(String... command) throws Exception {
        return Ran.of(inStorage(command));
    }

    private ProcessBuilder inStorage(String... command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment()
                .put("CONTAINERS_STORAGE_CONF", folder.resolve("storage.conf").toString());
        return builder;
    }

    private interface Work {
        void with(Path mount) throws Exception;
    }

    private void mounted(Work work) throws Exception {
        Path mount = Files.createDirectories(folder.resolve("mount"));
        Ran.of("mount", disk + "p1", mount.toString()).output();
        try {
            work.with(mount);
        } finally {
            Ran.of("umount", mount.toString()).output();
        }
    }
}
