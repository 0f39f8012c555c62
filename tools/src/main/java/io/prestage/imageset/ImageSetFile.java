package io.prestage.imageset;

import io.prestage.imageset.ImageSet.OperatorCatalog;
import io.prestage.imageset.ImageSet.OperatorChannel;
import io.prestage.imageset.ImageSet.OperatorPackage;
import io.prestage.imageset.ImageSet.ReleaseChannel;
import io.prestage.imageset.YamlTree.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads an {@code ImageSetConfiguration} of {@code mirror.openshift.io}, in the versions {@code v1alpha2} and
 * {@code v2alpha1}.
 *
 * <p>The fields are those that oc-mirror documents. One that asks for something Prestage does not do is named in a warning;
 * one that nobody knows, or of a wrong type, is an error with line and column.
 */
final class ImageSetFile {
    private static final String GROUP = "mirror.openshift.io/";
    private static final Set<String> VERSIONS = Set.of("v1alpha2", "v2alpha1");

    private final List<String> warnings = new ArrayList<>();
    private final List<String> architectures = new ArrayList<>();
    private final List<ReleaseChannel> channels = new ArrayList<>();
    private final List<OperatorCatalog> operators = new ArrayList<>();
    private final List<String> additionalImages = new ArrayList<>();
    private final List<String> blockedImages = new ArrayList<>();
    private Optional<String> release = Optional.empty();
    private boolean patterned;

    private ImageSetFile() {}

    /**
     * Reads the text of a file.
     *
     * @param name what the file is called in sentences
     * @throws ImageSetException with line and column of what is wrong
     */
    static ImageSet parse(String name, String text) throws ImageSetException {
        ImageSetFile file = new ImageSetFile();
        file.document(YamlTree.parse(name, text));
        return new ImageSet(
                file.architectures,
                file.channels,
                file.release,
                file.operators,
                file.additionalImages,
                file.blockedImages,
                file.patterned,
                file.warnings);
    }

    private void document(YamlTree document) throws ImageSetException {
        boolean kind = false;
        boolean version = false;
        for (Entry field : document.entries()) {
            switch (field.key()) {
                case "apiVersion" -> {
                    version(field.value());
                    version = true;
                }
                case "kind" -> {
                    if (!field.value().text().equals("ImageSetConfiguration")) {
                        throw field.value().wrong("'kind' has to be ImageSetConfiguration");
                    }
                    kind = true;
                }
                case "mirror" -> mirror(field.value());
                case "archiveSize", "storageConfig", "metadata" -> ignored(field);
                default -> throw unknown(field);
            }
        }
        if (!kind || !version) {
            throw document.wrong("'apiVersion' and 'kind: ImageSetConfiguration' are missing");
        }
    }

    private void version(YamlTree value) throws ImageSetException {
        String text = value.text();
        if (!text.startsWith(GROUP) || !VERSIONS.contains(text.substring(GROUP.length()))) {
            throw value.wrong(
                    "'apiVersion' has to be mirror.openshift.io/v1alpha2 or mirror.openshift.io/v2alpha1, not '" + text
                            + "'");
        }
        patterned = text.endsWith("v2alpha1");
    }

    private void mirror(YamlTree mirror) throws ImageSetException {
        if (mirror.isNull()) {
            return;
        }
        for (Entry field : mirror.entries()) {
            switch (field.key()) {
                case "platform", "ocp" -> platform(field.value());
                case "operators" -> {
                    for (YamlTree catalog : field.value().elements()) {
                        operators.add(catalog(catalog));
                    }
                }
                case "additionalImages" -> names(field.value(), additionalImages);
                case "blockedImages" -> names(field.value(), blockedImages);
                case "helm", "samples" -> ignored(field);
                default -> throw unknown(field);
            }
        }
    }

    private void names(YamlTree list, List<String> names) throws ImageSetException {
        for (YamlTree element : list.elements()) {
            Optional<String> name = Optional.empty();
            for (Entry field : element.entries()) {
                switch (field.key()) {
                    case "name" -> name = Optional.of(field.value().text());
                    case "targetRepo", "targetTag" -> ignored(field);
                    default -> throw unknown(field);
                }
            }
            names.add(name.orElseThrow(() -> element.wrong("an image needs a 'name'")));
        }
    }

    private void platform(YamlTree platform) throws ImageSetException {
        if (platform.isNull()) {
            return;
        }
        for (Entry field : platform.entries()) {
            switch (field.key()) {
                case "channels" -> {
                    for (YamlTree channel : field.value().elements()) {
                        channels.add(releaseChannel(channel));
                    }
                }
                case "architectures" -> {
                    for (YamlTree architecture : field.value().elements()) {
                        architectures.add(ReleaseArchitecture.checked(architecture.text(), architecture::wrong));
                    }
                    if (architectures.size() > 1) {
                        throw field.value().wrong("a partition is for one architecture: stage them one at a time");
                    }
                }
                case "release" -> release = Optional.of(field.value().text());
                case "graph", "kubeVirtContainer" -> ignored(field);
                default -> throw unknown(field);
            }
        }
    }

