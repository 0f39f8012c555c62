package io.prestage.siteconfig;

import io.prestage.disk.PartitionLabel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Updates the manifests of sites in a text: {@code SiteConfig} ({@code ran.openshift.io/v1}) and {@code ClusterInstance}
 * ({@code siteconfig.open-cluster-management.io/v1alpha1}).
 *
 * <p>Three kinds of field change: {@code ignitionConfigOverride} of a cluster and of its nodes, and {@code installerArgs} of its
 * nodes. Every other byte stays what it is. An update of what was updated changes nothing.
 */
public final class SiteManifest {
    /**
     * A text with the fields as they have to be.
     *
     * @param text all of it
     * @param changed which fields are not as they were, by their paths; nothing if the text is the same
     */
    public record Updated(String text, List<String> changed) {
        /** Copies the paths. */
        public Updated {
            changed = List.copyOf(changed);
        }
    }

    /** A mapping that one field has to be right in. */
    private record Target(YamlNode.Mapping mapping, FieldRule rule, String path) {
        String field() {
            return path + "." + rule.key();
        }

        Optional<YamlNode.Entry> own() {
            return mapping.entries().stream()
                    .filter(entry -> entry.key().value().equals(rule.key()))
                    .findFirst();
        }
    }

    /** A value that is written anew. */
    private record Rewritten(YamlNode value, Target target) {}

    private final YamlText yaml;
    private final String name;
    private final FieldText fields;
    private final int indent;
    private final FieldRule discovery;
    private final List<FieldRule> ofNodes;

    private final List<Target> targets = new ArrayList<>();
    private final Set<YamlNode> followed = new HashSet<>();
    private final List<Edit> replaced = new ArrayList<>();
    private final List<Edit> added = new ArrayList<>();
    private final List<Rewritten> rewritten = new ArrayList<>();
    private final List<String> changed = new ArrayList<>();

    private SiteManifest(String name, YamlText yaml, PartitionLabel label, int indent) {
        this.name = name;
        this.yaml = yaml;
        this.fields = new FieldText(yaml.text());
        this.indent = indent;
        this.discovery = new IgnitionOverride(LoadingScript.DISCOVERY, label);
        this.ofNodes = List.of(new IgnitionOverride(LoadingScript.INSTALLATION, label), new InstallerArguments(label));
    }

    /**
     * Updates every site's manifest in a text; other documents stay.
     *
     * @param name what the text is called in sentences
     * @param text one or more YAML documents
     * @param label of the data partition
     * @param indent spaces by which the lines of a value that is added stand further right than its name, at least 1
     * @throws SiteConfigException if there is no such manifest, or one that lacks or holds what makes it impossible
     */
    public static Updated update(String name, String text, PartitionLabel label, int indent)
            throws SiteConfigException {
        if (text.isBlank()) {
            throw new SiteConfigException(name + " is empty: name a file that holds a SiteConfig or a ClusterInstance");
        }
        try {
            return new SiteManifest(name, YamlText.parse(name, text), label, indent).update();
        } catch (StackOverflowError e) {
            throw new SiteConfigException(name + " is nested too deeply to be read", e);
        }
    }

    private Updated update() throws SiteConfigException {
        for (YamlNode document : yaml.documents()) {
            if (document instanceof YamlNode.Mapping root && isOfThese(root)) {
                switch (root.text("kind")) {
                    case "SiteConfig" -> siteConfig(root);
                    case "ClusterInstance" -> cluster(mapping(root, root, "spec", "spec"), "spec");
                    default -> {}
                }
            }
        }
        if (targets.isEmpty()) {
            throw new SiteConfigException(
                    name
                            + " holds neither a SiteConfig nor a ClusterInstance: one document's 'kind' has to be one of these");
        }
        for (Target target : targets) {
            try {
                check(target);
            } catch (IllegalArgumentException e) {
                throw yaml.wrong(
                        target.own().map(YamlNode.Entry::value).orElse(target.mapping),
                        "'" + target.field() + "' " + e.getMessage(),
                        e);
            }
        }
        requireNoOtherUse();
        // Where a field ends in the very place that another is added at, its own text comes first.
        List<Edit> edits = new ArrayList<>(replaced);
        edits.addAll(added);
        String updated = Edit.apply(yaml.text(), edits);
        try {
            YamlText.parse(name, updated);
        } catch (SiteConfigException e) {
            throw new SiteConfigException(
                    name + " is written in a form that Prestage cannot add fields to (" + String.join(", ", changed)
                            + "): write its mappings as 'key: value' lines",
                    e);
        }
        return new Updated(updated, changed);
    }

