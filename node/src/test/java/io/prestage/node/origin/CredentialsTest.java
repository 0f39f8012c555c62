package io.prestage.node.origin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CredentialsTest {
    private static final ImageReference IMAGE = ImageReference.parse("quay.io/org/team/app:1");

    @TempDir
    private Path folder;

    private static String entry(String key, String user) {
        String auth = Base64.getEncoder().encodeToString((user + ":pw").getBytes(StandardCharsets.UTF_8));
        return "\"" + key + "\":{\"auth\":\"" + auth + "\"}";
    }

    private Path write(String name, String content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        return file;
    }

    private Optional<Credential> inFile(String auths, ImageReference image) throws IOException {
        Path file = write("auth.json", "{\"auths\":{" + auths + "}}");
        return new Credentials(Optional.of(file), new Surrounded().byNothing()).of(image);
    }

    private static Optional<Credential> login(String user) {
        return Optional.of(new Credential.Login(user, "pw"));
    }

    @Test
    void prefersTheLongestPrefix() throws IOException {
        String auths = entry("quay.io", "short") + "," + entry("quay.io/org", "long") + ","
                + entry("quay.io/org/te", "other") + "," + entry("quay.io/orgs", "other");
        assertEquals(login("long"), inFile(auths, IMAGE));
        assertEquals(login("short"), inFile(auths, ImageReference.parse("quay.io/else/app")));
        assertEquals(Optional.empty(), inFile(auths, ImageReference.parse("quay.io:443/else/app")));
    }

    @Test
    void findsDockersAddressOfTheHub() throws IOException {
        String auths = entry("https://index.docker.io/v1/", "hub");
        assertEquals(login("hub"), inFile(auths, ImageReference.parse("docker.io/busybox")));
    }

    @Test
    void takesAnIdentityTokenBeforeAPassword() throws IOException {
        String auths = "\"quay.io\":{\"auth\":\"eDp5\",\"identitytoken\":\"t\"}";
        assertEquals(Optional.of(new Credential.IdentityToken("t")), inFile(auths, IMAGE));
    }

    @Test
    void looksThroughTheUsualPlacesInOrder() throws IOException {
        Map<String, String> variables = Map.of(
                "XDG_RUNTIME_DIR", folder.resolve("run").toString(),
                "HOME", folder.resolve("home").toString());
        Credentials credentials = new Credentials(Optional.empty(), new Surrounded().by(variables, List.of()));
        write("home/.dockercfg", "{" + entry("quay.io", "dockercfg") + "}");
        assertEquals(login("dockercfg"), credentials.of(IMAGE));
        write("home/.docker/config.json", "{\"auths\":{" + entry("quay.io", "docker") + "}}");
        assertEquals(login("docker"), credentials.of(IMAGE));
        write("home/.config/containers/auth.json", "{\"auths\":{" + entry("quay.io", "config") + "}}");
        assertEquals(login("config"), credentials.of(IMAGE));
        write("run/containers/auth.json", "{\"auths\":{" + entry("quay.io", "runtime") + "}}");
        assertEquals(login("runtime"), credentials.of(IMAGE));
    }

    @Test
    void looksOnlyIntoTheFileThatIsNamed() throws IOException {
        write("home/.docker/config.json", "{\"auths\":{" + entry("quay.io", "docker") + "}}");
        Path named = write("named.json", "{}");
        Map<String, String> variables =
                Map.of("HOME", folder.resolve("home").toString(), "REGISTRY_AUTH_FILE", named.toString());
        Credentials credentials = new Credentials(Optional.empty(), new Surrounded().by(variables, List.of()));
        assertEquals(Optional.empty(), credentials.of(IMAGE));
    }

    @Test
    void refusesANamedFileThatDoesNotExistOrIsNotJson() throws IOException {
        Path missing = folder.resolve("missing.json");
        Path text = write("text.json", "user:password");
        for (Path file : List.of(missing, text)) {
            OriginException e = assertThrows(
                    OriginException.class, () -> new Credentials(Optional.of(file), new Surrounded().byNothing()));
            assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
        }
    }

    @Test
    void refusesAnEntryThatIsNotALogin() {
        assertThrows(OriginException.class, () -> inFile("\"quay.io\":{\"auth\":\"***\"}", IMAGE));
        assertThrows(OriginException.class, () -> inFile("\"quay.io\":{\"auth\":\"eHl6\"}", IMAGE));
    }

    private Optional<Credential> fromProgram(String script) throws IOException {
        Path program = write("bin/docker-credential-fake", "#!/bin/sh\n" + script);
        assertTrue(program.toFile().setExecutable(true));
        Path file = write("auth.json", "{\"credHelpers\":{\"quay.io\":\"fake\"}}");
        Map<String, String> variables = Map.of("PATH", folder.resolve("bin").toString());
        return new Credentials(Optional.of(file), new Surrounded().by(variables, List.of())).of(IMAGE);
    }

    @Test
    void asksACredentialProgram() throws IOException {
        String script = "read -r host; echo '{\"Username\":\"'$1-$host'\",\"Secret\":\"pw\"}'";
        assertEquals(login("get-quay.io"), fromProgram(script));
        assertEquals(
                Optional.of(new Credential.IdentityToken("t")),
                fromProgram("read -r host; echo '{\"Username\":\"<token>\",\"Secret\":\"t\"}'"));
        assertEquals(
                Optional.empty(), fromProgram("read -r host; echo 'credentials not found in native keychain'; exit 1"));
        assertThrows(OriginException.class, () -> fromProgram("read -r host; echo locked; exit 1"));
        assertThrows(OriginException.class, () -> fromProgram("read -r host; echo nonsense"));
    }

    @Test
    void saysWhichCredentialProgramIsMissing() throws IOException {
        Path file = write("auth.json", "{\"credHelpers\":{\"quay.io\":\"no-such\"}}");
        Credentials credentials = new Credentials(Optional.of(file), new Surrounded().byNothing());
        OriginException e = assertThrows(OriginException.class, () -> credentials.of(IMAGE));
        assertTrue(e.getMessage().contains("docker-credential-no-such"), e.getMessage());
    }

    @Test
    void refusesACredentialProgramOutsideThePath() throws IOException {
        Path file = write("auth.json", "{\"credsStore\":\"/../../tmp/evil\"}");
        Credentials credentials = new Credentials(Optional.of(file), new Surrounded().byNothing());
        assertThrows(OriginException.class, () -> credentials.of(IMAGE));
    }
}
