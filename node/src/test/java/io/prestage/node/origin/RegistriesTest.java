package io.prestage.node.origin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.origin.OriginException.Reason;
import io.prestage.protocol.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RegistriesTest {
    private static final Digest DIGEST = Digest.of(new byte[0]);

    @TempDir
    private Path folder;

    private final Surrounded surrounded = new Surrounded();

    private Registries registries(String text) throws IOException {
        return new Registries(Optional.of(conf(text)), surrounded.byNothing());
    }

    private Path conf(String text) throws IOException {
        return Files.writeString(folder.resolve("registries.conf"), text);
    }

    private static List<String> places(Registries registries, String image) throws IOException {
        return registries.places(ImageReference.parse(image)).stream()
                .map(ImageReference::toString)
                .toList();
    }

    @Test
    void withoutATableAnImageIsWhereItsReferenceSays() throws IOException {
        Registries none = new Registries(Optional.empty(), surrounded.byNothing());
        assertEquals(List.of("quay.io/a/b:1"), places(none, "quay.io/a/b:1"));
        assertFalse(none.isInsecure("quay.io"));
    }

    @Test
    void asksMirrorsInTheirOrderAndThenTheRegistry() throws IOException {
        Registries registries = registries("""
                unqualified-search-registries = ["docker.io"]
                [[registry]]
                prefix = "quay.io/openshift-release-dev"
                location = "quay.io/openshift-release-dev"
                [[registry.mirror]]
                location = "one.example:5000/ocp"
                [[registry.mirror]]
                location = "two.example"
                insecure = true
                """);
        assertEquals(
                List.of(
                        "one.example:5000/ocp/a@" + DIGEST,
                        "two.example/a@" + DIGEST,
                        "quay.io/openshift-release-dev/a@" + DIGEST),
                places(registries, "quay.io/openshift-release-dev/a@" + DIGEST));
        assertEquals(
                List.of("quay.io/openshift-release-devil/a:1"),
                places(registries, "quay.io/openshift-release-devil/a:1"));
        assertTrue(registries.isInsecure("two.example"));
        assertFalse(registries.isInsecure("one.example:5000"));
    }

    @Test
    void theLongestPrefixCountsAndALocationTakesItsPlace() throws IOException {
        Registries registries = registries("""
                [[registry]]
                location = "quay.io"
                blocked = true
                [[registry]]
                prefix = "quay.io/org"
                location = "inner.example/copy/of"
                [[registry]]
                prefix = "*.redhat.com"
                location = "inner.example"
                """);
        assertEquals(List.of("inner.example/copy/of/app:1"), places(registries, "quay.io/org/app:1"));
        assertEquals(List.of("inner.example/ubi9/ubi:1"), places(registries, "registry.redhat.com/ubi9/ubi:1"));
        OriginException blocked = assertThrows(OriginException.class, () -> places(registries, "quay.io/other/app:1"));
        assertEquals(Reason.UNAUTHORIZED, blocked.reason());
        assertTrue(blocked.getMessage().contains("blocks quay.io"), blocked::getMessage);
    }

    @Test
    void someMirrorsAreForDigestsOrTagsAlone() throws IOException {
        Registries byDigest = registries(
                "[[registry]]\nlocation='q.io'\nmirror-by-digest-only=true\n[[registry.mirror]]\nlocation='m.io'\n");
        assertEquals(List.of("q.io/a/b:1"), places(byDigest, "q.io/a/b:1"));
        assertEquals(List.of("m.io/a/b@" + DIGEST, "q.io/a/b@" + DIGEST), places(byDigest, "q.io/a/b@" + DIGEST));
        Registries byTag = registries(
                "[[registry]]\nlocation='q.io'\n[[registry.mirror]]\nlocation='m.io'\npull-from-mirror='tag-only'\n");
        assertEquals(List.of("m.io/a/b:1", "q.io/a/b:1"), places(byTag, "q.io/a/b:1"));
        assertEquals(List.of("q.io/a/b@" + DIGEST), places(byTag, "q.io/a/b@" + DIGEST));
    }

    @Test
    void aDropInTakesThePlaceOfATable() throws IOException {
        Path main = conf("[[registry]]\nlocation='q.io'\n[[registry.mirror]]\nlocation='old.io'\n");
        Path dropIns = Files.createDirectory(folder.resolve("d"));
        Files.writeString(
                dropIns.resolve("10.conf"), "[[registry]]\nlocation='q.io'\n[[registry.mirror]]\nlocation='new.io'\n");
        Files.writeString(dropIns.resolve("README"), "not read");
        Surroundings none = surrounded.byNothing();
        Surroundings machine = new Surroundings(
                Map.of(),
                List.of(),
                List.of(),
                List.of(folder.resolve("absent"), main),
                List.of(dropIns),
                none.patience(),
                none.pause());
        assertEquals(List.of("new.io/a:1", "q.io/a:1"), places(new Registries(Optional.empty(), machine), "q.io/a:1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[[registry]",
                "[[registry]]\n",
                "[[registry]]\nlocation = 5\n",
                "[[registry]]\nlocation = 'q.io'\nblocked = 'yes'\n",
                "[[registry]]\nlocation = 'q.io'\n[[registry.mirror]]\n",
                "[[registry]]\nlocation = 'q.io'\n[[registry.mirror]]\nlocation='m.io'\npull-from-mirror='never'\n",
                "[registries.search]\nregistries = ['docker.io']\n"
            })
    void namesTheFileThatIsWrong(String text) {
        OriginException wrong = assertThrows(OriginException.class, () -> registries(text));
        assertTrue(wrong.getMessage().contains(folder.resolve("registries.conf").toString()), wrong::getMessage);
        assertEquals(1, wrong.getMessage().lines().count());
    }

    @Test
    void aNamedFileHasToExist() {
        Path absent = folder.resolve("absent.conf");
        OriginException wrong =
                assertThrows(OriginException.class, () -> new Registries(Optional.of(absent), surrounded.byNothing()));
        assertTrue(wrong.getMessage().contains("--registries-conf"), wrong::getMessage);
    }

    @Test
    void contentComesFromAMirrorAndFromTheRegistryWhereThatLacksIt() throws IOException {
        byte[] manifest = "{\"schemaVersion\":2,\"config\":{},\"layers\":[]}".getBytes(UTF_8);
        byte[] content = new byte[200_000];
        try (FakeRegistry mirror = FakeRegistry.http();
                FakeRegistry registry = FakeRegistry.http()) {
            mirror.manifest("m/app", "1", MediaTypes.OCI_MANIFEST, manifest);
            Digest blob = registry.blob(content);
            Path conf = conf("[[registry]]\nprefix='quay.example/org'\nlocation='" + registry.authority()
                    + "/org'\ninsecure=true\n[[registry.mirror]]\nlocation='" + mirror.authority()
                    + "/m'\ninsecure=true\n");
            OriginOptions options = new OriginOptions(Optional.empty(), Optional.empty(), Optional.of(conf), true, 2);
            ImageReference image = ImageReference.parse("quay.example/org/app:1");
            try (RegistryClient client =
                    new RegistryClient(options, bytes -> {}, reason -> {}, surrounded.byNothing())) {
                assertEquals(Digest.of(manifest), client.manifest(image).digest());
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                client.fetch(image, blob, content.length, 0, content.length, chunk -> {
                    byte[] bytes = new byte[chunk.remaining()];
                    chunk.get(bytes);
                    out.writeBytes(bytes);
                });
                assertArrayEquals(content, out.toByteArray());
                OriginException nowhere = assertThrows(
                        OriginException.class, () -> client.manifest(ImageReference.parse("quay.example/org/none:1")));
                assertEquals(Reason.NOT_FOUND, nowhere.reason());
                assertTrue(nowhere.getMessage().contains(mirror.authority()), nowhere::getMessage);
                assertTrue(nowhere.getMessage().contains(registry.authority()), nowhere::getMessage);
            }
        }
    }
}
