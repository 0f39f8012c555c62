package io.prestage.node.http;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds who answers for a path: the route for exactly that path, or else the longest of those that cover it. Immutable. */
final class Routes {
    private final Map<String, Route> exact = new HashMap<>();
    private final List<Route> longestFirst;

    /** Of several for the same path, the first answers. */
    Routes(List<Route> routes) {
        routes.forEach(route -> exact.putIfAbsent(route.path(), route));
        longestFirst = routes.stream()
                .sorted(Comparator.comparingInt((Route route) -> route.path().length())
                        .reversed())
                .toList();
    }

    Optional<Route> find(String path) {
        Route found = exact.get(path);
        for (int place = 0; found == null && place < longestFirst.size(); place++) {
            Route route = longestFirst.get(place);
            found = route.covers(path) ? route : null;
        }
        return Optional.ofNullable(found);
    }
}
