package io.prestage.imageset;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A part of a YAML document that knows where it stands, so that what is wrong with it can be told with line and column.
 *
 * @param file what the document is called in sentences
 * @param path where in the document this is, for instance {@code mirror.operators}
 * @param node what is there
 */
record YamlTree(String file, String path, Node node) {
    /**
     * Reads a document.
     *
     * @throws ImageSetException if it is not one YAML document
     */
    static YamlTree parse(String file, String text) throws ImageSetException {
        LoadSettings settings = LoadSettings.builder()
                .setLabel(file)
                .setAllowDuplicateKeys(false)
                // Whole: the parser fails where its buffer would end within a character of two units.
                .setBufferSize(text.length() + 1)
                .build();
        try {
            Optional<Node> root = new Compose(settings).composeString(text);
            if (root.isEmpty()) {
                throw new ImageSetException(file + " is empty");
            }
            return new YamlTree(file, "", root.get());
        } catch (MarkedYamlEngineException e) {
            String problem = e.getProblem();
            throw e.getProblemMark().isPresent()
                    ? ImageSetException.at(file, e.getProblemMark().get(), "this is not YAML: " + problem, e)
                    : new ImageSetException(file + " is not YAML: " + problem, e);
        } catch (YamlEngineException e) {
            throw new ImageSetException(file + " is not YAML: " + oneLine(e.getMessage()), e);
        }
    }

    private static String oneLine(String text) {
        return text.lines().findFirst().orElse("it cannot be read");
    }

    /** What is wrong here. */
    ImageSetException wrong(String sentence) {
        Mark mark = node.getStartMark().orElse(null);
        return mark == null
                ? new ImageSetException(file + ": " + sentence)
                : ImageSetException.at(file, mark, sentence, null);
    }

    /** Where this is, for sentences. */
    String where() {
        return path.isEmpty() ? "the document" : "'" + path + "'";
    }

    boolean isNull() {
        return node instanceof ScalarNode && node.getTag().equals(Tag.NULL);
    }

    /**
     * The values of a mapping by key, in the order of the file.
     *
     * @throws ImageSetException if this is no mapping with words as keys, each once
     */
    List<Entry> entries() throws ImageSetException {
        if (!(node instanceof MappingNode mapping)) {
            throw wrong(where() + " has to be a mapping of fields, not " + kind());
        }
        List<Entry> entries = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw new YamlTree(file, path, tuple.getKeyNode()).wrong("a field's name has to be a word");
            }
            YamlTree named = new YamlTree(file, path, key);
            if (!seen.add(key.getValue())) {
                throw named.wrong("the field '" + key.getValue() + "' stands twice");
            }
            String below = path.isEmpty() ? key.getValue() : path + "." + key.getValue();
            entries.add(new Entry(key.getValue(), named, new YamlTree(file, below, tuple.getValueNode())));
        }
        return entries;
    }

    /**
     * One field of a mapping.
     *
     * @param key its name
     * @param name where its name stands
     * @param value what it holds
     */
    record Entry(String key, YamlTree name, YamlTree value) {}

    /** The elements of a list; a field that holds nothing is an empty one. */
    List<YamlTree> elements() throws ImageSetException {
        if (isNull()) {
            return List.of();
        }
        if (!(node instanceof SequenceNode sequence)) {
            throw wrong(where() + " has to be a list, not " + kind());
        }
        List<YamlTree> elements = new ArrayList<>();
        for (Node element : sequence.getValue()) {
            elements.add(new YamlTree(file, path + "[" + elements.size() + "]", element));
        }
        return elements;
    }

    /** A text that is not empty. */
    String text() throws ImageSetException {
        if (!(node instanceof ScalarNode scalar)
                || isNull()
                || node.getTag().equals(Tag.BOOL)
                || scalar.getValue().isEmpty()) {
            throw wrong(where() + " has to be a text, not " + kind());
        }
        return scalar.getValue();
    }

    boolean bool() throws ImageSetException {
        if (!(node instanceof ScalarNode scalar) || !node.getTag().equals(Tag.BOOL)) {
            throw wrong(where() + " has to be true or false, not " + kind());
        }
        return Boolean.parseBoolean(scalar.getValue());
    }

    private String kind() {
        if (node instanceof MappingNode) {
            return "a mapping";
        }
        if (node instanceof SequenceNode) {
            return "a list";
        }
        String value = ((ScalarNode) node).getValue();
        return isNull() || value.isEmpty() ? "nothing" : "'" + value + "'";
    }
}
