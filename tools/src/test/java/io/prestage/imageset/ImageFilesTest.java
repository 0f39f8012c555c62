package io.prestage.imageset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.airlift.compress.zstd.ZstdOutputStream;
import io.prestage.lab.RegistryImages;
import io.prestage.node.origin.ByteSink;
import io.prestage.node.origin.Descriptor;
import io.prestage.protocol.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class ImageFilesTest {
    private final Map<Digest, byte[]> blobs = new HashMap<>();
    private final List<Digest> fetched = new ArrayList<>();

    private ImageFiles image(byte[]... layers) throws IOException {
        StringBuilder manifest = new StringBuilder("{\"layers\":[");
        for (byte[] layer : layers) {
            Digest digest = Digest.of(layer);
            blobs.put(digest, layer);
            manifest.append(manifest.toString().endsWith("[") ? "" : ",")
                    .append("{\"mediaType\":\"x\",\"digest\":\"")
                    .append(digest)
                    .append("\",\"size\":")
                    .append(layer.length)
                    .append('}');
        }
        return new ImageFiles(
                "r.io/i:1", manifest.append("]}").toString().getBytes(StandardCharsets.UTF_8), this::fetch);
    }

    private void fetch(Descriptor blob, ByteSink sink) throws IOException {
        fetched.add(blob.digest());
        byte[] content = blobs.get(blob.digest());
        for (int at = 0; at < content.length; at += 10_000) {
            sink.accept(ByteBuffer.wrap(content, at, Math.min(10_000, content.length - at)));
        }
    }

    private static byte[] tar(String name, String content) {
        return RegistryImages.tar(name, content.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] zstd(byte[] content) throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (ZstdOutputStream out = new ZstdOutputStream(zipped)) {
            out.write(content);
        }
        return zipped.toByteArray();
    }

    private static Map<String, String> walk(ImageFiles image, String folder) throws IOException {
        Map<String, String> seen = new TreeMap<>();
        image.walk(
                folder, (path, content) -> seen.put(path, new String(content.readAllBytes(), StandardCharsets.UTF_8)));
        return seen;
    }

    @Test
    void readsPlainAndCompressedLayersFromTheTop() throws IOException {
        ImageFiles image = image(
                tar("configs/a", "old"),
                RegistryImages.gzip(tar("configs/b", "b")),
                zstd(tar("configs/z", "z")),
                RegistryImages.gzip(tar("configs/a", "new")),
                tar("other/c", "c"));
        assertEquals(Map.of("configs/a", "new", "configs/b", "b", "configs/z", "z"), walk(image, "configs"));
    }

    @Test
    void readsALargeLayerToItsEndWhateverIsReadOfIt() throws IOException {
        byte[] large = RegistryImages.tar("configs/large", RegistryImages.random(1, 3_000_000));
        for (int time = 0; time < 20; time++) {
            List<String> seen = new ArrayList<>();
            image(RegistryImages.gzip(large)).walk("configs", (path, content) -> seen.add(path + content.read()));
            assertEquals(1, seen.size());
        }
    }

    @Test
    void stopsAtTheLayerThatHasWhatIsLookedFor() throws IOException {
        byte[] upper = tar("m/found", "x");
        List<String> seen = new ArrayList<>();
        image(tar("m/lower", "y"), upper).walk("m", new ImageFiles.Visitor() {
            @Override
            public void file(String path, InputStream content) {
                seen.add(path);
            }

            @Override
            public boolean wantsMore() {
                return seen.isEmpty();
            }
        });
        assertEquals(List.of(Digest.of(upper)), fetched);
    }

    @Test
    void refusesALayerThatIsNotWhatItsDigestSays() throws IOException {
        byte[] layer = tar("configs/a", "content");
        ImageFiles image = image(layer);
        byte[] other = layer.clone();
        other[512]++;
        blobs.put(Digest.of(layer), other);
        IOException refusal = assertThrows(IOException.class, () -> walk(image, "configs"));
        assertTrue(refusal.getMessage().contains("is not what its digest"), refusal::getMessage);
    }

    @Test
    void passesOnThatALayerCannotBeHad() throws IOException {
        ImageFiles image = new ImageFiles(
                "r.io/i:1",
                ("{\"layers\":[{\"digest\":\"" + Digest.of(new byte[1]) + "\",\"size\":1}]}")
                        .getBytes(StandardCharsets.UTF_8),
                (blob, sink) -> {
                    throw new IOException("the link is down");
                });
        assertEquals(
                "the link is down",
                assertThrows(IOException.class, () -> walk(image, "")).getMessage());
    }
}
