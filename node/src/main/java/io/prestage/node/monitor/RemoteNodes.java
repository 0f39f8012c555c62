package io.prestage.node.monitor;

import io.prestage.node.cluster.Member;
import io.prestage.node.http.ClosableHttpClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Asks other nodes of the fleet for the detail that only they know. Safe for every thread. */
final class RemoteNodes implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private ClosableHttpClient client; // made when somebody asks, for most nodes are never asked

    /**
     * What a node says of itself, as JSON.
     *
     * @throws IOException if it does not answer, with a sentence that says so
     */
    byte[] ask(Member member) throws IOException {
        String address = member.host() + ":" + member.httpPort();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + address + "/api/v1/node"))
                .timeout(PATIENCE)
                .build();
        try {
            HttpResponse<byte[]> answer = client().send(request, BodyHandlers.ofByteArray());
            if (answer.statusCode() != 200) {
                throw new IOException(member.name() + " at " + address + " answers with status " + answer.statusCode());
            }
            return answer.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking " + member.name(), e);
        } catch (IOException e) {
            throw new IOException(member.name() + " at " + address + " does not answer", e);
        }
    }

    private synchronized ClosableHttpClient client() {
        if (client == null) {
            client = ClosableHttpClient.plain(PATIENCE);
        }
        return client;
    }

    @Override
    public synchronized void close() {
        if (client != null) {
            client.close();
        }
    }
}
