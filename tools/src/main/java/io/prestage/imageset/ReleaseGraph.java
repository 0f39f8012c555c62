package io.prestage.imageset;

import io.prestage.imageset.ImageSet.ReleaseChannel;
import io.prestage.node.origin.WebFiles;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One channel of the update graph, in the form of {@code api.openshift.com/api/upgrades_info/v1/graph}: releases, and which can
 * be updated to which.
 */
final class ReleaseGraph {
    /** Where Red Hat answers. */
    static final String PUBLIC = "https://api.openshift.com/api/upgrades_info/v1/graph";

    private static final int LARGEST = 64 << 20;

    /** How many releases a sentence names that come close to one that there is not. */
    private static final int NEAREST = 4;

    /**
     * A release.
     *
     * @param version its version
     * @param payload reference of its payload
     */
    record Release(SemanticVersion version, String payload) {}

    private final String channel;
    private final List<Release> releases;
    private final Map<Integer, List<Integer>> updates;

    private ReleaseGraph(String channel, List<Release> releases, Map<Integer, List<Integer>> updates) {
        this.channel = channel;
        this.releases = releases;
        this.updates = updates;
    }

    /**
     * Asks for a channel.
     *
     * @param address of the graph, without channel and architecture
     * @throws IOException if it cannot be had or is no graph
     */
    static ReleaseGraph fetch(WebFiles files, String address, String channel, String architecture) throws IOException {
        URI target;
        try {
            target = URI.create(address + (address.contains("?") ? "&" : "?") + "channel="
                    + URLEncoder.encode(channel, StandardCharsets.UTF_8) + "&arch=" + architecture);
        } catch (IllegalArgumentException e) {
            throw new IOException("'" + address + "' is not the address of an update graph: check --graph-url", e);
        }
        return parse(channel, target.toString(), files.read(target, Map.of("Accept", "application/json"), LARGEST));
    }

    /** Reads what was answered. */
    static ReleaseGraph parse(String channel, String address, byte[] answer) throws IOException {
        try {
            JsonNode json = JsonMapper.shared().readTree(answer);
            if (!json.path("nodes").isArray()) {
                throw new IOException(address + " does not answer with an update graph: check --graph-url");
            }
            List<Release> releases = new ArrayList<>();
            Map<Integer, Integer> numbers = new HashMap<>();
            int number = 0;
            for (JsonNode node : json.path("nodes").values()) {
                Optional<SemanticVersion> version =
                        SemanticVersion.parse(node.path("version").asString(""));
                if (version.isPresent() && !node.path("payload").asString("").isEmpty()) {
                    numbers.put(number, releases.size());
                    releases.add(new Release(version.get(), node.path("payload").asString("")));
                }
                number++;
            }
            Map<Integer, List<Integer>> updates = new HashMap<>();
            for (JsonNode edge : json.path("edges").values()) {
                Integer from = numbers.get(edge.path(0).asInt(-1));
                Integer to = numbers.get(edge.path(1).asInt(-1));
                if (from != null && to != null) {
                    updates.computeIfAbsent(from, any -> new ArrayList<>()).add(to);
                }
            }
            return new ReleaseGraph(channel, releases, updates);
        } catch (JacksonException e) {
            throw new IOException(address + " does not answer with an update graph: check --graph-url", e);
        }
    }

    /**
     * The releases that an image set asks for, the oldest first.
     *
     * @throws ImageSetException if the channel has none of them, naming those that come close
     */
    List<Release> select(ReleaseChannel wanted) throws ImageSetException {
        List<Release> sorted = new ArrayList<>(releases);
        sorted.sort(Comparator.comparing(Release::version));
        if (sorted.isEmpty()) {
            throw new ImageSetException("the channel " + channel
                    + " of the update graph has no releases: check its name and the architecture");
        }
        VersionRange range = wanted.range();
        if (range.isAll() && !wanted.full()) {
            return List.of(sorted.get(sorted.size() - 1));
        }
        for (SemanticVersion bound :
                Stream.concat(range.min().stream(), range.max().stream()).toList()) {
            if (!wanted.full()
                    && sorted.stream().noneMatch(release -> release.version().isSameAs(bound))) {
                throw missing(bound, sorted);
            }
        }
        List<Release> chosen = sorted.stream()
                .filter(release -> range.contains(release.version()))
                .toList();
        if (chosen.isEmpty()) {
            throw missing(range.min().or(range::max).orElseThrow(), sorted);
        }
        return wanted.shortestPath() ? shortestPath(chosen.get(0), chosen.get(chosen.size() - 1)) : chosen;
    }

    private ImageSetException missing(SemanticVersion version, List<Release> sorted) {
        int place = 0;
        while (place < sorted.size() && sorted.get(place).version().compareTo(version) < 0) {
            place++;
        }
        int from = Math.max(0, Math.min(place - NEAREST / 2, sorted.size() - NEAREST));
        List<String> near = sorted.subList(from, Math.min(sorted.size(), from + NEAREST)).stream()
                .map(release -> release.version().toString())
                .toList();
        return new ImageSetException("the channel " + channel + " of the update graph has no release " + version
                + ": the nearest are " + String.join(", ", near));
    }

    private List<Release> shortestPath(Release first, Release last) throws ImageSetException {
        int goal = releases.indexOf(last);
        Map<Integer, Integer> cameFrom = new HashMap<>();
        Deque<Integer> next = new ArrayDeque<>(List.of(releases.indexOf(first)));
        cameFrom.put(next.peek(), -1);
        while (!next.isEmpty() && !cameFrom.containsKey(goal)) {
            int from = next.remove();
            for (int to : updates.getOrDefault(from, List.of())) {
                if (cameFrom.putIfAbsent(to, from) == null) {
                    next.add(to);
                }
            }
        }
        if (!cameFrom.containsKey(goal)) {
            throw new ImageSetException("the channel " + channel + " of the update graph has no way from "
                    + first.version() + " to " + last.version() + ": leave out shortestPath or choose other versions");
        }
        List<Release> path = new ArrayList<>();
        for (int at = goal; at >= 0; at = cameFrom.get(at)) {
            path.add(releases.get(at));
        }
        Collections.reverse(path);
        return path;
    }
}
