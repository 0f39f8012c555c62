package io.prestage.node.origin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {
    private static final String EXEMPT =
            "lab.example, .corp.example,*.star.example,10.0.0.0/8,192.168.1.5,h.example:8443,fd00::/8";

    private static Proxies proxies() {
        return new Proxies(new Surrounded()
                .by(
                        Map.of(
                                "HTTPS_PROXY", "http://us%40er:p%3Aw@proxy.example:3128",
                                "http_proxy", "plain.example:8080",
                                "no_proxy", EXEMPT),
                        List.of()));
    }

    @Test
    void choosesByScheme() {
        assertEquals(Optional.of("proxy.example:3128"), proxies().nameFor(URI.create("https://quay.io/v2/")));
        assertEquals(Optional.of("plain.example:8080"), proxies().nameFor(URI.create("http://quay.io/v2/")));
    }

    @Test
    void decodesTheLoginOfTheAddress() {
        assertEquals(
                Optional.of(new Credential.Login("us@er", "p:w")),
                proxies().loginFor(URI.create("https://quay.io/v2/")));
        assertEquals(Optional.empty(), proxies().loginFor(URI.create("http://quay.io/v2/")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://lab.example/", "https://a.lab.example/", "https://x.corp.example/", "https://y.star.example/",
                "https://10.1.2.3:5000/", "https://192.168.1.5/", "https://h.example:8443/", "https://localhost:5000/",
                "https://127.0.0.1/", "https://[fd00::1]:5000/"
            })
    void goesDirectlyWhereTold(String address) {
        assertEquals(Optional.empty(), proxies().nameFor(URI.create(address)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://mylab.example/",
                "https://corp.example/",
                "https://11.1.2.3/",
                "https://h.example/",
                "https://ten.example/"
            })
    void goesThroughTheProxyElsewhere(String address) {
        assertEquals(Optional.of("proxy.example:3128"), proxies().nameFor(URI.create(address)));
    }

    @Test
    void refusesAProxyThatIsNoHttpAddress() {
        Surroundings wrong = new Surrounded().by(Map.of("HTTPS_PROXY", "socks5://x:1"), List.of());
        assertThrows(IllegalArgumentException.class, () -> new Proxies(wrong));
    }
}
