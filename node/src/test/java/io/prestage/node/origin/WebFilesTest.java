package io.prestage.node.origin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.prestage.node.origin.OriginException.Reason;
import io.prestage.protocol.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class WebFilesTest {
    private final LongAdder received = new LongAdder();
    private final byte[] content = new byte[100_000];
    private FakeRegistry server;
    private RegistryClient client;
    private WebFiles files;
    private URI address;

    @BeforeEach
    void start() throws IOException {
        new Random(3).nextBytes(content);
        server = FakeRegistry.http();
        Digest digest = server.blob(content);
        address = URI.create("http://" + server.authority() + "/any/blobs/" + digest);
        client =
                new RegistryClient(OriginOptions.defaults(), received::add, reason -> {}, new Surrounded().byNothing());
        files = client.files();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void readsASmallFileAndNoLargerOne() throws IOException {
        assertArrayEquals(content, files.read(address, Map.of("Accept", "*/*"), content.length));
        OriginException e =
                assertThrows(OriginException.class, () -> files.read(address, Map.of(), content.length - 1));
        assertEquals(Reason.PROTOCOL, e.reason());
    }

    @Test
    void triesAgainAfterAFailure() throws IOException {
        server.once("/blobs/", FakeRegistry.status(503));
        server.once("/blobs/", FakeRegistry.cutAfter(10));
        assertArrayEquals(content, files.read(address, Map.of(), content.length));
    }

    @Test
    void saysThatThereIsNoSuchFile() {
        OriginException e =
                assertThrows(OriginException.class, () -> files.read(address.resolve("/signature-2"), Map.of(), 10));
        assertEquals(Reason.NOT_FOUND, e.reason());
    }

    @Test
    void findsOutTheSizeWithAndWithoutRanges() throws IOException {
        assertEquals(content.length, files.about(address).size());
        server.once("/blobs/", FakeRegistry.ignoreRange());
        assertEquals(content.length, files.about(address).size());
        assertEquals(0, received.sum());
    }

    /** Once in thirty times the connection breaks before the client has made its answer of the headers. */
    @RepeatedTest(100)
    void fetchesARangeOverBrokenConnectionsAndRedirects() throws IOException {
        server.once("/moved", FakeRegistry.redirectTo(address));
        server.once("/blobs/", FakeRegistry.cutAfter(20_000));
        server.once("/moved", FakeRegistry.redirectTo(address));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        files.fetch(address.resolve("/moved"), content.length, 5, 90_000, chunk -> {
            byte[] bytes = new byte[chunk.remaining()];
            chunk.get(bytes);
            out.writeBytes(bytes);
        });
        assertArrayEquals(Arrays.copyOfRange(content, 5, 90_000), out.toByteArray());
        assertEquals(89_995, received.sum());
    }

    @Test
    void refusesWhatIsNoAddress() {
        for (String text : new String[] {"file:///etc/passwd", "rootfs.img"}) {
            assertThrows(OriginException.class, () -> files.about(URI.create(text)));
        }
    }

    @Test
    void answersOfOtherFormsDoNotPassForSizes() {
        server.always("/blobs/", FakeRegistry.json(206, new String(new byte[] {'x'}, UTF_8)));
        assertThrows(OriginException.class, () -> files.about(address));
    }
}
