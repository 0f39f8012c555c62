package io.prestage.fleet;

import static org.awaitility.Awaitility.await;

import io.prestage.lab.Lab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A headless Chromium on a host of a lab, driven by chromedriver in the W3C WebDriver protocol. Both run inside the lab, which
 * nothing outside can reach, so requests go through curl there.
 */
final class Browser implements AutoCloseable {
    private static final int PORT = 9515;
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final List<String> ARGUMENTS = List.of(
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars");

    private final Lab lab;
    private final String host;
    private final Process driver;
    private final Path folder;
    private String session = "";

    private Browser(Lab lab, String host, Process driver, Path folder) {
        this.lab = lab;
        this.host = host;
        this.driver = driver;
        this.folder = folder;
    }

    /**
     * Starts it.
     *
     * @param folder for its profile, its log and what is sent to it
     */
    static Browser start(Lab lab, String host, Path folder, int width, int height) throws Exception {
        Ran.require("chromedriver", "chromium-driver");
        Ran.require("chromium", "chromium");
        Files.createDirectories(folder);
        Process driver = lab.builder(host, "chromedriver", "--port=" + PORT)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("chromedriver.log").toFile())
                .start();
        Browser browser = new Browser(lab, host, driver, folder);
        await("chromedriver")
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> Ran.of(lab.builder(host, "curl", "-sf", "http://127.0.0.1:" + PORT + "/status"))
                                .code()
                        == 0);
        List<String> arguments = new ArrayList<>(ARGUMENTS);
        arguments.add("--window-size=" + width + "," + height);
        arguments.add("--user-data-dir=" + Files.createDirectories(folder.resolve("profile-" + UUID.randomUUID())));
        JsonNode made = browser.post(
                "/session",
                Map.of(
                        "capabilities",
                        Map.of(
                                "alwaysMatch",
                                Map.of(
                                        "goog:chromeOptions",
                                        Map.of("args", arguments),
                                        "goog:loggingPrefs",
                                        Map.of("performance", "ALL", "browser", "ALL")))));
        browser.session = "/session/" + made.get("sessionId").asString();
        return browser;
    }

    /** Loads a page. */
    void open(String url) throws IOException, InterruptedException {
        post(session + "/url", Map.of("url", url));
    }

    /** What a script returns, which runs as a function's body in the page. */
    JsonNode run(String script, Object... arguments) throws IOException, InterruptedException {
        return post(session + "/execute/sync", Map.of("script", script, "args", List.of(arguments)));
    }

    /** The text of the first element that a CSS selector finds; empty if there is none. */
    String text(String selector) throws IOException, InterruptedException {
        return run("const e = document.querySelector(arguments[0]); return e ? e.textContent.trim() : ''", selector)
                .asString();
    }

    /** Presses and lets go of a key, as WebDriver names it: a letter, or one of its code points for others. */
    void press(String key) throws IOException, InterruptedException {
        List<Map<String, String>> strokes =
                List.of(Map.of("type", "keyDown", "value", key), Map.of("type", "keyUp", "value", key));
        post(
                session + "/actions",
                Map.of("actions", List.of(Map.of("type", "key", "id", "keyboard", "actions", strokes))));
    }

    /** A picture of what is seen. */
    void screenshot(Path file) throws IOException, InterruptedException {
        Files.createDirectories(file.getParent());
        Files.write(
                file, Base64.getDecoder().decode(get(session + "/screenshot").asString()));
    }

    /** Every address that was asked for so far, and every error of the console: {@code [urls, errors]}. */
    Seen seen() throws IOException, InterruptedException {
        Seen seen = new Seen(new ArrayList<>(), new ArrayList<>());
        for (JsonNode entry : log("performance")) {
            JsonNode message = JSON.readTree(entry.get("message").asString()).get("message");
            if (message.get("method").asString().equals("Network.requestWillBeSent")) {
                seen.requests().add(message.at("/params/request/url").asString());
            }
        }
        for (JsonNode entry : log("browser")) {
            if (entry.get("level").asString().equals("SEVERE")) {
                seen.errors().add(entry.get("message").asString());
            }
        }
        return seen;
    }

    /**
     * What a page did.
     *
     * @param requests the addresses that it asked for
     * @param errors what it complained about
     */
    record Seen(List<String> requests, List<String> errors) {}

    @Override
    public void close() {
        try {
            if (!session.isEmpty()) {
                Ran.of(lab.builder(
                        host, "curl", "-s", "-m", "5", "-X", "DELETE", "http://127.0.0.1:" + PORT + session));
            }
        } catch (IOException | InterruptedException e) {
            Thread.currentThread().interrupt(); // it ends with the lab
        } finally {
            driver.destroy();
        }
    }

    private JsonNode log(String kind) throws IOException, InterruptedException {
        return post(session + "/se/log", Map.of("type", kind));
    }

    private JsonNode get(String path) throws IOException, InterruptedException {
        return value(Ran.of(lab.builder(host, "curl", "-s", "-m", "30", "http://127.0.0.1:" + PORT + path)), path);
    }

    private JsonNode post(String path, Map<String, ?> body) throws IOException, InterruptedException {
        Path sent =
                Files.writeString(folder.resolve("request.json"), JSON.writeValueAsString(new LinkedHashMap<>(body)));
        String[] command = {
            "curl",
            "-s",
            "-m",
            "60",
            "-H",
            "Content-Type: application/json",
            "--data-binary",
            "@" + sent,
            "http://127.0.0.1:" + PORT + path
        };
        return value(Ran.of(lab.builder(host, command)), path);
    }

    private static JsonNode value(Ran answer, String path) {
        JsonNode value = JSON.readTree(answer.out()).get("value");
        if (value != null && value.has("error")) {
            throw new AssertionError(path + ": " + value.get("message").asString());
        }
        return value;
    }
}
