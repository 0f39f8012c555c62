package io.prestage.siteconfig;

import io.prestage.disk.PartitionLabel;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes a stage's Ignition config carry its loading script and the unit that runs it, and nothing else that ever did that job.
 *
 * <p>What is there already is renewed where it stands, so that doing it twice is doing it once.
 *
 * @param script of the stage
 * @param label of the data partition
 */
record IgnitionOverride(LoadingScript script, PartitionLabel label) implements FieldRule {
    private static final String VERSION = "3.1.0";

    private static final Set<String> UNITS =
            Arrays.stream(LoadingScript.values()).map(LoadingScript::unit).collect(Collectors.toSet());

    private static final Set<String> FILES = Set.of(
            LoadingScript.DISCOVERY.path(), LoadingScript.INSTALLATION.path(), "/usr/local/bin/agent-fix-bz1964591");

    /** Former tools mounted the partition by a unit that lived and died with the one that loads. */
    private static final Pattern BOUND_TO_PRECACHE = Pattern.compile("(?m)^\\s*BindsTo\\s*=.*\\bprecache-");

    @Override
    public String key() {
        return "ignitionConfigOverride";
    }

    @Override
    public Optional<JsonNode> due(Optional<JsonNode> present) {
        ObjectNode config =
                present.map(node -> object(node).deepCopy()).orElseGet(JsonNodeFactory.instance::objectNode);
        String before = config.toString();
        if (config.path("ignition").path("version").asString("").isEmpty()) {
            object(config, "ignition").put("version", VERSION);
        }
        renew(list(config, "systemd", "units"), IgnitionOverride::isOurUnit, script.unit(label));
        renew(list(config, "storage", "files"), IgnitionOverride::isOurFile, script.file());
        return config.toString().equals(before) ? Optional.empty() : Optional.of(config);
    }

    /** Puts the element where the first of its kind was, or at the end, and removes all others. */
    private static void renew(ArrayNode list, Predicate<JsonNode> ours, ObjectNode element) {
        ArrayNode kept = JsonNodeFactory.instance.arrayNode();
        boolean placed = false;
        for (JsonNode present : list) {
            boolean same = sameName(present, element);
            if (same && !placed) {
                kept.add(element);
                placed = true;
            } else if (!ours.test(present)) {
                kept.add(present);
            }
        }
        if (!placed) {
            kept.add(element);
        }
        list.removeAll();
        list.addAll(kept);
    }

    private static boolean sameName(JsonNode one, JsonNode other) {
        String key = other.has("name") ? "name" : "path";
        return one.path(key).equals(other.path(key));
    }

    private static boolean isOurUnit(JsonNode unit) {
        String name = unit.path("name").asString("");
        return UNITS.contains(name)
                || (name.equals("var-mnt.mount")
                        && BOUND_TO_PRECACHE
                                .matcher(unit.path("contents").asString(""))
                                .find());
    }

    private static boolean isOurFile(JsonNode file) {
        return FILES.contains(file.path("path").asString(""));
    }

    private static ObjectNode object(JsonNode present) {
        if (!(present instanceof ObjectNode config)) {
            throw new IllegalArgumentException("has to hold a JSON object, an Ignition config");
        }
        return config;
    }

    private static ObjectNode object(ObjectNode parent, String key) {
        JsonNode present = parent.path(key);
        if (present.isMissingNode() || present.isNull()) {
            return parent.putObject(key);
        }
        if (!(present instanceof ObjectNode object)) {
            throw new IllegalArgumentException("holds '" + key + "' that is no JSON object");
        }
        return object;
    }

    private static ArrayNode list(ObjectNode config, String parent, String key) {
        ObjectNode object = object(config, parent);
        JsonNode present = object.path(key);
        if (present.isMissingNode() || present.isNull()) {
            return object.putArray(key);
        }
        if (!(present instanceof ArrayNode list)) {
            throw new IllegalArgumentException("holds '" + parent + "." + key + "' that is no JSON list");
        }
        return list;
    }
}
