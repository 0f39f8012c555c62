package io.prestage.siteconfig;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads YAML such that every part of it can be found again in the text. */
final class YamlText {
    private final String name;
    private final String text;
    private final Offsets offsets;
    private final Iterator<Event> events;
    private final List<YamlNode> documents = new ArrayList<>();
    private final List<YamlNode.Alias> aliases = new ArrayList<>();
    private Map<String, YamlNode> anchors = new HashMap<>();
    private Event next;

    /** Where the library's counts of code points are in the text. */
    private static final class Offsets {
        private final int[] ofCodePoints;

        Offsets(String text) {
            int points = text.codePointCount(0, text.length());
            this.ofCodePoints = new int[points == text.length() ? 0 : points + 1];
            int at = 0;
            for (int point = 0; point < ofCodePoints.length - 1; point++) {
                ofCodePoints[point] = at;
                at += Character.charCount(text.codePointAt(at));
            }
            if (ofCodePoints.length > 0) {
                ofCodePoints[points] = at;
            }
        }

        int at(int codePoint) {
            return ofCodePoints.length == 0 ? codePoint : ofCodePoints[codePoint];
        }
    }

    private YamlText(String name, String text) {
        this.name = name;
        this.text = text;
        this.offsets = new Offsets(text);
        LoadSettings settings = LoadSettings.builder()
                .setLabel(name)
                .setCodePointLimit(Integer.MAX_VALUE)
                // Whole: the parser fails where its buffer would end within a character of two units.
                .setBufferSize(text.length() + 1)
                .build();
        this.events = new Parse(settings).parseString(text).iterator();
    }

    /**
     * Reads it.
     *
     * @param name what it is called in sentences
     * @throws SiteConfigException if it is not YAML
     */
    static YamlText parse(String name, String text) throws SiteConfigException {
        try {
            YamlText parsed = new YamlText(name, text);
            parsed.read();
            return parsed;
        } catch (MarkedYamlEngineException e) {
            String problem = e.getProblem();
            Optional<Mark> mark = e.getProblemMark();
            throw new SiteConfigException(
                    mark.map(at -> name + ", line " + (at.getLine() + 1) + ", column " + (at.getColumn() + 1)
                                            + ": this is not YAML: " + problem)
                                    .orElse(name + " is not YAML: " + problem)
                            + "; mend it there",
                    e);
        } catch (YamlEngineException e) {
            String problem = e.getMessage().lines().findFirst().orElse("it cannot be read");
            throw new SiteConfigException(name + " is not YAML: " + problem, e);
        }
    }

    /** The documents; a document of nothing is a scalar of nothing. */
    List<YamlNode> documents() {
        return documents;
    }

    /** Every alias of every document. */
    List<YamlNode.Alias> aliases() {
        return aliases;
    }

    String text() {
        return text;
    }

    /** Something wrong at a place, which is told counting from 1 as editors do. */
    SiteConfigException wrong(YamlNode at, String sentence) {
        return wrong(at, sentence, null);
    }

    SiteConfigException wrong(YamlNode at, String sentence, Throwable cause) {
        return new SiteConfigException(name + ", line " + line(at) + ": " + sentence, cause);
    }

    /** The line that a node begins in, from 1. */
    long line(YamlNode node) {
        return 1
                + text.substring(0, node.start()).chars().filter(c -> c == '\n').count();
    }

    private void read() throws SiteConfigException {
        next = events.next();
        while (next.getEventId() != Event.ID.StreamEnd) {
            if (take().getEventId() == Event.ID.DocumentStart) {
                anchors = new HashMap<>();
                documents.add(node());
            }
        }
    }

    private Event take() {
        Event taken = next;
        if (events.hasNext()) {
            next = events.next();
        }
        return taken;
    }

    private YamlNode node() throws SiteConfigException {
        Event event = take();
        if (event instanceof AliasEvent aliasEvent) {
            return alias(aliasEvent);
        }
        YamlNode node;
        if (event instanceof ScalarEvent scalar) {
            node = new YamlNode.Scalar(
                    scalar.getValue(), scalar.getScalarStyle(), scalar.getTag().isPresent(), start(event), end(event));
        } else if (event instanceof MappingStartEvent mapping) {
            node = mapping(mapping);
        } else {
            node = sequence((CollectionStartEvent) event);
        }
        ((NodeEvent) event).getAnchor().ifPresent(anchor -> anchors.put(anchor.getValue(), node));
        return node;
    }

    private YamlNode alias(AliasEvent event) throws SiteConfigException {
        String anchor = event.getAlias().getValue();
        YamlNode of = anchors.get(anchor);
        if (of == null) {
            throw new SiteConfigException(name + ", line "
                    + (event.getStartMark().orElseThrow().getLine() + 1) + ": *" + anchor
                    + " stands for nothing that was named before: mend the name");
        }
        YamlNode.Alias alias = new YamlNode.Alias(anchor, of, start(event), end(event));
        aliases.add(alias);
        return alias;
    }

    private YamlNode mapping(MappingStartEvent event) throws SiteConfigException {
        List<YamlNode.Entry> entries = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        int column = next.getStartMark().orElseThrow().getColumn();
        int last = end(event);
        while (next.getEventId() != Event.ID.MappingEnd) {
            YamlNode key = node();
            YamlNode value = node();
            last = Math.max(last, value.end());
            // A key that is no word is none of ours; an empty one stands for it.
            YamlNode.Scalar word = key.target() instanceof YamlNode.Scalar scalar
                    ? new YamlNode.Scalar(scalar.value(), scalar.style(), scalar.tagged(), key.start(), key.end())
                    : new YamlNode.Scalar("", ScalarStyle.DOUBLE_QUOTED, false, key.start(), key.end());
            if (key.target() instanceof YamlNode.Scalar && !word.value().equals("<<") && !seen.add(word.value())) {
                throw wrong(key, "the field '" + word.value() + "' stands twice: remove one of the two");
            }
            entries.add(new YamlNode.Entry(word, value));
        }
        Event closing = take();
        int end = event.isFlow() ? end(closing) : last;
        return new YamlNode.Mapping(entries, event.isFlow(), entries.isEmpty() ? 0 : column, start(event), end);
    }

    private YamlNode sequence(CollectionStartEvent event) throws SiteConfigException {
        List<YamlNode> items = new ArrayList<>();
        int last = end(event);
        while (next.getEventId() != Event.ID.SequenceEnd) {
            YamlNode item = node();
            items.add(item);
            last = Math.max(last, item.end());
        }
        Event closing = take();
        return new YamlNode.Sequence(items, event.isFlow(), start(event), event.isFlow() ? end(closing) : last);
    }

    private int start(Event event) {
        return offsets.at(event.getStartMark().orElseThrow().getIndex());
    }

    private int end(Event event) {
        return offsets.at(event.getEndMark().orElseThrow().getIndex());
    }
}
