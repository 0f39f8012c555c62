package io.prestage.imageset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.prestage.node.origin.OriginOptions;
import io.prestage.node.origin.RegistryClient;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a small server whose manners can be changed. */
final class FileFetchTest {
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d*)");

    @TempDir
    Path folder;

    private final LongAdder received = new LongAdder();
    private HttpServer server;
    private RegistryClient client;
    private volatile byte[] content = random(1);
    private volatile String tag = "\"one\"";
    private volatile boolean ranges = true;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        client = new RegistryClient(OriginOptions.defaults(), received::add);
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop(0);
    }

    @Test
    void goesOnWhereItWas() throws IOException {
        begin(Arrays.copyOf(content, 60_000));
        WebFile file = fetch("");
        assertEquals(Digest.of(content), file.digest().orElseThrow());
        assertEquals(40_000, received.sum());
        assertArrayEquals(content, Files.readAllBytes(blob(file)));
    }

    @Test
    void whatWasBegunOfAnotherVersionIsNotMixedIn() throws IOException {
        begin(Arrays.copyOf(content, 60_000));
        content = random(2);
        tag = "\"two\"";
        assertEquals(Digest.of(content), fetch("").digest().orElseThrow());
        assertEquals(100_000, received.sum());
    }

    @Test
    void whereNobodyTellsTheVersionItBeginsAnew() throws IOException {
        tag = "";
        begin(Arrays.copyOf(random(2), 60_000));
        assertEquals(Digest.of(content), fetch("").digest().orElseThrow());
    }

    @Test
    void isNotFetchedAgainWhileItIsTheSame() throws IOException {
        fetch("");
        WebFile again = fetch("");
        assertEquals(Digest.of(content), again.digest().orElseThrow());
        assertEquals(100_000, received.sum());
        content = random(2);
        tag = "\"two\"";
        assertEquals(Digest.of(content), fetch("").digest().orElseThrow());
    }

    @Test
    void aServerWithoutPartsIsReadOnce() throws IOException {
        ranges = false;
        WebFile file = fetch("#sha256=" + Digest.of(content).hex());
        assertTrue(Files.exists(blob(file)));
        assertTrue(received.sum() <= 100_000, received::toString);
        assertEquals(
                Digest.of(content),
                fetch("#sha256=" + Digest.of(content).hex()).digest().orElseThrow());
        assertTrue(received.sum() <= 100_000, received::toString);
    }

    @Test
    void whatIsNotWhatItHasToBeIsRefused() throws IOException {
        ranges = false;
        Digest other = Digest.of(new byte[1]);
        IOException e = assertThrows(IOException.class, () -> fetch("#sha256=" + other.hex()));
        assertTrue(e.getMessage().contains(other.hex()), e::getMessage);
        assertFalse(Files.exists(folder.resolve("blobs")));
    }

    @Test
    void whatIsNotAskedForAnyMoreGoes() throws IOException {
        begin(new byte[5]);
        new FileFetch(folder, folder).fetch(client.files(), List.of());
        assertFalse(Files.exists(folder.resolve(".fetch")));
    }

    /** Leaves the beginning of a file, as a run that was broken off does. */
    private void begin(byte[] part) throws IOException {
        WebFile file = found("");
        Path parts = Files.createDirectories(folder.resolve(".fetch"));
        Files.write(parts.resolve(FileFetch.id(file)), part);
    }

    private WebFile fetch(String fragment) throws IOException {
        return new FileFetch(folder, folder)
                .fetch(client.files(), List.of(found(fragment)))
                .get(0);
    }

    private WebFile found(String fragment) throws IOException {
        String address = "http://127.0.0.1:" + server.getAddress().getPort() + "/file.bin" + fragment;
        return WebFile.find(client.files(), FileRequest.parse(address));
    }

    private Path blob(WebFile file) {
        return folder.resolve("blobs/sha256")
                .resolve(file.digest().orElseThrow().hex());
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!exchange.getRequestURI().getPath().equals("/file.bin")) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            if (!tag.isEmpty()) {
                exchange.getResponseHeaders().set("ETag", tag);
            }
            String asked = exchange.getRequestHeaders().getFirst("Range");
            Matcher range = RANGE.matcher(asked == null ? "" : asked);
            byte[] all = content;
            if (!ranges || !range.matches()) {
                exchange.sendResponseHeaders(200, all.length);
                exchange.getResponseBody().write(all);
                return;
            }
            int from = Integer.parseInt(range.group(1));
            int last = range.group(2).isEmpty() ? all.length - 1 : Integer.parseInt(range.group(2));
            exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + last + "/" + all.length);
            exchange.sendResponseHeaders(206, last - from + 1);
            exchange.getResponseBody().write(all, from, last - from + 1);
        } catch (IOException e) {
            return; // the reader has what it wanted
        }
    }

    private static byte[] random(long seed) {
        byte[] bytes = new byte[100_000];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
