package io.prestage.imageset;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a file-based catalog of operators (OLM's) says of the packages that are of interest.
 *
 * @param packages by name
 */
record Catalog(Map<String, CatalogPackage> packages) {
    /**
     * One operator.
     *
     * @param name the package's
     * @param defaultChannel which channel users get who name none
     * @param channels by name
     * @param bundles by name
     */
    record CatalogPackage(
            String name,
            Optional<String> defaultChannel,
            Map<String, CatalogChannel> channels,
            Map<String, CatalogBundle> bundles) {}

    /**
     * A line of updates.
     *
     * @param name the channel's
     * @param entries its bundles, in the order of the catalog
     */
    record CatalogChannel(String name, List<ChannelEntry> entries) {
        /** Copies the list. */
        CatalogChannel {
            entries = List.copyOf(entries);
        }

        /** The entries that no other one replaces or skips; one in a catalog that is sound. */
        List<ChannelEntry> heads() {
            Set<String> superseded = new HashSet<>();
            for (ChannelEntry entry : entries) {
                entry.replaces().filter(name -> !name.equals(entry.name())).ifPresent(superseded::add);
                entry.skips().stream()
                        .filter(name -> !name.equals(entry.name()))
                        .forEach(superseded::add);
            }
            return entries.stream()
                    .filter(entry -> !superseded.contains(entry.name()))
                    .toList();
        }
    }

    /**
     * A bundle's place in a channel.
     *
     * @param name the bundle's
     * @param replaces the bundle that it updates
     * @param skips bundles that nobody should stay at
     */
    record ChannelEntry(String name, Optional<String> replaces, List<String> skips) {
        /** Copies the list. */
        ChannelEntry {
            skips = List.copyOf(skips);
        }
    }

    /**
     * One version of an operator.
     *
     * @param name for instance {@code ptp-operator.v4.14.0}
     * @param version by its {@code olm.package} property, if it has one that is a version
     * @param image reference of the bundle's own image
     * @param relatedImages references of what it runs
     */
    record CatalogBundle(
            String name, Optional<SemanticVersion> version, Optional<String> image, List<String> relatedImages) {
        /** Copies the list. */
        CatalogBundle {
            relatedImages = List.copyOf(relatedImages);
        }
    }

    /** Puts a catalog together from documents that come in any order. */
    static final class Builder {
        private final Map<String, Optional<String>> defaults = new LinkedHashMap<>();
        private final Map<String, Map<String, CatalogChannel>> channels = new LinkedHashMap<>();
        private final Map<String, Map<String, CatalogBundle>> bundles = new LinkedHashMap<>();

        void add(CatalogDocument document) {
            switch (document.schema()) {
                case "olm.package" -> defaults.put(document.name(), document.defaultChannel());
                case "olm.channel" ->
                    channels.computeIfAbsent(document.packageName(), any -> new LinkedHashMap<>())
                            .put(document.name(), new CatalogChannel(document.name(), document.entries()));
                case "olm.bundle" ->
                    bundles.computeIfAbsent(document.packageName(), any -> new LinkedHashMap<>())
                            .put(
                                    document.name(),
                                    new CatalogBundle(
                                            document.name(),
                                            document.version().flatMap(SemanticVersion::parse),
                                            document.image(),
                                            document.relatedImages()));
                default -> {
                    // olm.deprecations and what later versions of OLM add say nothing of images.
                }
            }
        }

        Catalog build() {
            Map<String, CatalogPackage> packages = new LinkedHashMap<>();
            List<String> names = new ArrayList<>(defaults.keySet());
            channels.keySet().stream()
                    .filter(name -> !defaults.containsKey(name))
                    .forEach(names::add);
            for (String name : names) {
                packages.put(
                        name,
                        new CatalogPackage(
                                name,
                                defaults.getOrDefault(name, Optional.empty()),
                                channels.getOrDefault(name, Map.of()),
                                bundles.getOrDefault(name, Map.of())));
            }
            return new Catalog(packages);
        }
    }
}
