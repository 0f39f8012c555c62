package io.prestage.node.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class LayoutTest {
    private final JsonMapper json = new JsonMapper();

    @TempDir
    private Path folder;

    @Test
    void linksEveryFileOfAViewToItsBlob() throws Exception {
        Fixture fixture = Fixture.of(1, 5, 70000);
        fixture.fill(folder);

        Path view = folder.resolve("images/image_1");
        assertEquals("Directory Transport Version: 1.1\n", Files.readString(view.resolve("version")));
        assertEquals(
                fixture.plan().manifests().get(0).digest(),
                Digest.of(Files.readAllBytes(view.resolve("manifest.json"))));
        for (Plan.Blob blob : fixture.plan().blobs()) {
            String hex = blob.contentDigest().hex();
            assertTrue(Files.isSameFile(
                    view.resolve(hex), folder.resolve("blobs/sha256").resolve(hex)));
        }
        assertEquals(4, Layout.list(view).size());
    }

    @Test
    void describesEveryImageInTheIndex() throws Exception {
        Fixture fixture = Fixture.of(1, 5);
        fixture.fill(folder);
        JsonNode descriptor = json.readTree(Files.readAllBytes(folder.resolve("index.json")))
                .get("manifests")
                .get(0);
        Plan.Manifest manifest = fixture.plan().manifests().get(0);
        assertEquals(manifest.mediaType(), descriptor.get("mediaType").stringValue());
        assertEquals(manifest.digest().toString(), descriptor.get("digest").stringValue());
        assertEquals(manifest.content().length, descriptor.get("size").intValue());
        assertEquals(
                "image_1",
                descriptor
                        .get("annotations")
                        .get("org.opencontainers.image.ref.name")
                        .stringValue());
    }

    @Test
    void writesTheReceiptThatItWasGiven() throws Exception {
        Fixture fixture = Fixture.of(1, 5);
        fixture.fill(folder);
        byte[] written = Files.readAllBytes(folder.resolve("receipt.json"));
        assertEquals(fixture.receipt(), Receipt.decode(written));
        assertEquals(false, json.readTree(written).get("signed").booleanValue());
        assertEquals(
                "2026-01-01T00:01:00Z", json.readTree(written).get("finished").stringValue());
    }

    @Test
    void isReadBySkopeoAsItIs() throws Exception {
        Plan plan = indexOfOnePlatform();
        try (Store store = Store.open(folder, plan)) {
            store.recover((piece, sha256) -> {});
            byte[] config = CONFIG.getBytes(StandardCharsets.UTF_8);
            store.write(0, ByteBuffer.wrap(config), Digest.of(config).raw());
            store.finish(0);
            store.complete(Receipt.unsigned(
                    plan,
                    new Receipt.Server("s", "", List.of()),
                    Instant.EPOCH,
                    Instant.EPOCH,
                    new Receipt.Traffic(0, 0, 0, 0)));
        }
        assertEquals(
                plan.manifests().get(0).digest(),
                Digest.of(run("skopeo", "inspect", "--raw", "dir:" + folder.resolve("images/tool_1"))));
        assertEquals(
                plan.manifests().get(0).digest(),
                Digest.of(run("skopeo", "inspect", "--raw", "oci:" + folder + ":tool_1")));
        Path copy = folder.resolve("copy");
        run("skopeo", "--insecure-policy", "copy", "-q", "dir:" + folder.resolve("images/tool_1"), "dir:" + copy);
        assertTrue(Files.exists(copy.resolve(plan.blobs().get(0).contentDigest().hex())));
    }

    private static final String CONFIG =
            "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}";

    private static Plan indexOfOnePlatform() {
        byte[] config = CONFIG.getBytes(StandardCharsets.UTF_8);
        Digest configDigest = Digest.of(config);
        Plan.Manifest manifest = new Plan.Manifest(
                "application/vnd.oci.image.manifest.v1+json",
                String.format(
                                "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                                        + "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\","
                                        + "\"digest\":\"%s\",\"size\":%d},\"layers\":[]}",
                                configDigest, config.length)
                        .getBytes(StandardCharsets.UTF_8));
        Plan.Manifest index = new Plan.Manifest(
                "application/vnd.oci.image.index.v1+json",
                String.format(
                                "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
                                        + "\"manifests\":[{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d,"
                                        + "\"platform\":{\"architecture\":\"amd64\",\"os\":\"linux\"}}]}",
                                manifest.mediaType(), manifest.digest(), manifest.content().length)
                        .getBytes(StandardCharsets.UTF_8));
        return new Plan(
                1,
                "tool",
                Fixture.PIECE,
                List.of(new Plan.Image(
                        "tool_1",
                        "registry.example/tool:1",
                        index.digest().toString(),
                        List.of(manifest.digest().toString()),
                        List.of(configDigest.toString()))),
                List.of(index, manifest),
                List.of(new Plan.Blob(configDigest.toString(), config.length, "registry.example/tool")),
                List.of());
    }

    private static byte[] run(String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        byte[] said = process.getInputStream().readAllBytes();
        assertEquals(0, process.waitFor(), String.join(" ", command));
        return said;
    }
}
