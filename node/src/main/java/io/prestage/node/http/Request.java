package io.prestage.node.http;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A GET or HEAD request.
 *
 * @param path decoded, without the query; begins with a slash
 * @param query decoded values by name
 * @param headers values by lower-case name
 */
public record Request(String path, Map<String, List<String>> query, Map<String, String> headers) {
    /** Copies the maps. */
    public Request {
        query = Map.copyOf(query);
        headers = Map.copyOf(headers);
    }

    /** The first value of a query parameter. */
    public Optional<String> parameter(String name) {
        return query.getOrDefault(name, List.of()).stream().findFirst();
    }

    /** The value of a header, whose name is given in lower case. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }
}