    /** Whether the group of its API, if it names one, is that of its kind: others have kinds of these names, too. */
    private static boolean isOfThese(YamlNode.Mapping root) {
        String version = root.text("apiVersion");
        String group =
                root.text("kind").equals("SiteConfig") ? "ran.openshift.io/" : "siteconfig.open-cluster-management.io/";
        return version.isEmpty() || version.startsWith(group);
    }

    private void siteConfig(YamlNode.Mapping root) throws SiteConfigException {
        YamlNode.Mapping spec = mapping(root, root, "spec", "spec");
        List<YamlNode.Mapping> clusters = mappings(spec, "clusters", "spec.clusters");
        for (int number = 0; number < clusters.size(); number++) {
            cluster(clusters.get(number), "spec.clusters[" + number + "]");
        }
    }

    // Nodes first: where both end in the same line, what is added to the node has to come first.
    private void cluster(YamlNode.Mapping cluster, String path) throws SiteConfigException {
        List<YamlNode.Mapping> nodes = mappings(cluster, "nodes", path + ".nodes");
        for (int number = 0; number < nodes.size(); number++) {
            for (FieldRule rule : ofNodes) {
                add(new Target(nodes.get(number), rule, path + ".nodes[" + number + "]"));
            }
        }
        add(new Target(cluster, discovery, path));
    }

    private void add(Target added) {
        boolean known = targets.stream()
                .anyMatch(target -> target.mapping.equals(added.mapping) && target.rule.equals(added.rule));
        if (!known) {
            targets.add(added);
            merges(added.mapping).forEach(followed::add);
        }
    }

    private YamlNode.Mapping mapping(YamlNode place, YamlNode.Mapping owner, String key, String path)
            throws SiteConfigException {
        Optional<YamlNode> value = owner.value(key).map(YamlNode::target);
        if (value.isEmpty() || isNull(value.get())) {
            throw missing(value.orElse(place), path);
        }
        if (!(value.get() instanceof YamlNode.Mapping mapping)) {
            throw yaml.wrong(value.get(), "'" + path + "' has to be a mapping of fields");
        }
        return mapping;
    }

    private List<YamlNode.Mapping> mappings(YamlNode.Mapping owner, String key, String path)
            throws SiteConfigException {
        Optional<YamlNode> value = owner.value(key);
        value.ifPresent(followed::add);
        Optional<YamlNode> target = value.map(YamlNode::target);
        if (target.isEmpty() || isNull(target.get())) {
            throw missing(target.orElse(owner), path);
        }
        if (!(target.get() instanceof YamlNode.Sequence list)) {
            throw yaml.wrong(target.get(), "'" + path + "' has to be a list");
        }
        if (list.items().isEmpty()) {
            throw missing(list, path);
        }
        List<YamlNode.Mapping> mappings = new ArrayList<>();
        for (YamlNode item : list.items()) {
            followed.add(item);
            if (!(item.target() instanceof YamlNode.Mapping mapping)) {
                throw yaml.wrong(item, "an element of '" + path + "' has to be a mapping of fields");
            }
            mappings.add(mapping);
        }
        return mappings;
    }

    private SiteConfigException missing(YamlNode at, String path) {
        return yaml.wrong(at, "'" + path + "' is missing or empty: there is nothing to prestage without it");
    }

