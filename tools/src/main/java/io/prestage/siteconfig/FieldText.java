package io.prestage.siteconfig;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import tools.jackson.databind.JsonNode;

/**
 * Writes a field into a text the way that the field, or its neighbours, are written.
 *
 * @param text of the manifest
 */
record FieldText(String text) {
    /** How a block scalar's lines are indented where nothing tells. */
    private static final int USUAL_INDENT = 2;

    /** Gives a field that is there another value, in the style of the present one. */
    Edit replace(YamlNode.Mapping owner, YamlNode.Entry field, JsonNode json) {
        if (!(field.value() instanceof YamlNode.Scalar scalar)) {
            return field.value() instanceof YamlNode.Alias alias
                    ? new Edit(alias.start(), alias.end(), quoted(json, field.key(), owner.flow()))
                    : replaceNested(owner, field, json);
        }
        int content = afterProperties(scalar);
        if (scalar.isBlock()) {
            return replaceBlock(owner, scalar, content, json);
        }
        String written = switch (scalar.style()) {
            case SINGLE_QUOTED -> single(FieldJson.compact(json));
            case DOUBLE_QUOTED -> doubled(FieldJson.compact(json));
            default -> quoted(json, field.key(), owner.flow());
        };
        boolean touching = !Character.isWhitespace(text.charAt(content - 1));
        return new Edit(content, scalar.end(), (touching ? " " : "") + written);
    }

    /**
     * Adds a field at the end of a mapping.
     *
     * @param lines whether the value is long, so that it gets a line of its own where that is possible
     * @param indent of that line, in spaces from the field's name
     * @return the edit that adds it, and one that keeps the value before it what it is where that takes one
     */
    List<Edit> append(YamlNode.Mapping owner, String key, JsonNode json, boolean lines, int indent) {
        if (owner.flow()) {
            return List.of(appendToFlow(owner, key, json));
        }
        String margin = " ".repeat(owner.column());
        YamlNode last = lastLeaf(owner);
        boolean keepsBlankLines = last instanceof YamlNode.Scalar scalar
                && scalar.isBlock()
                && header(scalar).contains("+");
        int at = keepsBlankLines ? last.end() : endOfLine(contentEnd(last));
        String newLine = lineBreak(at);
        // Quoted, not a block: a comment that follows, indented as deeply, would become part of a block.
        String field = margin + key + ":" + (lines ? newLine + margin + " ".repeat(indent) : " ")
                + single(FieldJson.compact(json));
        boolean atLineStart = at == 0 || text.charAt(at - 1) == '\n';
        Edit added = new Edit(at, at, keepsBlankLines && atLineStart ? field + newLine : newLine + field);
        return endsWithoutLineBreak(last) ? List.of(strip((YamlNode.Scalar) last), added) : List.of(added);
    }

    /** Whether the text ends inside a block, whose value would gain the line break that comes between it and a field. */
    private boolean endsWithoutLineBreak(YamlNode last) {
        return last instanceof YamlNode.Scalar scalar
                && scalar.isBlock()
                && text.indexOf('\n', contentEnd(last)) < 0
                && !header(scalar).contains("-");
    }

    /** Makes a block's value end before its last line break (YAML 1.2.2, 8.1.1.2). */
    private Edit strip(YamlNode.Scalar scalar) {
        int content = afterProperties(scalar);
        int keep = header(scalar).indexOf('+');
        return keep < 0 ? new Edit(content + 1, content + 1, "-") : new Edit(content + keep, content + keep + 1, "-");
    }

    private Edit appendToFlow(YamlNode.Mapping owner, String key, JsonNode json) {
        if (owner.entries().isEmpty()) {
            // Several may be added here; YAML lets the last one end with a comma.
            int inside = text.indexOf('{', afterProperties(owner)) + 1;
            return new Edit(inside, inside, key + ": " + single(FieldJson.compact(json)) + ", ");
        }
        YamlNode.Scalar neighbour = owner.entries().get(0).key();
        boolean likeJson = neighbour.style() == ScalarStyle.DOUBLE_QUOTED;
        int at = owner.entries().get(owner.entries().size() - 1).value().end();
        return new Edit(at, at, ", " + (likeJson ? doubled(key) : key) + ": " + quoted(json, neighbour, true));
    }

