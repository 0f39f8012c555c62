package io.prestage.imageset;

import io.prestage.imageset.Catalog.ChannelEntry;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.dataformat.yaml.YAMLFactory;

/**
 * One document of a file-based catalog, reduced to what decides which images to stage.
 *
 * <p>Documents are read as a stream, and what is not of interest is passed over without being kept: a bundle of 2 MB, most of it
 * manifests in base64, becomes a few hundred bytes.
 *
 * @param schema for instance {@code olm.bundle}
 * @param name of the package, channel or bundle
 * @param packageName the package that a channel or bundle belongs to; of a package its name
 * @param defaultChannel of a package
 * @param entries of a channel
 * @param image of a bundle
 * @param relatedImages of a bundle
 * @param version of a bundle
 */
record CatalogDocument(
        String schema,
        String name,
        String packageName,
        Optional<String> defaultChannel,
        List<ChannelEntry> entries,
        Optional<String> image,
        List<String> relatedImages,
        Optional<String> version) {
    private static final StreamReadConstraints GENEROUS = StreamReadConstraints.builder()
            .maxStringLength(Integer.MAX_VALUE)
            .maxNestingDepth(200)
            .build();

    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
            .streamReadConstraints(GENEROUS)
            .build();

    private static final YAMLFactory YAML = YAMLFactory.builder()
            .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
            .streamReadConstraints(GENEROUS)
            .loadSettings(
                    LoadSettings.builder().setCodePointLimit(Integer.MAX_VALUE).build())
            .build();

    /** Copies the lists. */
    CatalogDocument {
        entries = List.copyOf(entries);
        relatedImages = List.copyOf(relatedImages);
    }

    private static JsonParser parser(BufferedInputStream content) throws IOException {
        return isJson(content)
                ? JSON.createParser(ObjectReadContext.empty(), content)
                : YAML.createParser(
                        ObjectReadContext.empty(),
                        new WholeCharacters(new InputStreamReader(content, StandardCharsets.UTF_8)));
    }

    /**
     * Reads all documents of a file, which is JSON if it begins with a brace, else YAML.
     *
     * @param file what the file is called in sentences
     * @param content stays open
     * @param found is given each document
     * @throws IOException if the file is neither
     */
    static void readAll(String file, InputStream content, Consumer<CatalogDocument> found) throws IOException {
        BufferedInputStream buffered = new BufferedInputStream(content, 1 << 16);
        try (JsonParser parser = parser(buffered)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.START_OBJECT) {
                    found.accept(read(parser));
                } else {
                    parser.skipChildren();
                }
            }
        } catch (JacksonException e) {
            throw new IOException(
                    "the catalog's file " + file + " is neither JSON nor YAML that can be read ("
                            + e.getOriginalMessage() + "): the catalog has to be built again",
                    e);
        }
    }

    private static boolean isJson(BufferedInputStream content) throws IOException {
        content.mark(1 << 12);
        int first = content.read();
        for (int read = 1; first >= 0 && first <= ' ' && read < 1 << 12; read++) {
            first = content.read();
        }
        content.reset();
        return first == '{';
    }

    private static CatalogDocument read(JsonParser parser) {
        Parts parts = new Parts();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String field = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (field) {
                case "schema" -> parts.schema = text(parser, value);
                case "name" -> parts.name = text(parser, value);
                case "package" -> parts.packageName = text(parser, value);
                case "defaultChannel" -> parts.defaultChannel = text(parser, value);
                case "image" -> parts.image = text(parser, value);
                case "entries" -> objects(parser, value, () -> parts.entry(parser));
                case "relatedImages" -> objects(parser, value, () -> parts.relatedImage(parser));
                case "properties" -> objects(parser, value, () -> parts.property(parser));
                default -> parser.skipChildren();
            }
        }
        return parts.document();
    }

    private static String text(JsonParser parser, JsonToken value) {
        if (value != null && value.isScalarValue() && value != JsonToken.VALUE_NULL) {
            return parser.getString();
        }
        parser.skipChildren();
        return "";
    }

    private static void texts(JsonParser parser, List<String> found) {
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            found.add(text(parser, token));
        }
    }

    /** Goes through a list of objects; what is none is passed over. */
    private static void objects(JsonParser parser, JsonToken value, Runnable object) {
        if (value != JsonToken.START_ARRAY) {
            parser.skipChildren();
            return;
        }
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (token == JsonToken.START_OBJECT) {
                object.run();
            } else {
                parser.skipChildren();
            }
        }
    }

    /** What has been read of a document so far. */
    private static final class Parts {
        private final List<ChannelEntry> entries = new ArrayList<>();
        private final List<String> relatedImages = new ArrayList<>();
        private String schema = "";
        private String name = "";
        private String packageName = "";
        private String defaultChannel = "";
        private String image = "";
        private String version = "";

        void entry(JsonParser parser) {
            String bundle = "";
            String replaces = "";
            List<String> skips = new ArrayList<>();
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (field) {
                    case "name" -> bundle = text(parser, value);
                    case "replaces" -> replaces = text(parser, value);
                    case "skips" -> {
                        if (value == JsonToken.START_ARRAY) {
                            texts(parser, skips);
                        } else {
                            parser.skipChildren();
                        }
                    }
                    default -> parser.skipChildren();
                }
            }
            entries.add(new ChannelEntry(bundle, some(replaces), skips));
        }

        void relatedImage(JsonParser parser) {
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                if (field.equals("image")) {
                    some(text(parser, value)).ifPresent(relatedImages::add);
                } else {
                    parser.skipChildren();
                }
            }
        }

        void property(JsonParser parser) {
            String type = "";
            String found = "";
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                if (field.equals("type")) {
                    type = text(parser, value);
                } else if (field.equals("value") && value == JsonToken.START_OBJECT) {
                    found = versionIn(parser);
                } else {
                    parser.skipChildren();
                }
            }
            version = type.equals("olm.package") ? found : version;
        }

        private static String versionIn(JsonParser parser) {
            String found = "";
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                if (field.equals("version") && value.isScalarValue()) {
                    found = text(parser, value);
                } else {
                    parser.skipChildren();
                }
            }
            return found;
        }

        CatalogDocument document() {
            return new CatalogDocument(
                    schema,
                    name,
                    packageName.isEmpty() ? name : packageName,
                    some(defaultChannel),
                    entries,
                    some(image),
                    relatedImages,
                    some(version));
        }

        private static Optional<String> some(String text) {
            return Optional.of(text).filter(value -> !value.isEmpty());
        }
    }
}
