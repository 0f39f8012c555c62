package io.prestage.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class SiteConfigCommandTest {
    private static final String SITE =
            "kind: SiteConfig\nspec:\n  clusters:\n  - clusterName: a # kept\n    nodes:\n    - hostName: n\n";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    @Test
    void inPlaceWritesTheFileBehindALinkWithItsPermissionsAndOnlyWhenItIsDue() throws IOException {
        Path site = Files.writeString(folder.resolve("site.yaml"), SITE);
        Files.setPosixFilePermissions(site, PosixFilePermissions.fromString("rw-r-----"));
        Path link = Files.createSymbolicLink(folder.resolve("link.yaml"), site.getFileName());
        assertEquals(1, run("--check", "-c", link.toString()));
        assertEquals(SITE, Files.readString(site));
        assertEquals(0, run("-c", site.toString()));
        String updated = printed();
        assertNotEquals(SITE, updated);

        assertEquals(0, run("--in-place", "-c", link.toString()));
        assertEquals("", printed());
        assertEquals(updated, Files.readString(site));
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(site)));
        assertEquals(List.of("link.yaml", "site.yaml"), files());

        Object written = Files.getAttribute(site, "unix:ino");
        assertEquals(0, run("--in-place", "-c", site.toString()));
        assertEquals(written, Files.getAttribute(site, "unix:ino"), "written though nothing was due");
        assertEquals(0, run("--check", "-c", site.toString()));
    }

    @Test
    void whatCannotBeUpdatedStaysAsItIs() throws IOException {
        String wrong = SITE + "      ignitionConfigOverride: '{'\n";
        Path site = Files.writeString(folder.resolve("site.yaml"), wrong);
        assertEquals(1, run("--in-place", "-c", site.toString()));
        assertEquals("", printed());
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertEquals(wrong, Files.readString(site));
        assertEquals(List.of("site.yaml"), files());
        assertEquals(2, run("--in-place"));
        assertEquals(2, run("--in-place", "--check", "-c", site.toString()));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private String printed() {
        String text = out.toString();
        out.getBuffer().setLength(0);
        return text;
    }

    private int run(String... options) {
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out));
        command.setErr(new PrintWriter(err));
        out.getBuffer().setLength(0);
        List<String> arguments =
                Stream.concat(Stream.of("siteconfig"), Stream.of(options)).toList();
        return command.execute(arguments.toArray(String[]::new));
    }
}
