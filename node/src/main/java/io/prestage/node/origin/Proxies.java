package io.prestage.node.origin;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Chooses the proxy for an address from {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY}, in either case.
 *
 * <p>The Java runtime refuses Basic credentials for a proxy that it tunnels HTTPS through unless it is started with
 * {@code -Djdk.http.auth.tunneling.disabledSchemes=""}.
 */
final class Proxies extends ProxySelector {
    private static final int DEFAULT_PORT = 80;

    private final Optional<URI> https;
    private final Optional<URI> http;
    private final List<String> exempt;

    Proxies(Surroundings surroundings) {
        this.https = proxy(surroundings, "HTTPS_PROXY");
        this.http = proxy(surroundings, "HTTP_PROXY");
        this.exempt = either(surroundings, "NO_PROXY").stream()
                .flatMap(list -> Arrays.stream(list.split(",", -1)))
                .map(entry -> entry.strip().toLowerCase(Locale.ROOT))
                .filter(entry -> !entry.isEmpty())
                .toList();
    }

    private static Optional<String> either(Surroundings surroundings, String name) {
        return surroundings.variable(name).or(() -> surroundings.variable(name.toLowerCase(Locale.ROOT)));
    }

    private static Optional<URI> proxy(Surroundings surroundings, String name) {
        return either(surroundings, name).map(text -> {
            URI address;
            try {
                address = URI.create(text.contains("://") ? text : "http://" + text);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(name + " is not an address: write http://host:port", e);
            }
            if (address.getHost() == null || !"http".equals(address.getScheme())) {
                throw new IllegalArgumentException(
                        name + " names no proxy that is spoken to over HTTP: write http://host:port");
            }
            return address;
        });
    }

    @Override
    public List<Proxy> select(URI target) {
        return List.of(proxyFor(target)
                .map(proxy -> new Proxy(
                        Proxy.Type.HTTP,
                        new InetSocketAddress(proxy.getHost(), proxy.getPort() < 0 ? DEFAULT_PORT : proxy.getPort())))
                .orElse(Proxy.NO_PROXY));
    }

    @Override
    public void connectFailed(URI target, SocketAddress proxy, IOException cause) {
        // The request that needed the proxy fails with this cause, and its caller decides.
    }

    /** The proxy, without its credentials, for a sentence. */
    Optional<String> nameFor(URI target) {
        return proxyFor(target).map(proxy -> proxy.getHost() + ":" + proxy.getPort());
    }

    /** The credentials that the proxy's own address holds. */
    Optional<Credential.Login> loginFor(URI target) {
        return proxyFor(target).map(URI::getRawUserInfo).map(info -> {
            int colon = info.indexOf(':');
            String user = colon < 0 ? info : info.substring(0, colon);
            String password = colon < 0 ? "" : info.substring(colon + 1);
            return new Credential.Login(decode(user), decode(password));
        });
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private Optional<URI> proxyFor(URI target) {
        Optional<URI> proxy = "https".equals(target.getScheme()) ? https : http;
        return proxy.filter(p -> !isExempt(target));
    }

    private boolean isExempt(URI target) {
        String host = target.getHost().toLowerCase(Locale.ROOT);
        if (host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]")) {
            return true;
        }
        int port = target.getPort() >= 0 ? target.getPort() : "https".equals(target.getScheme()) ? 443 : 80;
        return exempt.stream().anyMatch(entry -> matches(entry, host, port));
    }

    private static boolean matches(String entry, String host, int port) {
        if (entry.equals("*")) {
            return true;
        }
        if (entry.contains("/")) {
            return AddressBlock.parse(entry).map(block -> block.contains(host)).orElse(false);
        }
        String name = entry;
        int colon = entry.lastIndexOf(':');
        if (colon > 0 && entry.indexOf(':') == colon) {
            if (!entry.substring(colon + 1).equals(Integer.toString(port))) {
                return false;
            }
            name = entry.substring(0, colon);
        }
        if (name.startsWith("*.")) {
            name = name.substring(1);
        }
        return name.startsWith(".") ? host.endsWith(name) : host.equals(name) || host.endsWith("." + name);
    }
}
