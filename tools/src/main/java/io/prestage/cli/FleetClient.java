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

/** Asks a node for its view of the fleet. */
final class FleetClient implements AutoCloseable {
    private static final int DEFAULT_PORT = 8080;
    private static final int MAX_PORT = 65_535;
    private static final Pattern ADDRESS = Pattern.compile("[^\\s:/]+:(\\d{1,5})");
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final String address;
    private final HttpRequest question;
    private final ClosableHttpClient client;

    /**
     * A client of one node.
     *
     * @param address {@code HOST} or {@code HOST:PORT}
     * @throws IOException if it is neither, with a sentence that says so
     */
    FleetClient(String address) throws IOException {
        this.address = withPort(address);
        Matcher parts = ADDRESS.matcher(this.address);
        if (!parts.matches() || Integer.parseInt(parts.group(1)) > MAX_PORT) {
            throw noAddress(address, null);
        }
        try {
            this.question = HttpRequest.newBuilder(URI.create("http://" + this.address + "/api/v1/fleet"))
                    .timeout(PATIENCE)
                    .build();
        } catch (IllegalArgumentException e) {
            throw noAddress(address, e);
        }
        this.client = ClosableHttpClient.plain(PATIENCE);
    }

    private static IOException noAddress(String given, Exception why) {
        return new IOException("'" + given + "' is not HOST or HOST:PORT; see --node", why);
    }

    /** A node's address with the usual port if it has none. */
    static String withPort(String address) {
        return address.contains(":") ? address : address + ":" + DEFAULT_PORT;
    }

    /** The node's answer as it came. */
    String json() throws IOException {
        try {
            HttpResponse<String> response = answer();
            if (response.statusCode() != 200) {
                throw new IOException(address + " answers with status " + response.statusCode()
                        + ": is that a Prestage node's --http-port?");
            }
            return response.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking " + address, e);
        }
    }

    private HttpResponse<String> answer() throws IOException, InterruptedException {
        try {
            return client.send(question, BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (ConnectException | HttpTimeoutException e) {
            throw new IOException("no node answers at " + address + ": is it running, and is that its --http-port?", e);
        } catch (IOException e) { // whose message quotes what came, be it binary
            throw new IOException(
                    address + " does not answer as a node does: is that a Prestage node's --http-port?", e);
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
