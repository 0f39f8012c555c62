package io.prestage.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RegistryAccessTest {
    private static final String DIGEST = "sha256:" + "ab".repeat(32);

    @Test
    void readsWhatTheRegistryWrites() {
        RegistryAccess access = RegistryAccess.parse("10.77.0.1 - - [22/Nov/2026:09:14:49 +0000] \"GET /v2/a/b/blobs/"
                        + DIGEST + " HTTP/1.1\" 206 65536 \"\" \"Java/17\"")
                .orElseThrow();
        assertEquals(new RegistryAccess("10.77.0.1", "GET", "/v2/a/b/blobs/" + DIGEST, 206, 65536), access);
        assertEquals(Optional.of(DIGEST), access.blobSent());
    }

    @Test
    void countsNoHeadersRefusalsAndManifests() {
        for (String line : new String[] {
            "HEAD /v2/a/blobs/" + DIGEST + " HTTP/1.1\" 200 5",
            "GET /v2/a/blobs/" + DIGEST + " HTTP/1.1\" 401 5",
            "GET /v2/a/manifests/" + DIGEST + " HTTP/1.1\" 200 5"
        }) {
            RegistryAccess access =
                    RegistryAccess.parse("h - u [t] \"" + line + " \"\" \"\"").orElseThrow();
            assertEquals(Optional.empty(), access.blobSent());
        }
    }

    @Test
    void passesOverOtherLines() {
        assertEquals(Optional.empty(), RegistryAccess.parse("time=\"…\" level=info msg=\"listening\""));
        assertEquals(Optional.empty(), RegistryAccess.parse(""));
    }
}
