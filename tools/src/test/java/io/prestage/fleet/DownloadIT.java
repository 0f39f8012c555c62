package io.prestage.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.lab.RegistryImages;
import io.prestage.lab.RegistryImages.Format;
import io.prestage.lab.RegistryImages.Pushed;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stages a release with operators, images and files from a registry with everything that it takes, under either name. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DownloadIT {
    private static final Path FACTORY_CLI = Prestage.PROGRAM.resolveSibling("factory-precaching-cli");

    private Path scratch;
    private ReleaseStock stock;

    /** The folder that the old name's first run filled, and what it said. */
    private Path archives;

    private Ran first;

    @BeforeAll
    void stageARelease() throws Exception {
        Ran.require("skopeo", "skopeo");
        scratch = Path.of(System.getProperty("prestage.fleets", "target/fleets"), "DownloadIT")
                .toAbsolutePath();
        Fleet.delete(scratch);
        Files.createDirectories(scratch);
        stock = ReleaseStock.in(scratch);
        Path filter = Files.writeString(scratch.resolve("filter.yaml"), "patterns:\n  - \\baws\\b\n  - 'gcp-'\n");
        archives = Files.createDirectories(scratch.resolve("archives"));
        Files.writeString(archives.resolve("stale@sha256_00.tgz"), "of another release");
        first = factory(
                "-r",
                ReleaseStock.RELEASE,
                "--mce-version",
                "2.4.1",
                "--acm-version",
                "2.9.1",
                "--du-profile",
                "--img",
                ReleaseStock.TROUBLESHOOT,
                "--ai-img",
                ReleaseStock.INSTALLER,
                "--filter",
                filter.toString(),
                "-s",
                "-f",
                archives.toString());
    }

    @AfterAll
    void end() throws IOException {
        if (stock != null) {
            stock.close();
            Fleet.delete(scratch);
        }
    }

    private Ran factory(String... arguments) throws Exception {
        return run(FACTORY_CLI, arguments);
    }

    private Ran prestage(String... arguments) throws Exception {
        return run(Prestage.PROGRAM, arguments);
    }

    private Ran run(Path program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(program.toString(), "download"));
        command.addAll(stock.options());
        command.addAll(List.of(arguments));
        return Ran.of(command.toArray(String[]::new));
    }

    private List<String> lines(String name) throws IOException {
        return Files.readAllLines(archives.resolve(name));
    }

    private Set<String> sources(String name) throws IOException {
        return new TreeSet<>(lines(name));
    }

    private String component(String name) {
        return ReleaseStock.ART + "@" + stock.components().get(name).digest();
    }

    @Test
    void endsWellAndTellsWhatItDid() throws IOException {
        String out = first.output();
        int total = archiveNames().size();
        assertTrue(out.contains("Downloaded artifact [1/" + total + "]: "), out);
        assertTrue(out.contains("Downloaded artifact [" + total + "/" + total + "]: "), out);
        for (String line : List.of(
                "Release:                            " + ReleaseStock.RELEASE,
                "ACM Version:                        2.9.1",
                "MCE Version:                        2.4.1",
                "Include DU Profile:                 Yes",
                "Total Images:                       " + total,
                "Downloaded:                         " + total,
                "Skipped (Previously Downloaded):    0",
                "Download Failures:                  0",
                "Time for Download:                  ")) {
            assertTrue(out.contains(line), line + " in " + out);
        }
    }

    @Test
    void writesTheImageSetOfTheCommandLine() throws IOException {
        String text = Files.readString(archives.resolve("imageset.yaml"));
        assertEquals("""
                apiVersion: mirror.openshift.io/v1alpha2
                kind: ImageSetConfiguration
                mirror:
                  platform:
                    channels:
                    - name: stable-4.14
                      minVersion: 4.14.1
                      maxVersion: 4.14.1
                  additionalImages:
                    - name: quay.io/edge-infrastructure/assisted-installer-agent:v1
                    - name: quay.io/alosadag/troubleshoot
                  operators:
                    - catalog: registry.redhat.io/redhat/redhat-operator-index:v4.14
                      packages:
                        - name: advanced-cluster-management
                          defaultChannel: release-2.9
                          channels:
                            - name: 'release-2.9'
                              minVersion: 2.9.1
                              maxVersion: 2.9.1
                        - name: multicluster-engine
                          defaultChannel: stable-2.4
                          channels:
                            - name: 'stable-2.4'
                              minVersion: 2.4.1
                              maxVersion: 2.4.1
                        - name: local-storage-operator
                          channels:
                            - name: 'stable'
                        - name: ptp-operator
                          channels:
                            - name: 'stable'
                        - name: sriov-network-operator
                          channels:
                            - name: 'stable'
                        - name: cluster-logging
                    - catalog: registry.redhat.io/redhat/certified-operator-index:v4.14
                      packages:
                        - name: sriov-fec
                          channels:
                            - name: 'stable'
                """, text);
    }

    @Test
    void mapsEveryImage() throws IOException {
        Set<String> mapping = sources("mapping.txt");
        assertTrue(mapping.contains(component("console") + "=openshift/release:4.14.1-x86_64-console"));
        assertTrue(mapping.contains(
                component("aws-ebs-csi-driver") + "=openshift/release:4.14.1-x86_64-aws-ebs-csi-driver"));
        assertTrue(mapping.contains(
                ReleaseStock.PAYLOAD + "@" + stock.payload().digest() + "=openshift/release-images:4.14.1-x86_64"));
        assertTrue(mapping.contains("quay.io/alosadag/troubleshoot:latest=alosadag/troubleshoot:latest"));
        assertEquals(
                ReleaseStock.COMPONENTS,
                mapping.stream()
                        .filter(line -> line.contains("=openshift/release:"))
                        .count());
        assertTrue(mapping.stream()
                .anyMatch(line -> line.matches("registry\\.redhat\\.io/multicluster-engine/hive-rhel8@sha256:"
                        + "([0-9a-f]{12})[0-9a-f]{52}=multicluster-engine/hive-rhel8:\\1")));
        assertEquals(
                1,
                mapping.stream()
                        .filter(line -> line.contains("mce-operator-bundle"))
                        .count(),
                "one version of the multicluster engine");
        assertEquals(
                1,
                mapping.stream()
                        .filter(line -> line.contains("cluster-logging-operator-bundle"))
                        .count(),
                "the head of the default channel");
        assertTrue(mapping.stream().anyMatch(line -> line.contains("intel/sriov-fec-operator-bundle")));
    }

    @Test
    void sortsImagesByStage() throws IOException {
        Set<String> discovery = sources("ai-images.txt");
        Set<String> installation = sources("ocp-images.txt");
        String payload = ReleaseStock.PAYLOAD + "@" + stock.payload().digest();
        assertTrue(discovery.contains(payload) && installation.contains(payload));
        assertTrue(discovery.contains(component("must-gather")) && installation.contains(component("must-gather")));
        assertTrue(!discovery.contains(component("console")) && installation.contains(component("console")));
        assertTrue(discovery.contains(ReleaseStock.INSTALLER) && !installation.contains(ReleaseStock.INSTALLER));
        assertTrue(installation.contains(ReleaseStock.TROUBLESHOOT + ":latest"));
        Set<String> agents = discovery.stream()
                .filter(source -> source.contains("assisted-installer-"))
                .map(source -> source.replaceAll(".*/|@.*", ""))
                .collect(Collectors.toSet());
        assertTrue(
                agents.containsAll(Set.of("assisted-installer-rhel8", "assisted-installer-reporter-rhel8")),
                agents::toString);
        assertTrue(installation.stream().anyMatch(source -> source.contains("assisted-installer-reporter-rhel8")));
        assertFalse(installation.stream().anyMatch(source -> source.contains("assisted-installer-rhel8")));
    }

    @Test
    void leavesOutWhatTheFilterMatches() throws IOException {
        Set<String> ignored = lines("ignored-images.txt").stream()
                .map(line -> line.substring(line.indexOf('=') + 1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(
                Set.of(
                        "openshift/release:4.14.1-x86_64-aws-cloud-controller-manager",
                        "openshift/release:4.14.1-x86_64-aws-ebs-csi-driver",
                        "openshift/release:4.14.1-x86_64-gcp-cloud-controller-manager"),
                ignored);
        String aws = component("aws-ebs-csi-driver");
        assertFalse(sources("ocp-images.txt").contains(aws));
        assertFalse(Files.exists(archives.resolve(artifact(aws) + ".tgz")));
        assertTrue(first.out().contains("Ignored by filter '\\baws\\b': " + aws + "="), first::toString);
        assertTrue(first.out().contains("The filter leaves out 3 images, which saves "), first::toString);
    }

    @Test
    void writesOneArchiveAnImageAsSitesReadIt() throws Exception {
        Set<String> expected = new TreeSet<>();
        for (String list : List.of("ai-images.txt", "ocp-images.txt")) {
            sources(list).forEach(source -> expected.add(artifact(source) + ".tgz"));
        }
        assertEquals(expected, archiveNames());
        assertFalse(Files.exists(archives.resolve("stale@sha256_00.tgz")), "a stale archive stays");
        assertFalse(Files.exists(archives.resolve(".staging")));
        Path unpacked = Files.createDirectories(scratch.resolve("unpacked"));
        for (String source : List.of(
                component("console"), "quay.io/openshift4/ptp@" + stock.multi().digest())) {
            String name = artifact(source);
            Ran.of("tar", "-xzf", archives.resolve(name + ".tgz").toString(), "-C", unpacked.toString())
                    .output();
            Path copy = scratch.resolve("copy");
            Ran.of("skopeo", "--insecure-policy", "copy", "-q", "dir:" + unpacked.resolve(name), "dir:" + copy)
                    .output();
            Fleet.delete(copy);
        }
        assertEquals(
                stock.components().get("console").digest(),
                Digest.of(Files.readAllBytes(
                        unpacked.resolve(artifact(component("console"))).resolve("manifest.json"))));
    }

    @Test
    void skipsEverythingTheSecondTime() throws Exception {
        Path folder = scratch.resolve("twice");
        String[] arguments = {"--img", ReleaseStock.TROUBLESHOOT, "-f", folder.toString()};
        factory(arguments).output();
        Ran second = factory(arguments);
        assertTrue(second.output().contains("All 1 images previously downloaded."), second::toString);
        assertFalse(second.out().contains("Summary"), second::toString);
        Path layout = scratch.resolve("layout-twice");
        String[] natively = {"--img", ReleaseStock.TROUBLESHOOT, "-f", layout.toString()};
        assertTrue(prestage(natively).output().contains("Summary"));
        Ran again = prestage(natively);
        assertTrue(again.output().contains("All 1 images previously downloaded."), again::toString);
        assertFalse(again.out().contains("Summary"), again::toString);
        // With one more, what is there is not fetched again, and not counted as downloaded.
        Ran more =
                factory("--img", ReleaseStock.TROUBLESHOOT, "--img", ReleaseStock.INSTALLER, "-f", folder.toString());
        assertTrue(more.output().contains("Skipped (Previously Downloaded):    1"), more::toString);
        assertTrue(more.output().contains("Downloaded:                         1"), more::toString);
    }

    @Test
    void stagesTheSameReleaseNatively() throws Exception {
        Path folder = scratch.resolve("native");
        Ran ran = prestage(
                "-f",
                folder.toString(),
                "-r",
                ReleaseStock.RELEASE,
                "--mce-version",
                "2.4.1",
                "--img",
                ReleaseStock.TROUBLESHOOT);
        assertTrue(ran.output().contains("Download Failures:                  0"), ran::toString);
        Ran verified = Ran.of(Prestage.command("verify", "-f", folder.toString()));
        assertEquals(0, verified.code(), verified::toString);
        for (String source : Files.readAllLines(folder.resolve("ocp-images.txt"))) {
            assertTrue(Files.isRegularFile(
                    folder.resolve("images").resolve(artifact(source)).resolve("manifest.json")));
        }
        String ratio = told("Ratio:", ran);
        assertTrue(Double.parseDouble(ratio) < 0.1, ratio);
    }

    @Test
    void filesCountOnBothSidesOfWhatWasSaved() throws Exception {
        byte[] rootFs = RegistryImages.random(76, 5_000_000);
        stock.serve("/ratio/rootfs.img", rootFs);
        Ran image = prestage("-f", scratch.resolve("ratio-image").toString(), "--img", ReleaseStock.TROUBLESHOOT);
        Ran both = prestage(
                "-f",
                scratch.resolve("ratio-both").toString(),
                "--img",
                ReleaseStock.TROUBLESHOOT,
                "-u",
                stock.url("/ratio/rootfs.img"));
        assertEquals(bytes("Fetched:", image) + rootFs.length, bytes("Fetched:", both));
        assertEquals(
                bytes("Copying each image whole:", image) + rootFs.length, bytes("Copying each image whole:", both));
    }

    /** What a line of the summary says. */
    private static String told(String name, Ran ran) {
        return ran.out()
                .lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip())
                .findFirst()
                .orElseThrow(() -> new AssertionError(ran.toString()));
    }

    private static long bytes(String name, Ran ran) {
        String text = told(name, ran);
        return Long.parseLong(text.substring(0, text.indexOf(' ')));
    }

    @Test
    void honoursAnImageSetThatWasEdited() throws Exception {
        Path folder = Files.createDirectories(scratch.resolve("edited"));
        assertEquals(
                0,
                prestage(
                                "-f",
                                folder.toString(),
                                "-r",
                                ReleaseStock.RELEASE,
                                "--mce-version",
                                "2.4.1",
                                "--generate-imageset")
                        .code());
        assertEquals(List.of("imageset.yaml"), names(folder));
        Files.writeString(folder.resolve("imageset.yaml"), """
                apiVersion: mirror.openshift.io/v2alpha1
                kind: ImageSetConfiguration
                mirror:
                  additionalImages:
                    - name: quay.io/alosadag/troubleshoot:latest
                    - name: quay.io/edge-infrastructure/assisted-installer-agent:v1
                  helm: {}
                  operators:
                    - catalog: registry.redhat.io/redhat/redhat-operator-index:v4.14
                      packages:
                        - name: multicluster-engine
                          minVersion: 2.4.0
                          maxVersion: 2.4.1
                  blockedImages:
                    - name: edge-infrastructure/.*agent
                """);
        Ran ran = prestage("-f", folder.toString(), "--skip-imageset");
        assertEquals(0, ran.code(), ran::toString);
        assertTrue(ran.err().contains("'mirror.helm' is not acted on"), ran::toString);
        String mapping = Files.readString(folder.resolve("mapping.txt"));
        assertEquals(
                2,
                mapping.lines()
                        .filter(line -> line.contains("mce-operator-bundle"))
                        .count(),
                mapping);
        assertFalse(mapping.contains("assisted-installer-agent:v1"), mapping);
        assertTrue(ran.out().contains("Blocked by imageset.yaml: quay.io/edge-infrastructure"), ran::toString);
        // Edited again after it was staged, it still counts.
        Files.writeString(folder.resolve("imageset.yaml"), """
                apiVersion: mirror.openshift.io/v1alpha2
                kind: ImageSetConfiguration
                mirror:
                  additionalImages:
                    - name: quay.io/alosadag/troubleshoot:latest
                """);
        Ran kept = prestage("-f", folder.toString(), "--skip-imageset");
        assertEquals(0, kept.code(), kept::toString);
        assertTrue(Files.exists(folder.resolve("images/troubleshoot_latest")));
        assertEquals(
                0, Ran.of(Prestage.command("verify", "-f", folder.toString())).code());
    }

    @Test
    void whatIsDamagedIsNamedWithItsImagesAndFetchedAgainAlone() throws Exception {
        Path folder = scratch.resolve("damaged");
        prestage("-f", folder.toString(), "--img", ReleaseStock.TROUBLESHOOT, "--img", ReleaseStock.INSTALLER)
                .output();
        List<Path> layers = layers(folder.resolve("images/troubleshoot_latest"));
        Path flipped = folder.resolve("blobs/sha256").resolve(layers.get(0).getFileName());
        byte[] content = Files.readAllBytes(flipped);
        content[content.length / 2] ^= 1;
        Files.write(flipped, content);
        Path absent = folder.resolve("blobs/sha256").resolve(layers.get(1).getFileName());
        Files.delete(absent);
        Ran found = Ran.of(Prestage.command("verify", "-f", folder.toString()));
        assertEquals(1, found.code(), found::toString);
        for (Path hit : List.of(flipped, absent)) {
            assertTrue(
                    found.out()
                            .lines()
                            .anyMatch(line -> line.contains(hit.getFileName().toString())
                                    && line.contains("troubleshoot_latest")),
                    found::toString);
        }
        Path nowhere = Files.writeString(scratch.resolve("nowhere.conf"), """
                [[registry]]
                prefix = "quay.io"
                blocked = true
                """);
        Ran unreachable = Ran.of(Prestage.command(
                "verify", "--repair", "-f", folder.toString(), "--registries-conf", nowhere.toString()));
        assertEquals(1, unreachable.code(), unreachable::toString);
        assertTrue(unreachable.err().contains("nothing was mended, and nothing was changed: "), unreachable::toString);
        assertEquals(
                found.out(),
                Ran.of(Prestage.command("verify", "-f", folder.toString())).out());
        Ran repaired = Ran.of(Prestage.command(
                "verify",
                "--repair",
                "-f",
                folder.toString(),
                "--registries-conf",
                stock.registriesConf().toString()));
        assertEquals(0, repaired.code(), repaired::toString);
        assertTrue(repaired.out().contains("is good"), repaired::toString);
        assertEquals(
                0, Ran.of(Prestage.command("verify", "-f", folder.toString())).code());
    }

    @Test
    void everythingButABlobIsRepairedWithoutTheOrigin() throws Exception {
        Path folder = scratch.resolve("texts");
        prestage("-f", folder.toString(), "--img", ReleaseStock.TROUBLESHOOT).output();
        Files.delete(folder.resolve("receipt.json"));
        Files.writeString(folder.resolve("index.json"), "{");
        Files.writeString(folder.resolve("mapping.txt"), "a=b\n");
        Ran repaired = Ran.of(Prestage.command("verify", "--repair", "-f", folder.toString()));
        assertEquals(0, repaired.code(), repaired::toString);
        assertTrue(repaired.err().contains("fetched 0 B again"), repaired::toString);

        Files.delete(folder.resolve("receipt.json"));
        Fleet.delete(folder.resolve("repair"));
        Ran lost = Ran.of(Prestage.command("verify", "--repair", "-f", folder.toString()));
        assertEquals(1, lost.code(), lost::toString);
        assertTrue(lost.err().contains("stage it again with the command"), lost::toString);
    }

    /** The largest files of an image's folder, whose names are those of blobs. */
    private static List<Path> layers(Path image) throws IOException {
        try (Stream<Path> files = Files.list(image)) {
            return files.filter(file -> file.getFileName().toString().matches("[0-9a-f]{64}"))
                    .sorted(Comparator.comparingLong(
                                    (Path file) -> file.toFile().length())
                            .reversed())
                    .toList();
        }
    }

    @Test
    void removesOnlyWhatNothingRefersToAnyMore() throws Exception {
        Path folder = scratch.resolve("stale");
        prestage("-f", folder.toString(), "--img", ReleaseStock.TROUBLESHOOT, "--img", ReleaseStock.INSTALLER)
                .output();
        prestage("-f", folder.toString(), "--img", ReleaseStock.INSTALLER).output();
        assertEquals(
                Set.of("troubleshoot_latest", "assisted-installer-agent_v1"),
                Set.copyOf(names(folder.resolve("images"))),
                "without -s what was there stays");
        Ran removed = prestage("-f", folder.toString(), "--img", ReleaseStock.INSTALLER, "-s");
        assertEquals(0, removed.code(), removed::toString);
        assertEquals(List.of("assisted-installer-agent_v1"), names(folder.resolve("images")));
        assertEquals(
                4,
                names(folder.resolve("blobs/sha256")).size(),
                "a manifest, a config, two layers, one of them once shared");
        assertEquals(
                0, Ran.of(Prestage.command("verify", "-f", folder.toString())).code());
    }

    @Test
    void aKillAtAnyMomentLosesNothingThatAnImageRefersTo() throws Exception {
        Path folder = scratch.resolve("killed");
        List<String> images = List.of(ReleaseStock.TROUBLESHOOT, ReleaseStock.INSTALLER, component("console"));
        for (int round = 0; round < 8; round++) {
            List<String> command = new ArrayList<>(List.of(Prestage.PROGRAM.toString(), "download", "-s"));
            command.addAll(stock.options());
            command.addAll(List.of("-f", folder.toString(), "--img", images.get(round % 3)));
            command.addAll(List.of("--img", images.get((round + 1) % 3)));
            Process process = new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            boolean ended = process.waitFor(500 + 70L * round, TimeUnit.MILLISECONDS);
            process.destroyForcibly().waitFor();
            assertFalse(ended && process.exitValue() == 1, "round " + round);
            assertViewsAreWhole(folder);
        }
        Ran last = prestage("-s", "-f", folder.toString(), "--img", images.get(0));
        assertEquals(0, last.code(), last::toString);
        assertEquals(List.of("troubleshoot_latest"), names(folder.resolve("images")));
        assertEquals(
                0, Ran.of(Prestage.command("verify", "-f", folder.toString())).code());
    }

    private static void assertViewsAreWhole(Path folder) throws IOException {
        Path views = folder.resolve("images");
        for (String image : Files.exists(views) ? names(views) : List.<String>of()) {
            List<String> files = names(views.resolve(image));
            if (!files.contains("manifest.json")) {
                continue; // on its way out
            }
            String manifest = Files.readString(views.resolve(image).resolve("manifest.json"));
            for (String file : files) {
                if (file.matches("[0-9a-f]{64}")) {
                    assertEquals(
                            file,
                            Digest.of(Files.readAllBytes(views.resolve(image).resolve(file)))
                                    .hex());
                    assertTrue(manifest.contains(file), image + " has " + file);
                }
            }
        }
    }

    @Test
    void stagesFilesUnderTheirOwnNames() throws Exception {
        byte[] rootFs = RegistryImages.random(77, 9_000_000);
        byte[] other = RegistryImages.random(78, 100_000);
        byte[] published = RegistryImages.random(79, 50_000);
        stock.serve("/rhcos/rhcos-live-rootfs.x86_64.img", rootFs);
        stock.serve("/files/other.bin", other);
        stock.serve("/files/published.bin", published);
        stock.serve(
                "/files/sha256sum.txt",
                (Digest.of(published).hex() + "  published.bin\n").getBytes(StandardCharsets.UTF_8));
        Path folder = scratch.resolve("files");
        Ran ran = prestage(
                "-f",
                folder.toString(),
                "-u",
                stock.url("/rhcos/rhcos-live-rootfs.x86_64.img"),
                "--file",
                stock.url("/files/other.bin") + "#sha256=" + Digest.of(other).hex(),
                "--file",
                stock.url("/files/published.bin"));
        assertEquals(0, ran.code(), ran::toString);
        assertEquals(Digest.of(rootFs), Digest.of(Files.readAllBytes(folder.resolve("rhcos-live-rootfs.x86_64.img"))));
        assertEquals(Digest.of(other), Digest.of(Files.readAllBytes(folder.resolve("other.bin"))));
        assertEquals(Digest.of(published), Digest.of(Files.readAllBytes(folder.resolve("published.bin"))));
        assertEquals("9150000 bytes (8.7 MiB)", told("Fetched:", ran));
        assertEquals("9150000 bytes (8.7 MiB)", told("Copying each image whole:", ran));
        assertEquals("1.000", told("Ratio:", ran));
        assertEquals(
                0, Ran.of(Prestage.command("verify", "-f", folder.toString())).code());

        Path tgz = scratch.resolve("files-tgz");
        assertEquals(
                0,
                factory("-f", tgz.toString(), "-u", stock.url("/rhcos/rhcos-live-rootfs.x86_64.img"))
                        .code());
        assertEquals(Digest.of(rootFs), Digest.of(Files.readAllBytes(tgz.resolve("rhcos-live-rootfs.x86_64.img"))));

        Ran wrong = prestage(
                "-f",
                scratch.resolve("files-wrong").toString(),
                "--file",
                stock.url("/files/other.bin") + "#sha256=" + Digest.of(rootFs).hex());
        assertEquals(1, wrong.code(), wrong::toString);
        assertTrue(wrong.err().contains("served other bytes"), wrong::toString);
        assertFalse(Files.exists(scratch.resolve("files-wrong").resolve("other.bin")));
    }

    @Test
    void aLayerThatRegistriesMayNotPassOnComesFromItsAddress() throws Exception {
        byte[] foreign = RegistryImages.random(77, 90_000);
        stock.serve("/layers/foreign", foreign);
        stock.registry()
                .imageWithForeignLayer(
                        "licensed/app",
                        "v1",
                        RegistryImages.tar("own", new byte[10]),
                        foreign,
                        stock.url("/layers/foreign"));
        Path folder = scratch.resolve("foreign");
        prestage("-f", folder.toString(), "--img", "quay.io/licensed/app:v1").output();
        assertEquals(
                Digest.of(foreign),
                Digest.of(Files.readAllBytes(folder.resolve("images/app_v1")
                        .resolve(Digest.of(foreign).hex()))));
        Ran.of(Prestage.command("verify", "-f", folder.toString())).output();
        Ran.of(Prestage.command(
                        "export",
                        "-f",
                        folder.toString(),
                        scratch.resolve("foreign.tar").toString()))
                .output();
    }

    @Test
    void aDryRunFetchesNothingAndTellsTheSpace() throws Exception {
        Path folder = Files.createDirectories(scratch.resolve("dry"));
        Ran ran = prestage("-f", folder.toString(), "--img", ReleaseStock.TROUBLESHOOT, "--dry-run");
        assertEquals(0, ran.code(), ran::toString);
        assertTrue(ran.out().contains("quay.io/alosadag/troubleshoot:latest"), ran::toString);
        assertTrue(ran.out().contains("1 images, 0 files"), ran::toString);
        assertTrue(ran.out().contains("space needed: "), ran::toString);
        assertEquals(List.of(), names(folder));
    }

    @Test
    void anImageThatFailsCostsItselfAlone() throws Exception {
        Pushed good = stock.registry().image(Format.OCI, "half/good", "v1", RegistryImages.tar("g", new byte[10]));
        Pushed bad = stock.registry().image(Format.OCI, "half/bad", "v1", RegistryImages.random(5, 70_000));
        Digest layer = bad.blobs().entrySet().stream()
                .filter(blob -> blob.getValue() == 70_000)
                .findFirst()
                .orElseThrow()
                .getKey();
        Path data = scratch.resolve("storage/docker/registry/v2/blobs/sha256")
                .resolve(layer.hex().substring(0, 2))
                .resolve(layer.hex())
                .resolve("data");
        byte[] content = Files.readAllBytes(data);
        content[7]++;
        Files.write(data, content);
        Path folder = scratch.resolve("half");
        Ran ran = prestage("-f", folder.toString(), "--img", "quay.io/half/good:v1,quay.io/half/bad:v1");
        assertEquals(1, ran.code(), ran::toString);
        assertTrue(ran.out().contains("Download Failures:                  1"), ran::toString);
        assertTrue(ran.out().contains("Downloaded:                         1"), ran::toString);
        assertTrue(ran.err().contains("failed: bad_v1: ") && ran.err().contains(layer.toString()), ran::toString);
        assertTrue(Files.exists(folder.resolve("images/good_v1/manifest.json")), good::toString);
        assertFalse(Files.exists(folder.resolve("images/bad_v1")));
        // The site would load it, so that it is not there stays to be seen; nothing else is wrong.
        Ran verified = Ran.of(Prestage.command("verify", "-f", folder.toString()));
        assertEquals(1, verified.code(), verified::toString);
        assertTrue(verified.out().contains("ocp-images.txt names quay.io/half/bad:v1, which is not on the partition"));
        assertTrue(verified.out().contains(" has 1 problems in 1 images"), verified::toString);

        stock.serve("/files/beside.bin", RegistryImages.random(80, 3000));
        Path tgz = scratch.resolve("half-tgz");
        Ran archives = factory(
                "-f",
                tgz.toString(),
                "--img",
                "quay.io/half/good:v1,quay.io/half/bad:v1",
                "--file",
                stock.url("/files/beside.bin"));
        assertEquals(1, archives.code(), archives::toString);
        assertTrue(archives.err().contains("1 of 2 images and 1 files could not be downloaded"), archives::toString);
        assertEquals(
                List.of(
                        "ai-images.txt",
                        "beside.bin",
                        "good_v1.tgz",
                        "ignored-images.txt",
                        "imageset.yaml",
                        "mapping.txt",
                        "ocp-images.txt"),
                names(tgz).stream()
                        .filter(name -> !name.equals(".fetch"))
                        .sorted()
                        .toList());
    }

    @Test
    void readsACatalogFromALayoutOnThisMachine() throws Exception {
        Path layout = scratch.resolve("catalog");
        Ran.of(
                        "skopeo",
                        "--insecure-policy",
                        "copy",
                        "-q",
                        "--src-tls-verify=false",
                        "docker://" + stock.host() + "/redhat/certified-operator-index:v4.14",
                        "oci:" + layout + ":v4.14")
                .output();
        Path folder = Files.createDirectories(scratch.resolve("local"));
        Files.writeString(folder.resolve("imageset.yaml"), """
                apiVersion: mirror.openshift.io/v1alpha2
                kind: ImageSetConfiguration
                mirror:
                  operators:
                    - catalog: oci://LAYOUT
                      full: true
                """.replace("LAYOUT", layout.toString()));
        Ran ran = prestage("-f", folder.toString(), "--skip-imageset");
        assertEquals(0, ran.code(), ran::toString);
        assertEquals(2, names(folder.resolve("images")).size(), "both versions of sriov-fec");
    }

    /** The program runs with 96 MiB of heap, the catalog has more than 100 MB. */
    @Test
    void readsALargeCatalogInLittleMemory() throws Exception {
        StringBuilder documents = new StringBuilder("{\"schema\":\"olm.package\",\"name\":\"big\"}");
        StringBuilder entries = new StringBuilder();
        String filler = "QUJDREVGR0hJ".repeat(40_000);
        Pushed image = stock.registry().image(Format.OCI, "big/bundle", "v1", RegistryImages.tar("b", new byte[9]));
        for (int patch = 0; patch < 220; patch++) {
            entries.append(patch == 0 ? "" : ",")
                    .append("{\"name\":\"big.v1.0." + patch + "\",\"replaces\":\"big.v1.0." + (patch - 1) + "\"}");
            documents.append("{\"schema\":\"olm.bundle\",\"package\":\"big\",\"name\":\"big.v1.0." + patch
                    + "\",\"image\":\"quay.io/big/bundle@" + image.digest()
                    + "\",\"properties\":[{\"type\":\"olm.bundle.object\",\"value\":{\"data\":\"" + filler
                    + "\"}}]}\n");
        }
        documents.append(
                "{\"schema\":\"olm.channel\",\"package\":\"big\",\"name\":\"stable\",\"entries\":[" + entries + "]}");
        byte[] content = documents.toString().getBytes(StandardCharsets.UTF_8);
        assertTrue(content.length > 100_000_000);
        stock.registry()
                .image(
                        Format.OCI,
                        "big/index",
                        "v1",
                        "amd64",
                        Map.of("operators.operatorframework.io.index.configs.v1", "/configs"),
                        RegistryImages.gzip(RegistryImages.tar("configs/big/catalog.json", content)));
        Path folder = Files.createDirectories(scratch.resolve("big"));
        Files.writeString(folder.resolve("imageset.yaml"), """
                apiVersion: mirror.openshift.io/v1alpha2
                kind: ImageSetConfiguration
                mirror:
                  operators:
                    - catalog: quay.io/big/index:v1
                """);
        Ran ran = prestage("-f", folder.toString(), "--skip-imageset", "--dry-run");
        assertEquals(0, ran.code(), ran::toString);
        assertTrue(ran.out().contains("1 images, 0 files"), ran::toString);
    }

    // Checks before any work.

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "-r 4.14 --mce-version 2.4.1                                   | release version '4.14' is not of the form X.Y.Z",
                "-r 4.14.1 --mce-version 2.4                                   | MCE version '2.4' is not of the form X.Y.Z",
                "-r 4.14.1 --mce-version 2.4.1 --acm-version two               | ACM version 'two' is not of the form X.Y.Z",
                "-r 4.14.1                                                     | MCE version is missing",
                "--mce-version 2.4.1                                           | release version is missing",
                "-r 4.14.1 --mce-version 2.4.1 --du-profile                    | needs an ACM version",
                "-r 4.14.1 --hub-version 2.5.4 --mce-version 2.0.4             | --hub-version cannot stand together",
                "-r 4.14.1 --hub-version 2.5.4 --acm-version 2.5.4             | --hub-version cannot stand together",
                "-r 4.14.1 --hub-version 2.7.1                                 | --hub-version knows 2.5.z and 2.6.z",
                "-r 4.14.1 --mce-version 2.4.1 extra                           | extra",
                "--testmode --img quay.io/a/b                                  | --dry-run",
                "--img not-an-image                                            | not-an-image",
                "--img quay.io/a/b --arch z80                                  | 'z80' is not an architecture",
                "--file ftp://host/file                                        | ftp://host/file",
                "--file https://host/file#md5=00                               | sha256=",
                "--format zip --img quay.io/a/b                                | 'zip' is not one of native, tgz",
                "--unknown                                                     | --unknown"
            })
    void refusesAWrongCommandLineBeforeAnyWork(String arguments, String expected) throws Exception {
        Path folder = scratch.resolve("refused");
        String[] split = ("-f " + folder + " " + arguments).split(" +", -1);
        Ran wrong = prestage(split);
        assertEquals(2, wrong.code(), wrong::toString);
        assertOneSentence(wrong, expected);
        Ran old = factory(split);
        assertEquals(1, old.code(), old::toString);
        assertOneSentence(old, expected);
        assertFalse(Files.exists(folder));
    }

    @Test
    void refusesFilesThatCannotBeUsed() throws Exception {
        Path folder = scratch.resolve("refused");
        Path notYaml = Files.writeString(scratch.resolve("not.yaml"), "patterns: [a\n  b: c");
        Path bad = Files.writeString(scratch.resolve("bad.yaml"), "patterns:\n  - ok\n  - '(unclosed'\n");
        for (Path filter : List.of(notYaml, bad, scratch.resolve("absent.yaml"))) {
            Ran ran = prestage(
                    "-f", folder.toString(), "--img", ReleaseStock.TROUBLESHOOT, "--filter", filter.toString());
            assertEquals(1, ran.code(), ran::toString);
            assertOneSentence(ran, filter.toString());
        }
        assertTrue(prestage("-f", folder.toString(), "--img", ReleaseStock.TROUBLESHOOT, "--filter", bad.toString())
                .err()
                .contains("'(unclosed'"));
        Ran skip = prestage("-f", folder.toString(), "--skip-imageset");
        assertEquals(1, skip.code(), skip::toString);
        assertOneSentence(skip, "there is no " + folder.resolve("imageset.yaml"));
        Files.createDirectories(folder);
        Files.writeString(
                folder.resolve("imageset.yaml"),
                "apiVersion: mirror.openshift.io/v1alpha2\nkind: ImageSetConfiguration\nmirror:\n  platform:\n    chanels: []\n");
        Ran typo = prestage("-f", folder.toString(), "--skip-imageset");
        assertEquals(1, typo.code(), typo::toString);
        assertOneSentence(typo, "line 5, column 5: there is no field 'mirror.platform.chanels'");
        Fleet.delete(folder);
    }

    @Test
    void namesEveryMissingImageAtOnce() throws Exception {
        Path folder = scratch.resolve("refused-images");
        Ran ran = factory(
                "-f",
                folder.toString(),
                "--img",
                "quay.io/nobody/one:v1,quay.io/nobody/two:v1",
                "--ai-img",
                "quay.io/nobody/three:v1");
        assertEquals(1, ran.code(), ran::toString);
        for (String missing : List.of("one:v1", "two:v1", "three:v1")) {
            assertOneSentence(ran, missing);
        }
        assertEquals(List.of(), names(folder), "nothing is written for a request that comes to nothing");
    }

    @Test
    void namesEveryVersionThatACatalogLacks() throws Exception {
        Path folder = scratch.resolve("refused-versions");
        Ran ran = factory(
                "-f",
                folder.toString(),
                "-r",
                ReleaseStock.RELEASE,
                "--mce-version",
                "2.4.7",
                "--acm-version",
                "2.9.7",
                "--du-profile");
        assertEquals(1, ran.code(), ran::toString);
        assertOneSentence(
                ran, "package multicluster-engine version 2.4.7 in channel stable-2.4 of catalog registry.redhat.io");
        assertOneSentence(ran, "package advanced-cluster-management version 2.9.7 in channel release-2.9");
    }

    @Test
    void refusesAReleaseThatIsNotThereOrNotSigned() throws Exception {
        Path folder = scratch.resolve("refused-releases");
        Ran absent = prestage("-f", folder.toString(), "-r", "4.14.2", "--mce-version", "2.4.1");
        assertEquals(1, absent.code(), absent::toString);
        assertOneSentence(absent, "no release 4.14.2: the nearest are ");
        assertOneSentence(absent, "4.14.1, 4.14.3");
        List<String> trusting = new ArrayList<>(List.of(Prestage.PROGRAM.toString(), "download"));
        trusting.addAll(stock.options().subList(0, 6));
        trusting.addAll(
                List.of("-f", folder.toString(), "-r", ReleaseStock.RELEASE, "--mce-version", "2.4.1", "--dry-run"));
        Ran stranger = Ran.of(trusting.toArray(String[]::new));
        assertEquals(1, stranger.code(), stranger::toString);
        assertOneSentence(stranger, "which is not trusted");
        trusting.add("--skip-signature-verification");
        assertEquals(0, Ran.of(trusting.toArray(String[]::new)).code());
    }

    @Test
    void refusesTwoImagesOfOneArtifactNameAsArchives() throws Exception {
        stock.registry().image(Format.OCI, "other/troubleshoot", "latest", RegistryImages.tar("x", new byte[5]));
        Path folder = scratch.resolve("same-name");
        String both = "quay.io/alosadag/troubleshoot:latest,quay.io/other/troubleshoot:latest";
        Ran ran = factory("-f", folder.toString(), "--img", both);
        assertEquals(1, ran.code(), ran::toString);
        assertOneSentence(ran, "quay.io/alosadag/troubleshoot:latest");
        assertOneSentence(ran, "quay.io/other/troubleshoot:latest");
        assertEquals(0, prestage("-f", folder.toString(), "--img", both).code());
        assertEquals(2, names(folder.resolve("images")).size());
        Path apart = scratch.resolve("same-name-apart");
        for (String image : both.split(",", -1)) {
            prestage("-f", apart.toString(), "--img", image).output();
        }
        assertEquals(2, names(apart.resolve("images")).size(), "the former one stays, under a name that is free");
        Ran verified = Ran.of(Prestage.command("verify", "-f", apart.toString()));
        assertTrue(verified.out().contains("2 images"), verified::toString);
    }

    @Test
    void theOldNameTakesItsOptionsUnchanged() throws Exception {
        for (String[] version : new String[][] {{"-v"}, {"download", "-v"}, {"download", "--version"}}) {
            List<String> command = new ArrayList<>(List.of(FACTORY_CLI.toString()));
            command.addAll(List.of(version));
            Ran ran = Ran.of(command.toArray(String[]::new));
            assertEquals(0, ran.code(), ran::toString);
            assertTrue(ran.out().matches("prestage \\d.*\n"), ran::toString);
        }
        Path folder = scratch.resolve("hub");
        Ran hub = factory(
                "-f",
                folder.toString(),
                "-r",
                "4.12.9",
                "--hub-version",
                "2.6.3",
                "--du-profile=false",
                "--rm-stale=false",
                "-p",
                "3",
                "--generate-imageset=true");
        assertEquals(0, hub.code(), hub::toString);
        String text = Files.readString(folder.resolve("imageset.yaml"));
        assertTrue(text.contains("minVersion: 2.1.3"), text);
        assertFalse(text.contains("ptp-operator"), text);
        assertTrue(hub.out().contains("Generated " + folder.resolve("imageset.yaml")), hub::toString);
    }

    private static void assertOneSentence(Ran ran, String expected) {
        assertEquals(1, ran.err().lines().count(), ran::toString);
        assertTrue(ran.err().startsWith("prestage: "), ran::toString);
        assertTrue(ran.err().contains(expected), () -> "lacks '" + expected + "': " + ran);
        assertFalse(ran.err().contains("Exception"), ran::toString);
    }

    private Set<String> archiveNames() throws IOException {
        return names(archives).stream()
                .filter(name -> name.endsWith(".tgz"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<String> names(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static String artifact(String source) {
        return source.substring(source.lastIndexOf('/') + 1).replaceFirst(":", "_");
    }
}
