package io.prestage.cli;

import io.prestage.node.http.ClosableHttpClient;
import io.prestage.node.monitor.FleetView;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Asks a node for its view of the fleet. */
final class FleetClient implements AutoCloseable {
    private static final int DEFAULT_PORT = 8080;
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final ClosableHttpClient client = ClosableHttpClient.plain(PATIENCE);
    private final String address;

    /**
     * A client of one node.
     *
     * @param address {@code HOST} or {@code HOST:PORT}
     */
    FleetClient(String address) {
        this.address = withPort(address);
    }

    /** A node's address with the usual port if it has none. */
    static String withPort(String address) {
        return address.contains(":") ? address : address + ":" + DEFAULT_PORT;
    }

    /** The node's answer as it came. */
    String json() throws IOException {
        try {
            URI uri = URI.create("http://" + address + "/api/v1/fleet");
            HttpRequest request = HttpRequest.newBuilder(uri).timeout(PATIENCE).build();
            HttpResponse<String> response = client.send(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
            if (response.statusCode() != 200) {
                throw new IOException(address + " answers with status " + response.statusCode()
                        + ": is that a Prestage node's --http-port?");
            }
            return response.body();
        } catch (IllegalArgumentException e) {
            throw new IOException("'" + address + "' is not HOST or HOST:PORT; see --node", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking " + address, e);
        } catch (java.net.ConnectException | java.net.http.HttpTimeoutException e) {
            throw new IOException("no node answers at " + address + ": is it running, and is that its --http-port?", e);
        }
    }

    /** The fleet. */
    FleetView fleet() throws IOException {
        try {
            return JSON.readValue(json(), FleetView.class);
        } catch (JacksonException e) {
            throw new IOException(address + " answers something else than a fleet: is that a Prestage node?", e);
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
