package io.prestage.node.http;

/**
 * Which handler answers what.
 *
 * @param path begins with a slash; one that ends with a slash stands for everything below it
 * @param handler who answers
 */
public record Route(String path, Handler handler) {
    /** Checks the path. */
    public Route {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("a route begins with a slash, not as in '" + path + "'");
        }
    }

    /** The route for everything below a path, or the path without its last slash. */
    boolean covers(String requested) {
        return path.length() > 1
                && path.endsWith("/")
                && (requested.startsWith(path) || requested.equals(path.substring(0, path.length() - 1)));
    }
}
