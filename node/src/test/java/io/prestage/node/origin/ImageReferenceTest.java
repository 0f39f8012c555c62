package io.prestage.node.origin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.Digest;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReferenceTest {
    private static final String DIGEST = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "quay.io/org/app",
                "quay.io/org/app:1.2",
                "localhost/app",
                "localhost:5000/a/b/c:latest",
                "[::1]:5000/app:x",
                "docker.io/busybox",
                "quay.io/openshift-release-dev/ocp-v4.0-art-dev@" + DIGEST,
                "registry.example.com:8443/a__b/c.d-e:T_1.x-y@" + DIGEST
            })
    void isWrittenAsItWasRead(String text) {
        assertEquals(text, ImageReference.parse(text).toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "busybox",
                "org/app:1",
                "quay.io/",
                "quay.io/Org/app",
                "quay.io/app:",
                "quay.io/app:-x",
                "quay.io/app@sha256:12",
                "quay.io/app@" + DIGEST + "@" + DIGEST,
                "docker://quay.io/org/app",
                "quay.io/a//b",
                "quay.io/../app",
                "",
                "/app",
                "quay.io:port/app"
            })
    void refusesWhatIsNoReferenceInASentenceThatQuotesIt(String text) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> ImageReference.parse(text));
        assertTrue(e.getMessage().contains("'" + text + "'"), e.getMessage());
    }

    @Test
    void asksForTheDigestThenTheTagThenLatest() {
        assertEquals("latest", ImageReference.parse("quay.io/a").reference());
        assertEquals("1", ImageReference.parse("quay.io/a:1").reference());
        assertEquals(DIGEST, ImageReference.parse("quay.io/a:1@" + DIGEST).reference());
    }

    @Test
    void knowsWhereDockerHubAnswers() {
        ImageReference image = ImageReference.parse("docker.io/busybox");
        assertEquals("registry-1.docker.io", image.endpoint());
        assertEquals("library/busybox", image.path());
        assertEquals("org/app", ImageReference.parse("docker.io/org/app").path());
        assertEquals("app", ImageReference.parse("quay.io/app").path());
    }

    @Test
    void keepsTheRepositoryWhenAnotherDigestIsChosen() {
        Digest digest = Digest.parse(DIGEST);
        ImageReference image = ImageReference.parse("quay.io/a:1").at(digest);
        assertEquals(Optional.of(digest), image.digest());
        assertEquals("quay.io/a@" + DIGEST, image.toString());
    }
}
