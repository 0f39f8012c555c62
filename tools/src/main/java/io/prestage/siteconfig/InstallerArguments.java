package io.prestage.siteconfig;

import io.prestage.disk.PartitionLabel;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Makes the installer keep the data partition: {@code --save-partlabel LABEL} among its arguments.
 *
 * @param label of the partition
 */
record InstallerArguments(PartitionLabel label) implements FieldRule {
    private static final String KEEP = "--save-partlabel";

    @Override
    public String key() {
        return "installerArgs";
    }

    @Override
    public Optional<JsonNode> due(Optional<JsonNode> present) {
        ArrayNode arguments = JsonNodeFactory.instance.arrayNode();
        if (present.isPresent()) {
            if (!present.get().isArray()) {
                throw new IllegalArgumentException("has to hold a JSON list, such as [\"" + KEEP + "\", \"data\"]");
            }
            present.get().forEach(arguments::add);
        }
        if (keeps(arguments)) {
            return Optional.empty();
        }
        return Optional.of(arguments.add(KEEP).add(label.name()));
    }

    private boolean keeps(ArrayNode arguments) {
        for (int place = 0; place < arguments.size(); place++) {
            String argument = arguments.get(place).asString("");
            String value = arguments.path(place + 1).asString("");
            if (argument.equals(KEEP + "=" + label) || (argument.equals(KEEP) && value.equals(label.name()))) {
                return true;
            }
        }
        return false;
    }
}