    private static boolean isNull(YamlNode node) {
        return node instanceof YamlNode.Scalar scalar && scalar.isNull();
    }

    private void check(Target target) {
        Optional<YamlNode.Entry> own = target.own();
        if (own.isPresent()) {
            YamlNode value = own.get().value();
            Optional<JsonNode> due = target.rule.due(FieldJson.read(value));
            if (due.isPresent()) {
                changed.add(target.field());
                if (!isUpdatedElsewhere(value, target)) {
                    replaced.add(fields.replace(target.mapping, own.get(), due.get()));
                    rewritten.add(new Rewritten(value, target));
                }
            }
            return;
        }
        if (inheritsUpdate(target.mapping, target.rule)) {
            return;
        }
        Optional<Target> merged = merged(target.mapping, target);
        Optional<JsonNode> due =
                target.rule.due(merged.flatMap(Target::own).flatMap(entry -> FieldJson.read(entry.value())));
        if (due.isPresent()) {
            changed.add(target.field());
            boolean lines = target.rule instanceof IgnitionOverride;
            for (Edit edit : fields.append(target.mapping, target.rule.key(), due.get(), lines, indent)) {
                if (!added.contains(edit)) { // several fields behind one value have one edit of it in common
                    added.add(edit);
                }
            }
        }
    }

    /** Whether a value is an alias of one that is updated to the very same. */
    private boolean isUpdatedElsewhere(YamlNode value, Target target) {
        return value instanceof YamlNode.Alias alias
                && targets.stream()
                        .filter(other -> other.rule.equals(target.rule))
                        .flatMap(other -> other.own().stream())
                        .anyMatch(entry -> entry.value().equals(alias.of()));
    }

    /** The mappings that one takes fields from ({@code <<}), as they are written there. */
    private static List<YamlNode> merges(YamlNode.Mapping mapping) {
        return mapping.value("<<").stream()
                .flatMap(merged ->
                        merged instanceof YamlNode.Sequence list ? list.items().stream() : List.of(merged).stream())
                .toList();
    }

    /** Whether a mapping takes the field from one that has it or gets it. */
    private boolean inheritsUpdate(YamlNode.Mapping mapping, FieldRule rule) {
        return merges(mapping).stream()
                .map(YamlNode::target)
                .anyMatch(source ->
                        targets.stream().anyMatch(known -> known.mapping.equals(source) && known.rule.equals(rule))
                                || (source instanceof YamlNode.Mapping from && inheritsUpdate(from, rule)));
    }

    private static Optional<Target> merged(YamlNode.Mapping mapping, Target target) {
        for (YamlNode source : merges(mapping)) {
            if (source.target() instanceof YamlNode.Mapping from) {
                Target there = new Target(from, target.rule, target.path);
                Optional<Target> found = there.own().isPresent() ? Optional.of(there) : merged(from, target);
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    /** Refuses to change what an alias stands for in a place that has to stay as it is. */
    private void requireNoOtherUse() throws SiteConfigException {
        for (YamlNode.Alias alias : yaml.aliases()) {
            for (Rewritten one : rewritten) {
                boolean concerned = one.value.equals(alias.of())
                        || one.value.contains(alias.of())
                        || alias.of().contains(one.value);
                boolean fine = followed.contains(alias)
                        || replaced.stream().anyMatch(edit -> edit.covers(alias.start()))
                        || isSameField(alias, one);
                if (concerned && !fine) {
                    throw yaml.wrong(
                            alias,
                            "*" + alias.name() + " stands for what '" + one.target.field()
                                    + "' holds, which has to change there and not here: write it out in one of the two places");
                }
            }
        }
    }

    private boolean isSameField(YamlNode.Alias alias, Rewritten one) {
        return targets.stream()
                .filter(target -> target.rule.equals(one.target.rule))
                .flatMap(target -> target.own().stream())
                .anyMatch(entry -> entry.value().equals(alias));
    }
}
