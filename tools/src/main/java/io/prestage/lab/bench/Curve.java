package io.prestage.lab.bench;

import java.util.List;

/**
 * How the bytes came in at one server.
 *
 * @param server its name
 * @param points in the order of time
 */
record Curve(String server, List<Point> points) {
    /**
     * What had come in at a moment.
     *
     * @param seconds after the start
     * @param bytes on the wire, frames and all, since the start
     */
    record Point(double seconds, long bytes) {}

    Curve {
        points = List.copyOf(points);
    }
}