    private ReleaseChannel releaseChannel(YamlTree channel) throws ImageSetException {
        Optional<String> name = Optional.empty();
        Bounds bounds = new Bounds();
        boolean full = false;
        boolean shortestPath = false;
        for (Entry field : channel.entries()) {
            switch (field.key()) {
                case "name" -> name = Optional.of(field.value().text());
                case "minVersion", "maxVersion" -> bounds.add(field);
                case "full" -> full = field.value().bool();
                case "shortestPath" -> shortestPath = field.value().bool();
                case "type" -> {
                    if (!field.value().text().equals("ocp")) {
                        throw field.value().wrong("only releases of type 'ocp' can be staged");
                    }
                }
                default -> throw unknown(field);
            }
        }
        return new ReleaseChannel(
                name.orElseThrow(() -> channel.wrong("a channel needs a 'name', for instance stable-4.14")),
                bounds.range(channel),
                full,
                shortestPath);
    }

    private OperatorCatalog catalog(YamlTree catalog) throws ImageSetException {
        Optional<String> reference = Optional.empty();
        boolean full = false;
        List<OperatorPackage> packages = new ArrayList<>();
        for (Entry field : catalog.entries()) {
            switch (field.key()) {
                case "catalog" -> reference = Optional.of(field.value().text());
                case "full" -> full = field.value().bool();
                case "packages" -> {
                    for (YamlTree element : field.value().elements()) {
                        packages.add(operatorPackage(element));
                    }
                }
                case "skipDependencies",
                        "targetName",
                        "targetTag",
                        "targetCatalog",
                        "targetCatalogSourceTemplate",
                        "originalRef" -> ignored(field);
                default -> throw unknown(field);
            }
        }
        return new OperatorCatalog(
                reference.orElseThrow(() -> catalog.wrong("operators need a 'catalog'")), full, packages);
    }

    private OperatorPackage operatorPackage(YamlTree element) throws ImageSetException {
        Optional<String> name = Optional.empty();
        Bounds bounds = new Bounds();
        List<OperatorChannel> named = new ArrayList<>();
        List<String> bundles = new ArrayList<>();
        Optional<YamlTree> ranged = Optional.empty();
        for (Entry field : element.entries()) {
            switch (field.key()) {
                case "name" -> name = Optional.of(field.value().text());
                case "minVersion", "maxVersion" -> bounds.add(field);
                case "channels" -> {
                    for (YamlTree channel : field.value().elements()) {
                        OperatorChannel read = operatorChannel(channel);
                        named.add(read);
                        ranged = read.range().isAll() ? ranged : Optional.of(channel);
                    }
                }
                case "bundles", "selectedBundles" -> names(field.value(), bundles);
                case "defaultChannel" -> field.value().text();
                case "minBundle" -> ignored(field);
                default -> throw unknown(field);
            }
        }
        VersionRange range = bounds.range(element);
        if (!range.isAll() && ranged.isPresent()) {
            throw ranged.get()
                    .wrong(
                            "a channel cannot have versions of its own where its package has some: leave one of them out");
        }
        return new OperatorPackage(
                name.orElseThrow(() -> element.wrong("a package needs a 'name'")), range, named, bundles);
    }

    private OperatorChannel operatorChannel(YamlTree channel) throws ImageSetException {
        Optional<String> name = Optional.empty();
        Bounds bounds = new Bounds();
        for (Entry field : channel.entries()) {
            switch (field.key()) {
                case "name" -> name = Optional.of(field.value().text());
                case "minVersion", "maxVersion" -> bounds.add(field);
                case "minBundle" -> ignored(field);
                default -> throw unknown(field);
            }
        }
        return new OperatorChannel(
                name.orElseThrow(() -> channel.wrong("a channel needs a 'name'")), bounds.range(channel));
    }

    /** Collects the two bounds of a range. */
    private static final class Bounds {
        private Optional<SemanticVersion> min = Optional.empty();
        private Optional<SemanticVersion> max = Optional.empty();

        void add(Entry field) throws ImageSetException {
            YamlTree value = field.value();
            SemanticVersion version = SemanticVersion.parse(value.text())
                    .orElseThrow(() -> value.wrong("'" + textOf(value) + "' is not a version: write X.Y.Z"));
            if (field.key().equals("minVersion")) {
                min = Optional.of(version);
            } else {
                max = Optional.of(version);
            }
        }

        VersionRange range(YamlTree of) throws ImageSetException {
            if (min.isPresent() && max.isPresent() && min.get().compareTo(max.get()) > 0) {
                throw of.wrong("minVersion " + min.get() + " is larger than maxVersion " + max.get());
            }
            return new VersionRange(min, max);
        }

        private static String textOf(YamlTree value) {
            try {
                return value.text();
            } catch (ImageSetException e) {
                return value.where();
            }
        }
    }

    private void ignored(Entry field) {
        warnings.add(field.value().file() + ": '" + field.value().path()
                + "' is not acted on: Prestage stages images, and does nothing else that this field asks for");
    }

    private static ImageSetException unknown(Entry field) {
        return field.name().wrong("there is no field '" + field.value().path() + "'");
    }
}
