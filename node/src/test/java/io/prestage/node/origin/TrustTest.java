package io.prestage.node.origin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.origin.OriginException.Reason;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrustTest {
    @TempDir
    private static Path folder;

    private static PrivateAuthority authority;
    private static FakeRegistry registry;

    private final Surrounded surrounded = new Surrounded();

    @BeforeAll
    static void start() throws Exception {
        authority = new PrivateAuthority(folder, "IP:127.0.0.1");
        registry = FakeRegistry.https(authority.server());
        registry.manifest("org/app", "1", MediaTypes.OCI_MANIFEST, "{\"layers\":[]}".getBytes(UTF_8));
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    private static OriginOptions options(Optional<Path> caCert, boolean tlsVerify) {
        return new OriginOptions(Optional.empty(), caCert, tlsVerify, 2);
    }

    private void pull(OriginOptions options, Surroundings surroundings) throws IOException {
        try (RegistryClient client = new RegistryClient(options, n -> {}, r -> {}, surroundings)) {
            client.manifest(registry.image("org/app:1"));
        }
    }

    @Test
    void refusesAnAuthorityThatNobodyNamed() {
        OriginException e = assertThrows(
                OriginException.class, () -> pull(options(Optional.empty(), true), surrounded.byNothing()));
        assertEquals(Reason.UNKNOWN_CA, e.reason());
        assertTrue(e.getMessage().contains("--cacert"), e.getMessage());
        assertEquals(List.of(), surrounded.pauses);
    }

    @Test
    void takesTheAuthorityOfTheOption() throws IOException {
        pull(options(Optional.of(authority.certificate()), true), surrounded.byNothing());
    }

    @Test
    void takesTheAuthorityKeptForTheHost() throws IOException {
        Path host = Files.createDirectories(folder.resolve("certs.d").resolve(registry.authority()));
        Files.copy(authority.certificate(), host.resolve("own.crt"));
        pull(options(Optional.empty(), true), surrounded.by(Map.of(), List.of(folder.resolve("certs.d"))));
    }

    @Test
    void takesTheOperatingSystemsAuthorities() throws IOException {
        Surroundings none = surrounded.byNothing();
        Surroundings system = new Surroundings(
                none.variables(),
                none.certificateFolders(),
                List.of(folder.resolve("absent.crt"), authority.certificate()),
                none.patience(),
                none.pause());
        pull(options(Optional.empty(), true), system);
    }

    @Test
    void takesAnyCertificateWhenToldNotToCheck(@TempDir Path other) throws Exception {
        PrivateAuthority elsewhere = new PrivateAuthority(other, "DNS:elsewhere.example");
        try (FakeRegistry strange = FakeRegistry.https(elsewhere.server());
                RegistryClient client =
                        new RegistryClient(options(Optional.empty(), false), n -> {}, r -> {}, patientWithTls())) {
            strange.manifest("org/app", "1", MediaTypes.OCI_MANIFEST, "{\"layers\":[]}".getBytes(UTF_8));
            client.manifest(strange.image("org/app:1"));
        }
    }

    private Surroundings patientWithTls() {
        Surroundings usual = surrounded.byNothing();
        return new Surroundings(usual.variables(), List.of(), List.of(), Surroundings.Patience.usual(), usual.pause());
    }

    @Test
    void refusesACertificateForAnotherHost(@TempDir Path other) throws Exception {
        PrivateAuthority elsewhere = new PrivateAuthority(other, "DNS:elsewhere.example");
        try (FakeRegistry strange = FakeRegistry.https(elsewhere.server());
                RegistryClient client = new RegistryClient(
                        options(Optional.of(elsewhere.certificate()), true),
                        n -> {},
                        r -> {},
                        surrounded.byNothing())) {
            OriginException e = assertThrows(OriginException.class, () -> client.manifest(strange.image("org/app:1")));
            assertEquals(Reason.UNKNOWN_CA, e.reason());
        }
    }

    @Test
    void followsNoRedirectToPlainHttp() throws IOException {
        try (FakeRegistry plain = FakeRegistry.http()) {
            registry.once("/manifests/2", FakeRegistry.redirectTo(URI.create("http://" + plain.authority() + "/x")));
            try (RegistryClient client = new RegistryClient(
                    options(Optional.of(authority.certificate()), true), n -> {}, r -> {}, surrounded.byNothing())) {
                OriginException e =
                        assertThrows(OriginException.class, () -> client.manifest(registry.image("org/app:2")));
                assertEquals(Reason.PROTOCOL, e.reason());
                assertEquals(List.of(), plain.seen());
            }
        }
    }

    @Test
    void refusesAFileThatHoldsNoCertificate() throws IOException {
        Path empty = Files.writeString(folder.resolve("empty.crt"), "");
        for (Path file : List.of(empty, folder.resolve("missing.crt"))) {
            OriginException e = assertThrows(
                    OriginException.class, () -> pull(options(Optional.of(file), true), surrounded.byNothing()));
            assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
        }
    }
}
