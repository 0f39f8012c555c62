package io.prestage.imageset;

import java.util.List;
import java.util.Optional;

/**
 * What an {@code imageset.yaml} asks for.
 *
 * @param architectures of releases; none means the one that the command line names
 * @param channels releases by channel
 * @param release a payload that no graph need list
 * @param operators from which catalogs which operators
 * @param additionalImages references of other images
 * @param blockedImages images not to stage
 * @param patterned whether blocked images may be written as regular expressions, as {@code v2alpha1} has it
 * @param warnings sentences about what the file asks for and Prestage does not do
 */
record ImageSet(
        List<String> architectures,
        List<ReleaseChannel> channels,
        Optional<String> release,
        List<OperatorCatalog> operators,
        List<String> additionalImages,
        List<String> blockedImages,
        boolean patterned,
        List<String> warnings) {
    /** Copies the lists. */
    ImageSet {
        architectures = List.copyOf(architectures);
        channels = List.copyOf(channels);
        operators = List.copyOf(operators);
        additionalImages = List.copyOf(additionalImages);
        blockedImages = List.copyOf(blockedImages);
        warnings = List.copyOf(warnings);
    }

    /** The same with the images in an order of their own, and without warnings. */
    ImageSet sorted() {
        return new ImageSet(
                architectures,
                channels,
                release,
                operators,
                additionalImages.stream().sorted().toList(),
                blockedImages.stream().sorted().toList(),
                patterned,
                List.of());
    }

    /**
     * Releases of one channel of the update graph.
     *
     * @param name for instance {@code stable-4.14}
     * @param range which of them; all bounds absent: the newest
     * @param full every release of the channel that is in the range
     * @param shortestPath of the range only the releases on the shortest way from its first to its last
     */
    record ReleaseChannel(String name, VersionRange range, boolean full, boolean shortestPath) {}

    /**
     * Operators of one catalog.
     *
     * @param catalog reference of its image, or {@code oci:///folder}
     * @param full every bundle of what is chosen rather than heads
     * @param packages which; none means all
     */
    record OperatorCatalog(String catalog, boolean full, List<OperatorPackage> packages) {
        /** Copies the list. */
        OperatorCatalog {
            packages = List.copyOf(packages);
        }
    }

    /**
     * Bundles of one package.
     *
     * @param name the package's
     * @param range of its bundles, in each channel that is chosen
     * @param channels which; none means all
     * @param bundles names of bundles to take besides; with them alone nothing else is taken
     */
    record OperatorPackage(String name, VersionRange range, List<OperatorChannel> channels, List<String> bundles) {
        /** Copies the lists. */
        OperatorPackage {
            channels = List.copyOf(channels);
            bundles = List.copyOf(bundles);
        }
    }

    /**
     * Bundles of one channel.
     *
     * @param name the channel's
     * @param range of its bundles; all bounds absent: its head
     */
    record OperatorChannel(String name, VersionRange range) {}
}
