package io.prestage.node.monitor;

import io.prestage.node.http.Answer;
import io.prestage.node.http.Request;
import io.prestage.node.http.Route;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The dashboard's files, from the program's own jars: no request of the page leaves the fleet, and nothing is built at run time.
 */
final class Assets {
    private static final String JAVASCRIPT = "text/javascript; charset=utf-8";
    private static final String CSS = "text/css; charset=utf-8";

    /** Scripts and styles come from this node alone; data may come from any node, for when this one dies. */
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
                    + " connect-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final String UPLOT = "/META-INF/resources/webjars/uplot/1.6.30/dist/";

    /** Where each file of the page lies. */
    private static final Map<String, Source> FILES = files();

    private record Source(String resource, String mediaType) {}

    private Assets() {}

    private static Map<String, Source> files() {
        Map<String, Source> files = new LinkedHashMap<>();
        files.put("/", own("index.html", "text/html; charset=utf-8"));
        files.put("/favicon.ico", own("icon.svg", "image/svg+xml"));
        files.put("/assets/icon.svg", own("icon.svg", "image/svg+xml"));
        files.put("/assets/dashboard.css", own("dashboard.css", CSS));
        for (String script : List.of("dashboard", "fleet", "format", "rack", "flow", "charts", "table", "server")) {
            files.put("/assets/" + script + ".js", own(script + ".js", JAVASCRIPT));
        }
        files.put("/assets/uplot.js", new Source(UPLOT + "uPlot.iife.min.js", JAVASCRIPT));
        files.put("/assets/uplot.css", new Source(UPLOT + "uPlot.min.css", CSS));
        files.put("/api/v1/openapi.json", own("openapi.json", "application/json"));
        return files;
    }

    private static Source own(String name, String mediaType) {
        return new Source("dashboard/" + name, mediaType);
    }

    /** A route for each file. */
    static List<Route> routes() {
        List<Route> routes = new ArrayList<>();
        FILES.forEach((path, source) -> {
            Answer answer = answer(source);
            String tag =
                    answer instanceof Answer.Content content ? content.headers().get("ETag") : "";
            routes.add(new Route(path, request -> isKnown(request, tag) ? unchanged(tag) : answer));
        });
        return routes;
    }

    private static boolean isKnown(Request request, String tag) {
        Optional<String> known = request.header("if-none-match");
        return known.filter(tag::equals).isPresent();
    }

    private static Answer unchanged(String tag) {
        return new Answer.Content(304, "text/plain", new byte[0], Map.of("ETag", tag));
    }

    private static Answer answer(Source source) {
        try (InputStream in = Assets.class.getResourceAsStream(source.resource())) {
            if (in == null) {
                throw new IllegalStateException(source.resource() + " is missing from the program");
            }
            byte[] content = in.readAllBytes();
            CRC32 sum = new CRC32();
            sum.update(content);
            String tag = "\"" + HexFormat.of().toHexDigits(sum.getValue(), 8) + "\"";
            // To be asked for again each time: a node of another version may answer next.
            return new Answer.Content(
                    200,
                    source.mediaType(),
                    content,
                    Map.of("ETag", tag, "Cache-Control", "no-cache", "Content-Security-Policy", POLICY));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
