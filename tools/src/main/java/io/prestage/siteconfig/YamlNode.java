package io.prestage.siteconfig;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.common.ScalarStyle;

/**
 * A part of a YAML document that knows which chars of the text it is.
 *
 * <p>Unlike the library's own nodes these keep aliases apart from what they stand for: a change of the one is none of the other.
 * Their places are part of them, so that two nodes are equal only if they are the same one.
 */
sealed interface YamlNode {
    /** Where it begins, in chars from the start of the text: at its anchor or tag, if it has one. */
    int start();

    /** Where its last char ends. Of a block scalar that is the end of its last line, the line break included. */
    int end();

    /**
     * A text.
     *
     * @param value what it says
     * @param style how it is written
     * @param tagged whether it has a tag, so that what it says is not for its looks to decide
     */
    record Scalar(String value, ScalarStyle style, boolean tagged, int start, int end) implements YamlNode {
        private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");

        /** Whether it is nothing at all. */
        boolean isNull() {
            return style == ScalarStyle.PLAIN && NULLS.contains(value);
        }

        boolean isBlock() {
            return style == ScalarStyle.LITERAL || style == ScalarStyle.FOLDED;
        }
    }

    /** A list. */
    record Sequence(List<YamlNode> items, boolean flow, int start, int end) implements YamlNode {}

    /**
     * Fields in their order.
     *
     * @param column where the first one begins, in chars from the start of its line; 0 if there is none
     */
    record Mapping(List<Entry> entries, boolean flow, int column, int start, int end) implements YamlNode {
        /** What a field holds; nothing if it is absent. */
        Optional<YamlNode> value(String key) {
            return entries.stream()
                    .filter(entry -> entry.key.value().equals(key))
                    .map(Entry::value)
                    .findFirst();
        }

        /** The text of a field; empty if it is absent or no text. */
        String text(String key) {
            return value(key)
                    .map(YamlNode::target)
                    .filter(Scalar.class::isInstance)
                    .map(node -> ((Scalar) node).value())
                    .orElse("");
        }
    }

    /** One field. */
    record Entry(Scalar key, YamlNode value) {}

    /** Stands for a node that was anchored before. */
    record Alias(String name, YamlNode of, int start, int end) implements YamlNode {}

    /** The node itself, or the one that an alias stands for. */
    default YamlNode target() {
        return this instanceof Alias alias ? alias.of() : this;
    }

    /** Whether another node is this one or lies in it. */
    default boolean contains(YamlNode other) {
        return start() <= other.start() && other.end() <= end();
    }
}
