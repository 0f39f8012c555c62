package io.prestage.imageset;

import io.prestage.imageset.Catalog.CatalogBundle;
import io.prestage.imageset.Catalog.CatalogChannel;
import io.prestage.imageset.Catalog.CatalogPackage;
import io.prestage.imageset.Catalog.ChannelEntry;
import io.prestage.imageset.ImageSet.OperatorCatalog;
import io.prestage.imageset.ImageSet.OperatorChannel;
import io.prestage.imageset.ImageSet.OperatorPackage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Chooses the bundles of a catalog that an image set asks for.
 *
 * <p>No packages named: the head of every channel of every package. A package without channels: the head of every channel of it. A
 * channel without versions: its head. Versions: every bundle in the range, in each channel that is named, or in all. {@code full}:
 * every bundle. The one exception is {@code cluster-logging}, of which the generated image set names no channel because it was
 * written without looking into the catalog: without one, its default channel is meant.
 */
final class OperatorSelection {
    private final OperatorCatalog wanted;
    private final Catalog catalog;
    private final Map<String, CatalogBundle> chosen = new LinkedHashMap<>();
    private final List<String> missing = new ArrayList<>();

    private OperatorSelection(OperatorCatalog wanted, Catalog catalog) {
        this.wanted = wanted;
        this.catalog = catalog;
    }

    /**
     * What was chosen.
     *
     * @param bundles each once
     * @param missing what the catalog does not have: package, version, channel and catalog of each
     */
    record Choice(List<CatalogBundle> bundles, List<String> missing) {
        /** Copies the lists. */
        Choice {
            bundles = List.copyOf(bundles);
            missing = List.copyOf(missing);
        }
    }

    /** Chooses. */
    static Choice of(OperatorCatalog wanted, Catalog catalog) {
        OperatorSelection selection = new OperatorSelection(wanted, catalog);
        if (wanted.packages().isEmpty()) {
            catalog.packages().values().forEach(selection::takeAll);
        }
        wanted.packages().forEach(selection::take);
        return new Choice(List.copyOf(selection.chosen.values()), selection.missing);
    }

    private void takeAll(CatalogPackage all) {
        take(new OperatorPackage(all.name(), VersionRange.ALL, List.of(), List.of()));
    }

    private void take(OperatorPackage named) {
        CatalogPackage found = catalog.packages().get(named.name());
        if (found == null) {
            missing.add("package " + named.name() + " of catalog " + wanted.catalog());
            return;
        }
        for (String bundle : named.bundles()) {
            take(found, "any", bundle);
        }
        if (named.channels().isEmpty()) {
            if (named.bundles().isEmpty() || !named.range().isAll()) {
                takeOfAll(found, named.range());
            }
            return;
        }
        for (OperatorChannel channel : named.channels()) {
            CatalogChannel present = found.channels().get(channel.name());
            if (present == null) {
                missing.add(described(found, named.range().isAll() ? channel.range() : named.range(), channel.name()));
                continue;
            }
            VersionRange range = channel.range().isAll() ? named.range() : channel.range();
            if (takeOf(found, present, range) == 0 && named.range().isAll()) {
                missing.add(described(found, range, channel.name()));
            }
        }
        requireAny(found, named);
    }

    /** A range of the package need not be in each of its channels, but in one of them. */
    private void requireAny(CatalogPackage found, OperatorPackage named) {
        boolean none = !named.range().isAll()
                && named.channels().stream()
                        .map(channel -> found.channels().get(channel.name()))
                        .filter(Objects::nonNull)
                        .noneMatch(channel -> hasAny(found, channel, named.range()));
        if (none) {
            List<String> names =
                    named.channels().stream().map(OperatorChannel::name).toList();
            missing.add(described(found, named.range(), String.join(", ", names)));
        }
    }

    private void takeOfAll(CatalogPackage found, VersionRange range) {
        Collection<CatalogChannel> channels = found.channels().values();
        boolean defaultAlone = range.isAll()
                && !wanted.full()
                && found.name().equals(ImageSetTemplate.DEFAULT_CHANNEL_PACKAGE)
                && !wanted.packages().isEmpty();
        if (defaultAlone) {
            Optional<CatalogChannel> named = found.defaultChannel().map(found.channels()::get);
            channels = named.map(List::of).orElse(List.copyOf(channels));
        }
        int taken = 0;
        for (CatalogChannel channel : channels) {
            taken += takeOf(found, channel, range);
        }
        if (taken == 0) {
            missing.add(described(found, range, "any"));
        }
    }

    private int takeOf(CatalogPackage found, CatalogChannel channel, VersionRange range) {
        int taken = 0;
        if (range.isAll() && !wanted.full()) {
            Optional<ChannelEntry> head = head(found, channel);
            head.ifPresent(entry -> take(found, channel.name(), entry.name()));
            return head.isPresent() ? 1 : 0;
        }
        for (ChannelEntry entry : channel.entries()) {
            if (isIn(found, entry, range)) {
                take(found, channel.name(), entry.name());
                taken++;
            }
        }
        return taken;
    }

    /** Of several heads, which no sound catalog has, the one of the highest version. */
    private static Optional<ChannelEntry> head(CatalogPackage found, CatalogChannel channel) {
        Comparator<ChannelEntry> byVersion = Comparator.comparing(
                entry -> version(found, entry),
                (one, other) -> one.isEmpty() || other.isEmpty()
                        ? Boolean.compare(one.isPresent(), other.isPresent())
                        : one.get().compareTo(other.get()));
        return channel.heads().stream().max(byVersion);
    }

    private static boolean hasAny(CatalogPackage found, CatalogChannel channel, VersionRange range) {
        return channel.entries().stream().anyMatch(entry -> isIn(found, entry, range));
    }

    private static boolean isIn(CatalogPackage found, ChannelEntry entry, VersionRange range) {
        return range.isAll() || version(found, entry).filter(range::contains).isPresent();
    }

    private static Optional<SemanticVersion> version(CatalogPackage found, ChannelEntry entry) {
        return Optional.ofNullable(found.bundles().get(entry.name())).flatMap(CatalogBundle::version);
    }

    private void take(CatalogPackage found, String channel, String name) {
        CatalogBundle bundle = found.bundles().get(name);
        if (bundle == null) {
            missing.add("bundle " + name + " of package " + found.name() + " in channel " + channel + " of catalog "
                    + wanted.catalog());
            return;
        }
        chosen.putIfAbsent(found.name() + "/" + name, bundle);
    }

    private String described(CatalogPackage found, VersionRange range, String channel) {
        return "package " + found.name() + (range.isAll() ? "" : " version " + range) + " in channel " + channel
                + " of catalog " + wanted.catalog();
    }
}
