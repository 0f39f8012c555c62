package io.prestage.imageset;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.prestage.imageset.YamlTree.Entry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Images that somebody does not want, by regular expressions.
 *
 * <p>The expressions have Go's meaning, that is RE2's: no backreferences and no look-around, {@code \b} at ASCII words, and never
 * more than linear time. RE2/J is RE2 in Java; java.util.regex would accept more and read some of the same text differently.
 *
 * @param patterns searched for anywhere in an image's source or destination, in the order of the file
 */
public record ImageFilter(List<Pattern> patterns) {
    /** Lets everything through. */
    public static final ImageFilter NONE = new ImageFilter(List.of());

    /** Copies the list. */
    public ImageFilter {
        patterns = List.copyOf(patterns);
    }

    /**
     * Reads a file with a list {@code patterns}.
     *
     * @throws ImageSetException naming the file and what is wrong in it
     */
    static ImageFilter read(Path file) throws ImageSetException {
        try {
            return parse(file.toString(), Files.readString(file, StandardCharsets.UTF_8));
        } catch (ImageSetException e) {
            throw e;
        } catch (NoSuchFileException e) {
            throw new ImageSetException("the filter file " + file + " does not exist: check --filter", e);
        } catch (IOException e) {
            throw new ImageSetException("the filter file " + file + " cannot be read: it has to be YAML in UTF-8", e);
        }
    }

    /** Reads the text of such a file. */
    static ImageFilter parse(String name, String text) throws ImageSetException {
        List<Pattern> patterns = new ArrayList<>();
        for (Entry field : YamlTree.parse(name, text).entries()) {
            if (!field.key().equals("patterns")) {
                throw field.name().wrong("there is no field '" + field.key() + "': a filter has 'patterns'");
            }
            for (YamlTree pattern : field.value().elements()) {
                patterns.add(compiled(pattern));
            }
        }
        return new ImageFilter(patterns);
    }

    private static Pattern compiled(YamlTree pattern) throws ImageSetException {
        String expression = pattern.text();
        try {
            return Pattern.compile(expression);
        } catch (PatternSyntaxException e) {
            throw pattern.wrong("'" + expression + "' is not a regular expression of Go (" + e.getDescription()
                    + "): mend the pattern");
        }
    }

    /** The first pattern that keeps an image out. */
    Optional<String> match(MappingLine line) {
        return patterns.stream()
                .filter(pattern -> pattern.matcher(line.source()).find()
                        || pattern.matcher(line.destination()).find())
                .map(Pattern::pattern)
                .findFirst();
    }
}
