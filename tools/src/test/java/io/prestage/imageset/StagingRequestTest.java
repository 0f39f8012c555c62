package io.prestage.imageset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.node.origin.Platform;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class StagingRequestTest {
    private static final StagingRequest.Choice NOTHING = new StagingRequest.Choice(
            new ReleaseVersions(Optional.empty(), Optional.empty(), Optional.empty()),
            Optional.empty(),
            false,
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    private static StagingRequest request(ImageFilter filter, List<String> images, String... files) {
        return new StagingRequest(
                Path.of("/mnt"),
                StagingRequest.generate(NOTHING, List.of(), images),
                images,
                List.of(),
                filter,
                "",
                "amd64",
                Platform.parse("linux/amd64"),
                ReleaseSources.of(Optional.empty(), Optional.empty(), Optional.empty(), true, Map.of()),
                List.of(files).stream().map(FileRequest::parse).toList());
    }

    @Test
    void twoThatAskForTheSameSayTheSame() throws Exception {
        List<String> images = List.of("q.io/a/b:1", "q.io/c/d:1");
        List<String> turned = List.of("q.io/c/d:1", "q.io/a/b:1");
        String line = request(ImageFilter.NONE, images).line();
        assertEquals(line, request(ImageFilter.NONE, turned).line());
        assertTrue(line.contains("q.io/a/b:1 q.io/c/d:1"), line);
        assertNotEquals(line, request(ImageFilter.NONE, images.subList(0, 1)).line());
        assertNotEquals(
                line, request(ImageFilter.parse("f", "patterns: [a]"), images).line());
        assertNotEquals(
                line, request(ImageFilter.NONE, images, "https://h/file").line());
    }

    @Test
    void refusesFilesThatGetInEachOthersWay() {
        for (String[] files : new String[][] {
            {"https://h/a/file", "https://h/b/file"}, {"https://h/mapping.txt"}, {"https://h/index.json"}
        }) {
            assertThrows(IllegalArgumentException.class, () -> request(ImageFilter.NONE, List.of(), files));
        }
    }

    @Test
    void theEnvironmentNamesWhatNoOptionDoes() {
        Map<String, String> environment = Map.of(
                "UPDATE_URL_OVERRIDE", "http://graph",
                "OCP_SIGNATURE_URL", "http://signatures",
                "OCP_SIGNATURE_VERIFICATION_PK", "/key");
        ReleaseSources set = ReleaseSources.of(Optional.empty(), Optional.empty(), Optional.empty(), true, environment);
        assertEquals(new ReleaseSources("http://graph", "http://signatures", Optional.of(Path.of("/key")), true), set);
        ReleaseSources named =
                ReleaseSources.of(Optional.of("http://mine"), Optional.empty(), Optional.empty(), true, environment);
        assertEquals("http://mine", named.graph());
    }
}
