package io.prestage.lab;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.cli.LabCommand;
import io.prestage.lab.RegistryImages.Format;
import io.prestage.lab.RegistryImages.Pushed;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Rate;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class LabIT {
    private static final Rate LINK = Rate.parse("100Mbit/s");
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    @TempDir
    private Path folder;

    @Test
    void runsTwoLabsOfTheSameAddressesSideBySide() throws Exception {
        String own = SystemCommand.run("ip", "-o", "link");
        try (Lab one = Lab.up(LabShape.of(3, LINK));
                Lab other = Lab.up(LabShape.of(2, LINK))) {
            assertNotEquals(one.id(), other.id());
            assertEquals(own, SystemCommand.run("ip", "-o", "link"));
            for (Lab lab : List.of(one, other)) {
                assertEquals(0, exitCode(lab.exec("h1", "busybox", "ping", "-c1", "-W5", lab.address("h2"))));
                assertEquals(0, exitCode(lab.exec("h2", "busybox", "ping", "-c1", "-W5", lab.address(Lab.ORIGIN))));
            }
            assertNotEquals(0, exitCode(other.exec("h1", "busybox", "ping", "-c1", "-W1", one.address("h3"))));
        }
        assertEquals(own, SystemCommand.run("ip", "-o", "link"));
    }

    @Test
    void movesBytesAsFastAsTheShapeSays() throws Exception {
        try (Lab lab = Lab.up(LabShape.of(2, LINK))) {
            assertNear(LINK, measured(lab, 25_000_000));
            Rate slow = Rate.parse("20Mbit/s");
            lab.setRate("h1", slow);
            assertNear(slow, measured(lab, 5_000_000));
        }
    }

    @Test
    void givesEachWayOfALinkASpeedOfItsOwn() throws Exception {
        try (Lab lab = Lab.up(LabShape.of(2, LINK))) {
            Rate slow = Rate.parse("20Mbit/s");
            lab.setUpload("h1", slow); // what h1 receives keeps its speed
            assertNear(LINK, measured(lab, 25_000_000));
            lab.setDownload("h1", slow);
            assertNear(slow, measured(lab, 5_000_000));
        }
    }

    @Test
    void countsWhatEveryLinkCarries() throws Exception {
        try (Lab lab = Lab.up(LabShape.of(2, LINK))) {
            Lab.Traffic before = lab.traffic().get("h1");
            assertNear(LINK, measured(lab, 5_000_000));
            Lab.Traffic after = lab.traffic().get("h1");
            long received = after.received() - before.received();
            assertTrue(received >= 5_000_000 && received < 6_000_000, received + " bytes");
            assertTrue(after.sent() - before.sent() < 1_000_000);
            assertEquals(Set.of("h1", "h2", Lab.ORIGIN), lab.traffic().keySet());
        }
    }

    @Test
    void losesAndGainsServersWhileItRuns() throws Exception {
        try (Lab lab = Lab.up(LabShape.of(2, LINK))) {
            Process working = lab.exec("h2", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1000; done");
            assertEquals('r', working.getInputStream().read());
            lab.kill("h2");
            assertTrue(working.waitFor(5, TimeUnit.SECONDS));
            assertEquals(
                    0, exitCode(lab.exec("h1", "busybox", "ping", "-c1", "-W5", lab.address("h2"))), "the link stays");

            String added = Lab.attach(lab.id()).addServer(Rate.parse("20Mbit/s"));
            assertEquals("h3", added);
            assertEquals(0, exitCode(lab.exec("h1", "busybox", "ping", "-c1", "-W5", "10.77.0.3")));
            lab.down();
            assertGone(lab.id());
        }
    }

    @Test
    void hostsOfALargeLabNeedNotLearnOfEachOther() throws Exception {
        try (Lab lab = Lab.up(LabShape.of(24, LINK))) {
            Process asked = lab.exec("h1", "ip", "neigh", "show", "nud", "permanent");
            String known = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(23 + 1, known.lines().count(), known);
            for (String other : List.of("h24", Lab.ORIGIN)) {
                assertTrue(known.contains(lab.address(other) + " "), known);
                assertEquals(0, exitCode(lab.exec("h1", "busybox", "ping", "-c1", "-W5", lab.address(other))));
            }
        }
    }

    @Test
    void pullsAndPlugsACable() throws Exception {
        try (Lab lab = Lab.up(LabShape.of(2, LINK))) {
            lab.setLink("h2", false);
            assertNotEquals(0, exitCode(lab.exec("h1", "busybox", "ping", "-c1", "-W1", lab.address("h2"))));
            lab.setLink("h2", true);
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> exitCode(lab.exec("h1", "busybox", "ping", "-c1", "-W1", lab.address("h2"))) == 0);
        }
    }

    @Test
    void leavesNothingBehind() throws Exception {
        Lab lab = Lab.up(LabShape.of(2, LINK));
        Process stubborn = lab.exec("h1", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1000; done");
        assertEquals('r', stubborn.getInputStream().read());
        lab.down();
        assertGone(lab.id());
        assertTrue(stubborn.waitFor(5, TimeUnit.SECONDS));
        lab.down();
    }

    @Test
    void isSweptUpAfterItsOwnerWasKilled() throws Exception {
        Process owner = java(LabOwner.class.getName()).start();
        String id = firstLine(owner);
        List<String> inside = namespacePids(id);
        assertFalse(inside.isEmpty());
        owner.toHandle().destroyForcibly();
        owner.waitFor();

        assertTrue(Lab.sweep().contains(id));
        assertGone(id);
        assertTrue(inside.stream().noneMatch(pid -> Files.exists(Path.of("/proc", pid))));
    }

    @Test
    void removesItselfWhenItsOwnerIsInterrupted() throws Exception {
        Process owner = java(LabOwner.class.getName()).start();
        String id = firstLine(owner);
        SystemCommand.run("kill", "-INT", Long.toString(owner.pid()));
        owner.waitFor();
        assertGone(id);
    }

    @Test
    void downTakesALabWhoseOwnerWasKilledForRemoved() throws Exception {
        Process owner = java(LabOwner.class.getName()).start();
        String id = firstLine(owner);
        owner.toHandle().destroyForcibly();
        owner.waitFor();
        command("down", "--lab", id);
        assertGone(id);
    }

    @Test
    void serversThatAreAddedAtOnceAllGetAPlace() throws Exception {
        try (Lab lab = Lab.up(LabShape.of(1, LINK))) {
            List<Callable<String>> additions = new ArrayList<>();
            for (int addition = 0; addition < 4; addition++) {
                additions.add(() -> firstLine(java("io.prestage.cli.Main", "lab", "add", "--lab", lab.id())
                        .start()));
            }
            ExecutorService all = Executors.newFixedThreadPool(additions.size());
            Set<String> added = new TreeSet<>();
            for (Future<String> addition : all.invokeAll(additions)) {
                added.add(addition.get());
            }
            all.shutdown();
            assertEquals(Set.of("h2 10.77.0.2", "h3 10.77.0.3", "h4 10.77.0.4", "h5 10.77.0.5"), added);
        }
    }

    @Test
    void sweepsNoLabWhoseOwnerLives() throws Exception {
        Process owner = java(LabOwner.class.getName()).start();
        String id = firstLine(owner);
        try {
            assertFalse(Lab.sweep().contains(id));
            assertEquals(2, Lab.attach(id).shape().servers());
        } finally {
            owner.toHandle().destroy();
            owner.waitFor();
        }
    }

    @Test
    void servesARegistryWhoseLogAddsUp() throws Exception {
        Path storage = Files.createDirectory(folder.resolve("storage"));
        Pushed image;
        try (RegistryImages images = RegistryImages.in(storage)) {
            image = images.image(
                    Format.OCI,
                    "a/b",
                    "v1",
                    new byte[0],
                    new byte[] {1},
                    RegistryImages.random(1, 65536),
                    RegistryImages.random(1, 1_000_003));
        }
        try (Lab lab = Lab.up(LabShape.of(2, LINK));
                LabRegistry registry = lab.registry(LabRegistry.Settings.plain(storage))) {
            String base = "http://" + registry.host() + "/v2/a/b/";
            assertEquals(
                    0,
                    exitCode(lab.exec(
                            "h1",
                            "curl",
                            "-sf",
                            "-o",
                            "/dev/null",
                            "-H",
                            "Accept: " + image.mediaType(),
                            base + "manifests/v1")));
            Map<String, Long> expected = new HashMap<>();
            for (Map.Entry<Digest, Long> blob : image.blobs().entrySet()) {
                long half = blob.getValue() / 2;
                for (String range : half == 0 ? List.of("0-") : List.of("0-" + (half - 1), half + "-")) {
                    exitCode(lab.exec(
                            "h2", "curl", "-s", "-o", "/dev/null", "-r", range, base + "blobs/" + blob.getKey()));
                }
                if (blob.getValue() > 0) {
                    expected.put(blob.getKey().toString(), blob.getValue());
                }
            }
            await().untilAsserted(() -> {
                Map<String, Long> sent = new HashMap<>(registry.blobBytes());
                sent.values().removeIf(bytes -> bytes == 0);
                assertEquals(expected, sent);
            });
            assertTrue(registry.accessLog().stream()
                    .anyMatch(access ->
                            access.remote().equals("10.77.0.1") && access.path().equals("/v2/a/b/manifests/v1")));
        }
    }

    @Test
    void servesStrictRegistriesAndManyImages() throws Exception {
        Path storage = Files.createDirectory(folder.resolve("storage"));
        Pushed list;
        Set<Digest> shared = new TreeSet<>();
        try (RegistryImages images = RegistryImages.in(storage)) {
            List<Pushed> small = images.small("many", 100);
            shared.addAll(small.get(0).blobs().keySet());
            shared.retainAll(small.get(99).blobs().keySet());
            byte[] layer = RegistryImages.tar("file", RegistryImages.random(9, 500));
            list = images.index(
                    Format.DOCKER,
                    "multi",
                    "v1",
                    images.image(Format.DOCKER, "multi", "amd", "amd64", layer),
                    images.image(Format.DOCKER, "multi", "arm", "arm64", layer));
        }
        assertEquals(1, shared.size());
        SystemCommand.run(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=origin",
                "-addext",
                "subjectAltName=IP:10.77.255.254",
                "-keyout",
                folder.resolve("key").toString(),
                "-out",
                folder.resolve("cert").toString());
        LabRegistry.Settings strict = LabRegistry.Settings.plain(storage)
                .withLogin("pull", "secret")
                .withTls(folder.resolve("cert"), folder.resolve("key"));
        try (Lab lab = Lab.up(LabShape.of(1, LINK));
                LabRegistry registry = lab.registry(strict)) {
            String url = "https://" + registry.host() + "/v2/multi/manifests/v1";
            String certificate = folder.resolve("cert").toString();
            assertEquals(22, exitCode(lab.exec("h1", "curl", "-sf", "--cacert", certificate, url)));
            Process pull = lab.exec(
                    "h1",
                    "skopeo",
                    "inspect",
                    "--raw",
                    "--cert-dir",
                    certs(certificate),
                    "--creds",
                    "pull:secret",
                    "docker://" + list.reference(registry.host()));
            byte[] raw = pull.getInputStream().readAllBytes();
            assertEquals(0, pull.waitFor());
            assertEquals(list.digest(), Digest.of(raw));
        }
    }

    @Test
    void saysWhatIsWrong() throws Exception {
        try (Lab lab = Lab.up(LabShape.of(1, LINK))) {
            assertEquals(
                    "lab " + lab.id() + " has no host h2, only h1 to h1 and origin",
                    assertThrows(LabException.class, () -> lab.exec("h2", "true"))
                            .getMessage());
        }
        assertThrows(LabException.class, () -> Lab.attach("none"));
        for (String wrong : List.of("0", "251")) {
            assertEquals(2, silently("up", "--servers", wrong));
        }
        assertEquals(2, silently("up", "--rate", "1bit/s"));
        assertEquals(2, silently("up", "--rate", "2000Gbit/s"), "which the kernel would take for nothing");
        assertEquals(2, silently("up", "--servers", "2", "--link", "h3=1Mbit/s"));
        assertEquals(2, silently("up", "--servers", "2", "--link", "h1=1Mbit/s", "--link", "h1=2Mbit/s"));
        assertTrue(assertThrows(LabException.class, () -> SystemCommand.require("no-such-program", "its-package"))
                .getMessage()
                .endsWith("install the package its-package"));
    }

    @Test
    void saysThatOnlyRootCanMakeOne() throws Exception {
        ProcessBuilder up = java("io.prestage.cli.Main", "lab", "up");
        up.command().addAll(0, List.of("unshare", "--user")); // in which this process is nobody
        Process stranger = up.redirectErrorStream(true).start();
        String said = new String(stranger.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, stranger.waitFor(), said);
        assertTrue(
                said.strip()
                        .endsWith(
                                "prestage: a lab is made of network namespaces, which only root may make: run it with sudo"),
                said);
    }

    @Test
    void aRegistryNeedsAFolderThatCanBeWrittenTo() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        try (Lab lab = Lab.up(LabShape.of(1, LINK))) {
            for (Path nowhere : List.of(file, file.resolve("below"), Path.of("/proc/nothing"))) {
                String said = assertThrows(LabException.class, () -> lab.registry(LabRegistry.Settings.plain(nowhere)))
                        .getMessage();
                assertTrue(said.startsWith("a registry cannot keep its content in " + nowhere + ": "), said);
            }
        }
    }

    @Test
    void aServerThatCannotBeAddedIsNotThere() throws Exception {
        try (Lab lab = Lab.up(LabShape.of(1, LINK))) {
            Path taken = Files.createFile(Path.of("/run/netns", "prestage-" + lab.id() + "-h2"));
            assertThrows(LabException.class, () -> lab.addServer(LINK));
            assertEquals(List.of("h1"), Lab.attach(lab.id()).servers());
            Files.deleteIfExists(taken);
            assertEquals("h2", lab.addServer(LINK));
        }
    }

    @Test
    void isMadeUsedAndRemovedByThreeCommands() throws Exception {
        String[] up = command("up", "--servers", "2", "--detach").split("\\s+", -1);
        String id = up[1];
        try {
            assertEquals("10.77.0.1", up[3]);
            assertTrue(command("list").contains(id + " 2 servers, links 100.0 Mbit/s"));
            assertEquals(
                    0,
                    new CommandLine(new LabCommand())
                            .execute(
                                    "exec",
                                    "--lab",
                                    id,
                                    "h1",
                                    "--",
                                    "sh",
                                    "-c",
                                    "busybox ping -c1 10.77.0.2 >/dev/null"));
            assertEquals(
                    7,
                    new CommandLine(new LabCommand()).execute("exec", "--lab", id, "h1", "--", "sh", "-c", "exit 7"));
            assertEquals(127, silently("exec", "--lab", id, "h1", "--", "no-such-program"));
            assertEquals(
                    "h3 10.77.0.3",
                    command("add", "--lab", id, "--rate", "10Mbit/s").strip());
            command("set", "--lab", id, "h3", "--upload", "5Mbit/s", "--down");
            command("kill", "--lab", id, "h1", "h3");
            assertEquals(
                    2,
                    new CommandLine(new LabCommand())
                            .setErr(new PrintWriter(new StringWriter()))
                            .execute("set", "--lab", id, "h3"),
                    "nothing to change");
            assertFalse(Lab.sweep().contains(id));
        } finally {
            command("down", "--lab", id);
        }
        assertGone(id);
    }

    private static int silently(String... args) {
        return new CommandLine(new LabCommand())
                .setErr(new PrintWriter(new StringWriter()))
                .execute(args);
    }

    private static String command(String... args) {
        StringWriter out = new StringWriter();
        assertEquals(
                0,
                new CommandLine(new LabCommand()).setOut(new PrintWriter(out)).execute(args));
        return out.toString();
    }

    private String certs(String certificate) throws IOException {
        Path certs = Files.createDirectory(folder.resolve("certs"));
        Files.copy(Path.of(certificate), certs.resolve("ca.crt"));
        return certs.toString();
    }

    private static Rate measured(Lab lab, int bytes) throws Exception {
        Process sink = lab.exec("h1", JAVA, "-cp", System.getProperty("java.class.path"), Sink.class.getName(), "9000");
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(sink.getInputStream(), StandardCharsets.UTF_8))) {
            assertEquals("ready", said.readLine());
            assertEquals(
                    0,
                    exitCode(lab.exec(
                            "h2",
                            "bash",
                            "-c",
                            "head -c " + bytes + " /dev/zero > /dev/tcp/" + lab.address("h1") + "/9000")));
            String[] measured = said.readLine().split(" ", -1);
            assertEquals(bytes, Integer.parseInt(measured[0]));
            return Rate.of(new Bytes(bytes), Duration.ofNanos(Long.parseLong(measured[1])));
        }
    }

    private static void assertNear(Rate expected, Rate measured) {
        double ratio = (double) measured.bitsPerSecond() / expected.bitsPerSecond();
        assertTrue(ratio > 0.85 && ratio < 1.15, measured + " instead of " + expected);
    }

    private static void assertGone(String id) throws IOException {
        assertFalse(Files.exists(Path.of("/run/prestage-lab", id)));
        try (Stream<Path> namespaces = Files.list(Path.of("/run/netns"))) {
            assertTrue(namespaces.noneMatch(namespace -> namespace.toString().contains(id)));
        }
    }

    private static List<String> namespacePids(String id) throws LabException {
        return SystemCommand.run("ip", "netns", "pids", "prestage-" + id + "-h1")
                .lines()
                .toList();
    }

    private static ProcessBuilder java(String... mainAndArguments) {
        List<String> words = new ArrayList<>(List.of(JAVA, "-cp", System.getProperty("java.class.path")));
        words.addAll(List.of(mainAndArguments));
        return new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT);
    }

    private static String firstLine(Process process) throws IOException {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
    }

    private static int exitCode(Process process) throws Exception {
        process.getInputStream().readAllBytes();
        return process.waitFor();
    }
}
