package io.prestage.fleet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.lab.Lab;
import io.prestage.lab.LabRegistry;
import io.prestage.lab.RegistryImages.Pushed;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Rate;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is wrong is told in one sentence on stderr, with exit code 1, or 2 where the command line is at fault. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class WrongInputIT {
    /** An image of which one layer is spoilt in the registry. */
    private static final String SPOILT = "spoilt";

    private static final Duration SECONDS = Duration.ofSeconds(50);

    private Fleet fleet;
    private Stock stock;
    private LabRegistry registry;
    private String image;
    private String other;

    @BeforeEach
    void serve() throws IOException {
        registry = fleet.registry(stock.storage());
    }

    @BeforeAll
    void up() throws Exception {
        Ran.require("mount", "mount");
        fleet = Fleet.up(WrongInputIT.class, 8, "300Mbit/s", "300Mbit/s");
        stock = Stock.in(
                fleet.scratch(),
                images -> List.of(
                        Stock.image(images, "app", 2, 1 << 20),
                        Stock.image(images, "other", 1, 1 << 16),
                        Stock.image(images, SPOILT, 2, 1 << 20)));
        String host = fleet.lab().address(Lab.ORIGIN) + ":" + LabRegistry.PORT;
        image = stock.image("app").reference(host);
        other = stock.image("other").reference(host);
    }

    @AfterEach
    void clear() throws Exception {
        fleet.clear();
        registry.close();
    }

    @AfterAll
    void down() throws IOException {
        if (fleet != null) {
            fleet.close();
        }
    }

    @Test
    void anImageThatDoesNotExist() throws Exception {
        String missing = registry.host() + "/nobody/made:this";
        assertSentence(1, fleet.seed("h1", List.of(missing)), missing);
    }

    @Test
    void credentialsThatARegistryRefuses() throws Exception {
        try (LabRegistry strict =
                replaced(LabRegistry.Settings.plain(stock.storage()).withLogin("pull", "secret"))) {
            assertSentence(1, fleet.seed("h1", List.of(image)), strict.host(), "podman login");
            Path wrong = Files.writeString(
                    fleet.scratch().resolve("wrong.json"),
                    "{\"auths\":{\"" + strict.host() + "\":{\"auth\":\"cHVsbDp3cm9uZw==\"}}}");
            assertSentence(
                    1,
                    fleet.seed("h1", List.of(image), "--authfile", wrong.toString()),
                    "refuses the credentials",
                    "--authfile");
        }
        assertSentence(1, fleet.seed("h1", List.of(image), "--authfile", "/no/such"), "/no/such", "does not exist");
    }

    @Test
    void aCertificateOfAnUnknownAuthority() throws Exception {
        Ran.require("openssl", "openssl");
        Path certificate = fleet.scratch().resolve("registry.crt");
        Path key = fleet.scratch().resolve("registry.key");
        Ran.of(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=origin"
                                + " -addext subjectAltName=IP:" + fleet.lab().address(Lab.ORIGIN) + " -keyout " + key
                                + " -out " + certificate)
                        .split(" ", -1))
                .output();
        try (LabRegistry tls =
                replaced(LabRegistry.Settings.plain(stock.storage()).withTls(certificate, key))) {
            String[] seed = seedOf(image);
            assertSentence(1, fleet.start("h1", seed), tls.host(), "--cacert");
            Prestage trusting = fleet.start("h1", with(seed, "--cacert", certificate.toString()));
            fleet.awaitComplete(List.of("h1"));
            trusting.stop();
        }
    }

    @Test
    void plainHttpThatNobodyAskedFor() throws Exception {
        assertSentence(1, fleet.start("h1", seedOf(image)), registry.host(), "--tls-verify=false");
    }

    @Test
    void aRegistrysNameThatDoesNotResolve() throws Exception {
        Prestage seed = fleet.seed("h1", List.of("registry.invalid:5000/app:v1"));
        assertEquals(1, seed.exitCode(Duration.ofSeconds(15)), seed::toString);
        assertSentence(1, seed, "registry.invalid", "does not resolve");
    }

    @Test
    void aFolderThatCannotBeUsed() throws Exception {
        Path file = Files.writeString(fleet.scratch().resolve("file"), "no folder");
        assertSentence(1, start("h1", "node", file.toString()), file + " is not a folder");
        assertSentence(1, start("h1", "node", file.resolve("below").toString()), file + "/below", "-f");
        // Root may write everywhere but on a filesystem that is read-only.
        Path mounted = mount("readonly", "size=1m");
        Ran.of("mount", "-o", "remount,ro", mounted.toString()).output();
        try {
            assertSentence(1, seedOn(mounted), mounted + " is not writable");
        } finally {
            Ran.of("umount", mounted.toString()).output();
        }
    }

    @Test
    void aFolderOfAnotherPlan() throws Exception {
        Prestage first = fleet.seed("h1", List.of(other));
        fleet.awaitComplete(List.of("h1"));
        first.stop();
        assertSentence(1, fleet.seed("h1", List.of(image)), fleet.folder("h1") + " holds another plan", "--replace");

        Path foreign = fleet.folder("h2");
        Files.createDirectories(foreign);
        Files.writeString(foreign.resolve("index.json"), "{}");
        assertSentence(
                1,
                fleet.seed("h2", List.of(image)),
                foreign.resolve("index.json").toString());
        assertEquals("{}", Files.readString(foreign.resolve("index.json")));
    }

    @Test
    void aFolderThatAnotherNodeUses() throws Exception {
        fleet.seed("h1", List.of(image));
        fleet.awaitComplete(List.of("h1"));
        Prestage second = fleet.start(
                "h2",
                "node",
                "-f",
                fleet.folder("h1").toString(),
                "--name",
                "h2",
                "--insecure",
                "--cluster",
                "prestage");
        assertSentence(1, second, fleet.folder("h1") + " is in use by another node");
    }

    @Test
    void aDiskThatIsFull() throws Exception {
        Path mounted = mount("full", "size=2m");
        try {
            assertSentence(1, seedOn(mounted), mounted + " needs ", "free some space");
        } finally {
            Ran.of("umount", mounted.toString()).output();
        }
    }

    @Test
    void aDiskThatFillsUpMeanwhile() throws Exception {
        Path mounted = mount("filling", "size=6m");
        try {
            fleet.lab().setRate(Lab.ORIGIN, Rate.parse("4Mbit/s"));
            Prestage seed = seedOn(mounted);
            fleet.awaitProgress("h1", "has begun", progress -> progress.verifiedBytes() > 0);
            Files.write(mounted.resolve("ballast"), new byte[5 << 20 | 1 << 18]);
            assertSentence(1, seed, mounted.toString(), "space");

            Files.delete(mounted.resolve("ballast"));
            fleet.lab().setRate(Lab.ORIGIN, fleet.lab().shape().origin());
            Prestage again = seedOn(mounted);
            fleet.awaitComplete(List.of("h1"));
            again.stop();
        } finally {
            fleet.lab().setRate(Lab.ORIGIN, fleet.lab().shape().origin());
            Ran.of("umount", "-l", mounted.toString()).output();
        }
    }

    @Test
    void aPortThatIsInUse() throws Exception {
        fleet.node("h1");
        await().until(() -> fleet.view("h1").isPresent());
        Map<String, String> free = Map.of("--swarm-port", "7851", "--cluster-port", "7801", "--http-port", "8081");
        for (String taken : free.keySet()) {
            List<String> options = new ArrayList<>(List.of("--cluster", "another", "--discovery", "mping"));
            free.forEach((option, port) -> {
                if (!option.equals(taken)) {
                    options.addAll(List.of(option, port));
                }
            });
            // JGroups listens on TCP with mping and static; membership over UDP shares no port with anybody.
            if (taken.equals("--cluster-port")) {
                options.addAll(List.of("--cluster-port", "8080"));
            }
            Prestage second = start("h1", "node", fleet.folder("h2").toString(), options.toArray(String[]::new));
            assertSentence(1, second, "in use", taken, "another port");
        }
    }

    @Test
    void nobodySaidWhoMayJoin() throws Exception {
        Prestage node = fleet.start("h1", "node", "-f", fleet.folder("h1").toString());
        assertSentence(2, node, "--insecure");
        assertFalse(Files.exists(fleet.folder("h1")), "nothing was touched");
    }

    @Test
    void aRegistryThatServesOtherBytes() throws Exception {
        Pushed spoilt = stock.image(SPOILT);
        Digest blob = spoilt.blobs().keySet().iterator().next();
        Path content = stock.storage()
                .resolve("docker/registry/v2/blobs/sha256/" + blob.hex().substring(0, 2) + "/" + blob.hex() + "/data");
        flip(content, 70_000);
        try {
            fleet.nodes(List.of("h2", "h3"));
            fleet.awaitView("h2", "two members", view -> view.members() == 2);
            Prestage seed = fleet.seed("h1", List.of(spoilt.reference(registry.host())));
            assertSentence(1, seed, blob.toString(), "other bytes");
            for (String host : List.of("h1", "h2", "h3")) {
                assertFalse(
                        Files.exists(fleet.folder(host).resolve("blobs/sha256/" + blob.hex())),
                        host + " made it visible");
                assertFalse(Files.exists(fleet.folder(host).resolve("receipt.json")), host);
            }
            assertTrue(fleet.status("h2").isPresent(), "the others wait");
        } finally {
            flip(content, 70_000);
        }
        fleet.seed("h1", List.of(spoilt.reference(registry.host())));
        fleet.awaitComplete(List.of("h1", "h2", "h3"));
        fleet.assertVerified(List.of("h1", "h2", "h3"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "demo --size 12parsecs",
                "demo --size 1",
                "demo --servers 0",
                "demo --servers many",
                "lab up --rate fast",
                "bench --servers 250",
                "bench --against none,aria2",
                "bench --rate 1bit/s",
                "seed -f /tmp/x --insecure",
                "seed --image localhost/a:b --insecure",
                "seed -f /tmp/x --insecure --image UPPER/CASE:tag",
                "seed -f /tmp/x --insecure --image localhost/a:b --expect 0",
                "seed -f /tmp/x --insecure --image localhost/a:b --expect some",
                "seed -f /tmp/x --insecure --image localhost/a:b --platform nowhere",
                "seed -f /tmp/x --insecure --image localhost/a:b --tls-verify=perhaps",
                "seed -f /tmp/x --insecure --image localhost/a:b --origin-connections 0",
                "node -f /tmp/x --insecure --http-port 65536",
                "node -f /tmp/x --insecure --swarm-port 0",
                "node -f /tmp/x --insecure --cluster-port x",
                "node -f /tmp/x --insecure --discovery smell",
                "node -f /tmp/x --insecure --discovery static",
                "node -f /tmp/x --insecure --peers 10.0.0.1",
                "node -f /tmp/x --insecure --discovery static --peers 10.0.0.1:99999",
                "node -f /tmp/x --insecure --linger soon",
                "status --timeout never",
                "status --expect x",
                "status --expect 0",
                "verify",
            })
    void aWrongCommandLine(String arguments) throws Exception {
        Ran wrong = Ran.of(Prestage.command(arguments.isEmpty() ? new String[0] : arguments.split(" ", -1)));
        assertEquals(2, wrong.code(), wrong::toString);
        assertOneSentence(wrong.err());
    }

    /** Another registry in the place of the usual one, which the next test has again. */
    private LabRegistry replaced(LabRegistry.Settings settings) throws IOException {
        registry.close();
        return fleet.lab().registry(settings);
    }

    private String[] seedOf(String reference) throws IOException {
        Files.createDirectories(fleet.folder("h1").getParent());
        return new String[] {
            "seed", "-f", fleet.folder("h1").toString(), "--name", "h1", "--insecure", "--image", reference
        };
    }

    private Prestage seedOn(Path folder) throws IOException {
        return start("h1", "seed", folder.toString(), "--tls-verify=false", "--image", image);
    }

    private Prestage start(String host, String command, String folder, String... options) throws IOException {
        return fleet.start(host, with(new String[] {command, "-f", folder, "--name", host, "--insecure"}, options));
    }

    private static String[] with(String[] arguments, String... more) {
        String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        return all;
    }

    private Path mount(String name, String options) throws Exception {
        Path mounted = Files.createDirectories(fleet.scratch().resolve(name));
        Ran.of("mount", "-t", "tmpfs", "-o", options, "tmpfs", mounted.toString())
                .output();
        return mounted;
    }

    private static void flip(Path file, long at) throws IOException {
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
            content.seek(at);
            int former = content.read();
            content.seek(at);
            content.write(former ^ 0xFF);
        }
    }

    /** Ends within seconds with one sentence that has one of these words at least, the first in any case. */
    private void assertSentence(int code, Prestage process, String first, String... oneOf) throws InterruptedException {
        assertEquals(code, process.exitCode(SECONDS), process::toString);
        String sentence = process.errors()
                .lines()
                .filter(line -> line.startsWith("prestage: "))
                .reduce((one, next) -> next)
                .orElse("");
        assertTrue(sentence.contains(first), () -> "lacks '" + first + "': " + process);
        assertTrue(
                oneOf.length == 0 || Arrays.stream(oneOf).anyMatch(sentence::contains),
                () -> "lacks " + List.of(oneOf) + ": " + process);
        String apart = process.errors()
                .lines()
                .filter(line -> !line.matches("\\d\\d:\\d\\d:\\d\\d\\.\\d{3} .*"))
                .reduce("", (one, next) -> one + next + "\n");
        assertOneSentence(apart);
    }

    private static void assertOneSentence(String errors) {
        assertEquals(1, errors.lines().count(), errors);
        assertTrue(errors.startsWith("prestage: "), errors);
        assertFalse(errors.contains("Exception"), errors);
        assertFalse(errors.contains("null"), errors);
    }
}
