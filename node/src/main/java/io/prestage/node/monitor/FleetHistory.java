package io.prestage.node.monitor;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.prestage.node.cluster.FleetBrief;
import java.util.ArrayList;
import java.util.List;

/**
 * How a fleet got on so far, a point a second at first and fewer as it grows old, so that whoever opens the dashboard late sees it
 * from the beginning. Safe for every thread.
 */
public final class FleetHistory {
    /** Points kept; when there are more, every other one goes. */
    static final int MOST = 600;

    private final List<Point> points = new ArrayList<>();
    private long spacingMillis = 900;

    /**
     * The fleet at one moment.
     *
     * @param atMillis when, in milliseconds since 1970
     * @param verifiedBytes what it held
     * @param originBytes what it had from the origin
     * @param peerBytes what it had from peers
     */
    public record Point(
            @JsonProperty("atMillis") long atMillis,
            @JsonProperty("verifiedBytes") long verifiedBytes,
            @JsonProperty("originBytes") long originBytes,
            @JsonProperty("peerBytes") long peerBytes) {}

    /** Takes note of the fleet, unless it did a moment ago. */
    public synchronized void add(FleetBrief fleet, long nowMillis) {
        if (!points.isEmpty() && nowMillis - points.get(points.size() - 1).atMillis() < spacingMillis) {
            return;
        }
        if (points.size() == MOST) {
            List<Point> thinner = new ArrayList<>();
            for (int point = 0; point < MOST; point += 2) {
                thinner.add(points.get(point));
            }
            points.clear();
            points.addAll(thinner);
            spacingMillis *= 2;
        }
        points.add(new Point(nowMillis, fleet.verifiedBytes(), fleet.originBytes(), fleet.peerBytes()));
    }

    /** The points so far, oldest first. */
    public synchronized List<Point> points() {
        return List.copyOf(points);
    }
}