    private Edit replaceNested(YamlNode.Mapping owner, YamlNode.Entry field, JsonNode json) {
        YamlNode node = field.value();
        String written = " " + quoted(json, field.key(), owner.flow());
        int properties = endOfProperties(node);
        int end = contentEnd(node);
        if (properties > node.start()) {
            return new Edit(properties, end, written);
        }
        int colon = text.indexOf(':', field.key().end()) + 1;
        int line = endOfLine(colon);
        // What stands behind the colon, before the value's own first line, is somebody's comment.
        String comment = line <= node.start() ? text.substring(colon, line) : "";
        return new Edit(colon, end, written + comment);
    }

    private Edit replaceBlock(YamlNode.Mapping owner, YamlNode.Scalar scalar, int content, JsonNode json) {
        int header = endOfLine(content);
        List<int[]> lines = contentLines(header, scalar.end());
        if (lines.isEmpty()) {
            String newLine = lineBreak(header);
            String margin = " ".repeat(owner.column() + USUAL_INDENT);
            return new Edit(header, header, newLine + margin + FieldJson.compact(json));
        }
        int from = lines.get(0)[0];
        int to = lines.get(lines.size() - 1)[1];
        int margin = margin(from);
        String written = FieldJson.compact(json);
        if (lines.size() > 1) {
            int deeper = margin(lines.get(1)[0]) - margin;
            written = FieldJson.pretty(json, deeper > 0 ? deeper : USUAL_INDENT);
        }
        String indented =
                written.lines().map(line -> " ".repeat(margin) + line).collect(Collectors.joining(lineBreak(from)));
        return new Edit(from, to, indented);
    }

    /** Begin and end of each line that is not blank. */
    private List<int[]> contentLines(int from, int to) {
        List<int[]> lines = new ArrayList<>();
        int at = text.indexOf('\n', from) + 1;
        while (at > 0 && at < to) {
            int end = endOfLine(at);
            if (!text.substring(at, end).isBlank()) {
                lines.add(new int[] {at, end});
            }
            at = text.indexOf('\n', end) + 1;
        }
        return lines;
    }

    private int margin(int lineStart) {
        int at = lineStart;
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
        return at - lineStart;
    }

    private static YamlNode lastLeaf(YamlNode node) {
        if (node instanceof YamlNode.Mapping mapping && !mapping.flow()) {
            return lastLeaf(mapping.entries().get(mapping.entries().size() - 1).value());
        }
        if (node instanceof YamlNode.Sequence sequence && !sequence.flow()) {
            return lastLeaf(sequence.items().get(sequence.items().size() - 1));
        }
        return node;
    }

    private String header(YamlNode.Scalar scalar) {
        int content = afterProperties(scalar);
        String line = text.substring(content, endOfLine(content));
        int comment = line.indexOf('#');
        return comment < 0 ? line : line.substring(0, comment);
    }

    /** Where the last char of a node that is not white ends. */
    private int contentEnd(YamlNode node) {
        int end = node.end();
        while (end > node.start() && Character.isWhitespace(text.charAt(end - 1))) {
            end--;
        }
        return end;
    }

    /** Where the last anchor or tag of a node ends; where it begins if it has none. */
    private int endOfProperties(YamlNode node) {
        int end = node.start();
        int at = end;
        while (at < node.end() && (text.charAt(at) == '&' || text.charAt(at) == '!')) {
            while (at < node.end() && !Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            end = at;
            while (at < node.end() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
        }
        return end;
    }

    private int afterProperties(YamlNode node) {
        int at = endOfProperties(node);
        if (at == node.start()) {
            return at;
        }
        while (at < node.end() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /** Where the line's visible part ends, before the line break. */
    private int endOfLine(int at) {
        int end = text.indexOf('\n', at);
        if (end < 0) {
            return text.length();
        }
        return end > at && text.charAt(end - 1) == '\r' ? end - 1 : end;
    }

    /** The line break that lines around here end with. */
    private String lineBreak(int at) {
        int end = text.indexOf('\n', at);
        if (end < 0) {
            end = text.lastIndexOf('\n');
        }
        return end > 0 && text.charAt(end - 1) == '\r' ? "\r\n" : "\n";
    }

    private static String quoted(JsonNode json, YamlNode.Scalar key, boolean flow) {
        String compact = FieldJson.compact(json);
        return flow && key.style() == ScalarStyle.DOUBLE_QUOTED ? doubled(compact) : single(compact);
    }

    private static String single(String value) {
        return "'" + value.replace("'", "''") + "'";
    }

    private static String doubled(String value) {
        return "\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
