package io.prestage.siteconfig;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.core.util.Separators.Spacing;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Reads the JSON of a field, which some people write as YAML, and writes it such that any YAML scalar can hold it. */
final class FieldJson {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private static final Pattern TRUE = Pattern.compile("y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON");
    private static final Pattern FALSE = Pattern.compile("n|N|no|No|NO|false|False|FALSE|off|Off|OFF");
    private static final Pattern HEXADECIMAL = Pattern.compile("0x[0-9a-fA-F]+");
    private static final Pattern OCTAL = Pattern.compile("0o?[0-7]+");
    private static final Pattern DECIMAL = Pattern.compile("[-+]?(0|[1-9][0-9]*)");
    private static final Pattern FLOAT = Pattern.compile("[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)?");

    private FieldJson() {}

    /**
     * What a field holds.
     *
     * @return nothing if it is null or empty
     * @throws IllegalArgumentException if it is a text that is not JSON, with a sentence that goes on from "the field …"
     */
    static Optional<JsonNode> read(YamlNode value) {
        if (!(value.target() instanceof YamlNode.Scalar scalar)) {
            return Optional.of(nested(value));
        }
        if (scalar.isNull() || scalar.value().isBlank()) {
            return Optional.empty();
        }
        try {
            return Optional.of(JSON.readTree(scalar.value())).filter(node -> !node.isNull());
        } catch (JacksonException e) {
            throw new IllegalArgumentException("is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** In one line. */
    static String compact(JsonNode json) {
        return printable(JSON.writeValueAsString(json));
    }

    /** In lines, each level so many spaces deeper. */
    static String pretty(JsonNode json, int indent) {
        DefaultIndenter indenter = new DefaultIndenter(" ".repeat(indent), "\n");
        Separators separators = Separators.createDefaultInstance().withObjectNameValueSpacing(Spacing.AFTER);
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter(separators)
                .withObjectIndenter(indenter)
                .withArrayIndenter(indenter);
        return printable(JSON.writer().with(printer).writeValueAsString(json));
    }

    /** Escapes what JSON may hold raw and YAML may not (YAML 1.2.2, 5.1). All of it stands in JSON's strings. */
    private static String printable(String json) {
        StringBuilder printable = new StringBuilder(json.length());
        for (int at = 0; at < json.length(); at++) {
            char c = json.charAt(at);
            boolean pair = Character.isHighSurrogate(c)
                    && at + 1 < json.length()
                    && Character.isLowSurrogate(json.charAt(at + 1));
            if (pair) {
                printable.append(c).append(json.charAt(++at));
            } else if ((c >= 0x7f && c < 0xa0)
                    || c == 0x2028
                    || c == 0x2029
                    || c >= 0xfffe
                    || c == 0xfeff
                    || Character.isSurrogate(c)) {
                printable.append(String.format("\\u%04x", (int) c));
            } else {
                printable.append(c);
            }
        }
        return printable.toString();
    }

    private static JsonNode nested(YamlNode node) {
        YamlNode target = node.target();
        if (target instanceof YamlNode.Sequence sequence) {
            ArrayNode list = JsonNodeFactory.instance.arrayNode();
            sequence.items().forEach(item -> list.add(nested(item)));
            return list;
        }
        if (target instanceof YamlNode.Mapping mapping) {
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            for (YamlNode.Entry entry : mapping.entries()) {
                if (entry.key().value().equals("<<")) {
                    throw new IllegalArgumentException("merges another mapping (<<): write its fields out");
                }
                object.set(entry.key().value(), nested(entry.value()));
            }
            return object;
        }
        return scalar((YamlNode.Scalar) target);
    }

    /**
     * A word as Kubernetes' reader has it, which follows YAML 1.1: {@code yes} and {@code on} are true, a number with a leading zero is
     * octal.
     */
    private static JsonNode scalar(YamlNode.Scalar scalar) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        String word = scalar.value();
        if (scalar.style() != ScalarStyle.PLAIN || scalar.tagged()) {
            return nodes.stringNode(word);
        }
        if (scalar.isNull()) {
            return nodes.nullNode();
        }
        if (TRUE.matcher(word).matches() || FALSE.matcher(word).matches()) {
            return nodes.booleanNode(TRUE.matcher(word).matches());
        }
        if (HEXADECIMAL.matcher(word).matches()) {
            return nodes.numberNode(new BigInteger(word.substring(2), 16));
        }
        if (!word.equals("0") && OCTAL.matcher(word).matches()) {
            return nodes.numberNode(new BigInteger(word.replace("o", ""), 8));
        }
        if (DECIMAL.matcher(word).matches()) {
            return nodes.numberNode(new BigInteger(word));
        }
        return FLOAT.matcher(word).matches() ? nodes.numberNode(new BigDecimal(word)) : nodes.stringNode(word);
    }
}
