package io.prestage.fleet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.lab.LabRegistry;
import io.prestage.lab.RegistryAccess;
import io.prestage.lab.RegistryImages;
import io.prestage.lab.RegistryImages.Format;
import io.prestage.lab.RegistryImages.Pushed;
import io.prestage.node.cluster.Progress;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Nine servers, one of them a seed, fill themselves from one registry with every kind of image; then all is looked at. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RackIT {
    private static final String SEED = "h1";
    private static final List<String> NODES =
            IntStream.rangeClosed(2, 9).mapToObj(host -> "h" + host).toList();
    private static final int SMALL = 100;

    private Fleet fleet;
    private Stock single;
    private List<Pushed> small;
    private Pushed dockerList;
    private Pushed ociIndex;
    private Map<String, Pushed> platformOf;
    private Map<String, Integer> exitCodes;
    private Map<String, Long> served;
    private List<RegistryAccess> accesses;
    private Progress seed;

    @BeforeAll
    void fillTheRack() throws Exception {
        Ran.require("skopeo", "skopeo");
        Ran.require("umoci", "umoci");
        fleet = Fleet.up(RackIT.class, 1 + NODES.size(), "300Mbit/s", "200Mbit/s");
        Stock stock = Stock.in(fleet.scratch(), this::push);
        try (LabRegistry registry = fleet.registry(stock.storage())) {
            Map<String, Prestage> processes = new HashMap<>(fleet.nodes(NODES, "--exit-when-complete"));
            processes.put(
                    SEED, fleet.seed(SEED, stock.references(registry.host()), "--expect", "9", "--exit-when-complete"));
            seed = fleet.awaitProgress(SEED, "complete", Progress::complete);
            exitCodes = new TreeMap<>();
            for (Map.Entry<String, Prestage> process : processes.entrySet()) {
                exitCodes.put(process.getKey(), process.getValue().exitCode(Fleet.PATIENCE));
            }
            // The registry writes a line when its answer has gone out, which may be after it has come in.
            await().until(() -> registry.blobBytes().values().stream()
                            .mapToLong(Long::longValue)
                            .sum()
                    >= stagedBlobs().values().stream()
                            .mapToLong(Long::longValue)
                            .sum());
            served = registry.blobBytes();
            accesses = registry.accessLog();
        }
    }

    private List<Pushed> push(RegistryImages images) throws IOException, InterruptedException {
        byte[] shared = RegistryImages.tar("shared", RegistryImages.random(1, 3_000_000));
        Pushed oci = images.image(
                Format.OCI,
                "oci/app",
                "v1",
                new byte[0],
                new byte[] {1},
                RegistryImages.random(2, Plan.MIN_PIECE),
                RegistryImages.random(3, 100 * Plan.MIN_PIECE + 17),
                shared);
        Pushed docker = images.image(
                Format.DOCKER,
                "docker/app",
                "v2",
                shared,
                RegistryImages.tar("own", RegistryImages.random(4, 2_000_000)));
        Pushed dockerAmd = platform(images, Format.DOCKER, "docker/multi", "amd64", shared);
        Pushed dockerArm = platform(images, Format.DOCKER, "docker/multi", "arm64", shared);
        Pushed ociAmd = platform(images, Format.OCI, "oci/multi", "amd64", shared);
        Pushed ociArm = platform(images, Format.OCI, "oci/multi", "arm64", shared);
        dockerList = images.index(Format.DOCKER, "docker/multi", "v1", dockerAmd, dockerArm);
        // The other way round: the platform is looked for, not taken to be the first.
        ociIndex = images.index(Format.OCI, "oci/multi", "v3", ociArm, ociAmd);
        platformOf = Map.of(dockerList.repository(), dockerAmd, ociIndex.repository(), ociAmd);
        small = images.small("many", SMALL);
        List<Pushed> all = new ArrayList<>(List.of(oci, docker, dockerList, ociIndex));
        single = new Stock(Path.of("."), List.of(oci, docker));
        all.addAll(small);
        return all;
    }

    private static Pushed platform(
            RegistryImages images, Format format, String repository, String architecture, byte[] shared)
            throws IOException, InterruptedException {
        byte[] own = RegistryImages.random(architecture.hashCode() + repository.hashCode(), 300_000);
        return images.image(
                format, repository, architecture, architecture, shared, RegistryImages.tar(architecture, own));
    }

    @AfterAll
    void removeTheRack() throws IOException {
        if (fleet != null) {
            fleet.close();
        }
    }

    @Test
    void everyProcessEndsWell() {
        Map<String, Integer> expected = new TreeMap<>();
        hosts().forEach(host -> expected.put(host, 0));
        assertEquals(expected, exitCodes, fleet::toString);
    }

    @Test
    void everyByteOfEveryBlobIsServedOnce() {
        Map<String, Long> expected = new TreeMap<>();
        stagedBlobs().forEach((blob, size) -> expected.put(blob.toString(), size));
        expected.values().removeIf(size -> size == 0);
        Map<String, Long> sent = new TreeMap<>(served);
        sent.values().removeIf(size -> size == 0);
        assertEquals(expected, sent);
        assertEquals(
                expected.values().stream().mapToLong(Long::longValue).sum(), seed.originBytes(), "as the seed counts");
    }

    @Test
    void nobodyButTheSeedConnectsToTheRegistry() throws IOException {
        Set<String> remotes = accesses.stream().map(RegistryAccess::remote).collect(Collectors.toSet());
        assertEquals(Set.of(fleet.lab().address(SEED)), remotes);
    }

    @Test
    void everyFolderVerifies() throws Exception {
        fleet.assertVerified(hosts());
    }

    @Test
    void everyFolderHasItsReceiptAndNothingUnfinished() throws IOException {
        for (String host : hosts()) {
            Path folder = fleet.folder(host);
            for (String file : List.of("oci-layout", "index.json", "receipt.json")) {
                assertTrue(Files.isRegularFile(folder.resolve(file)), host + " lacks " + file);
            }
            assertFalse(Files.exists(folder.resolve("ingest")), host);
        }
    }

    @Test
    void everyFolderHoldsExactlyTheBlobsOfThePlan() throws IOException {
        Set<String> expected = new HashSet<>();
        stagedBlobs().keySet().forEach(blob -> expected.add(blob.hex()));
        staged().forEach(image -> image.manifests().forEach(manifest -> expected.add(manifest.hex())));
        List.of(dockerList, ociIndex)
                .forEach(index -> expected.add(index.digest().hex()));
        for (String host : hosts()) {
            try (var blobs = Files.list(fleet.folder(host).resolve("blobs/sha256"))) {
                assertEquals(
                        expected,
                        blobs.map(blob -> blob.getFileName().toString()).collect(Collectors.toSet()),
                        host);
            }
        }
    }

    @Test
    void skopeoCopiesEveryImageOutOfEveryLayout() throws Exception {
        for (String host : hosts()) {
            for (Pushed image : single.images()) {
                assertCopies(host, image, image.digest());
            }
            for (Pushed index : List.of(dockerList, ociIndex)) {
                assertCopies(host, index, platformOf.get(index.repository()).digest());
            }
            // Every image on one node, a few on each: a thousand copies would be most of the tests' time.
            int step = host.equals("h5") ? 1 : 33;
            for (int at = 0; at < small.size(); at += step) {
                assertCopies(host, small.get(at), small.get(at).digest());
            }
        }
    }

    @Test
    void indexesAreKeptAsTheRegistryServedThem() throws Exception {
        for (String host : hosts()) {
            for (Pushed index : List.of(dockerList, ociIndex)) {
                assertEquals(index.digest(), raw("dir:" + view(host, index)), host);
            }
            assertEquals(ociIndex.digest(), raw("oci:" + fleet.folder(host) + ":" + name(ociIndex)), host);
        }
    }

    @Test
    void umociListsTheLayout() throws Exception {
        String listed = Ran.of("umoci", "list", "--layout", fleet.folder("h2").toString())
                .output();
        Set<String> expected = new HashSet<>();
        single.images().forEach(image -> expected.add(name(image)));
        List.of(dockerList, ociIndex).forEach(image -> expected.add(name(image)));
        small.forEach(image -> expected.add(name(image)));
        assertEquals(expected, listed.lines().map(String::strip).collect(Collectors.toSet()));
    }

    private void assertCopies(String host, Pushed image, Digest expected) throws Exception {
        assertEquals(expected, copied("dir:" + view(host, image)), host + " " + image);
        if (image.mediaType().startsWith("application/vnd.oci.")) {
            assertEquals(expected, copied("oci:" + fleet.folder(host) + ":" + name(image)), host + " by name " + image);
        }
    }

    private Digest copied(String source) throws Exception {
        Path copy = fleet.scratch().resolve("copy");
        Ran.of("skopeo", "--insecure-policy", "copy", "-q", source, "dir:" + copy)
                .output();
        Digest digest = Digest.of(Files.readAllBytes(copy.resolve("manifest.json")));
        Fleet.delete(copy);
        return digest;
    }

    private static Digest raw(String source) throws Exception {
        Ran inspected = Ran.of("skopeo", "inspect", "--raw", source);
        return Digest.of(inspected.output().getBytes(StandardCharsets.UTF_8));
    }

    private Path view(String host, Pushed image) {
        return fleet.folder(host).resolve("images").resolve(name(image));
    }

    private static String name(Pushed image) {
        return image.repository().substring(image.repository().lastIndexOf('/') + 1) + "_" + image.tag();
    }

    /** What is staged of each image: of indexes the part for this platform. */
    private List<Pushed> staged() {
        List<Pushed> staged = new ArrayList<>(single.images());
        staged.addAll(platformOf.values());
        staged.addAll(small);
        return staged;
    }

    private Map<Digest, Long> stagedBlobs() {
        return new Stock(Path.of("."), staged()).blobs();
    }

    private static List<String> hosts() {
        List<String> hosts = new ArrayList<>(List.of(SEED));
        hosts.addAll(NODES);
        return hosts;
    }
}
