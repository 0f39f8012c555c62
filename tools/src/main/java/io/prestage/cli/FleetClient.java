package io.prestage.cli;

import io.prestage.node.http.ClosableHttpClient;
import io.prestage.node.monitor.FleetView;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Asks nodes for their view of the fleet. */
final class FleetClient implements AutoCloseable {
    private static final int DEFAULT_PORT = 8080;
    private static final int MAX_PORT = 65_535;
    private static final Pattern ADDRESS = Pattern.compile("[^\\s:/]+:(\\d{1,5})");
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final ClosableHttpClient client = ClosableHttpClient.plain(PATIENCE);

    /** A node's address with the usual port if it has none. */
    static String withPort(String address) {
        return address.contains(":") ? address : address + ":" + DEFAULT_PORT;
    }

    /**
     * Tells whether nodes can be asked at an address.
     *
     * @param address {@code HOST} or {@code HOST:PORT}
     * @throws IOException if it is neither, with a sentence that says so
     */
    static void requireAddress(String address) throws IOException {
        question(address);
    }

    private static HttpRequest question(String address) throws IOException {
        Matcher parts = ADDRESS.matcher(withPort(address));
        if (!parts.matches() || Integer.parseInt(parts.group(1)) > MAX_PORT) {
            throw noAddress(address, null);
        }
        try {
            return HttpRequest.newBuilder(URI.create("http://" + parts.group() + "/api/v1/fleet"))
                    .timeout(PATIENCE)
                    .build();
        } catch (IllegalArgumentException e) {
            throw noAddress(address, e);
        }
    }

    private static IOException noAddress(String given, Exception why) {
        return new IOException("'" + given + "' is not HOST or HOST:PORT; see --node", why);
    }

    /**
     * Asks a node.
     *
     * @param address {@code HOST} or {@code HOST:PORT}
     * @throws IOException if it is neither, or no node answers there, with a sentence that says so
     */
    FleetAnswer ask(String address) throws IOException {
        String node = withPort(address);
        try {
            HttpResponse<String> response = answer(node, question(address));
            if (response.statusCode() != 200) {
                throw new IOException(node + " answers with status " + response.statusCode()
                        + ": is that a Prestage node's --http-port?");
            }
            FleetView fleet = JSON.readValue(response.body(), FleetView.class);
            if (fleet == null) {
                throw noFleet(node, null);
            }
            return new FleetAnswer(response.body(), fleet);
        } catch (JacksonException e) {
            throw noFleet(node, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking " + node, e);
        }
    }

    private static IOException noFleet(String node, Exception why) {
        return new IOException(node + " answers something else than a fleet: is that a Prestage node?", why);
    }

    private HttpResponse<String> answer(String node, HttpRequest question) throws IOException, InterruptedException {
        try {
            return client.send(question, BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (ConnectException | HttpTimeoutException e) {
            throw new IOException("no node answers at " + node + ": is it running, and is that its --http-port?", e);
        } catch (IOException e) { // whose message quotes what came, be it binary
            throw new IOException(node + " does not answer as a node does: is that a Prestage node's --http-port?", e);
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
