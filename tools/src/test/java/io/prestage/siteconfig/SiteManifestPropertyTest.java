package io.prestage.siteconfig;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.disk.PartitionLabel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Whatever a manifest looks like, an update changes the three kinds of field, nothing else, and only once. */
final class SiteManifestPropertyTest {
    private static final Set<String> FIELDS = Set.of("ignitionConfigOverride", "installerArgs");
    private static final Pattern FIELD = Pattern.compile("\\{hostName|installerArgs|ignitionConfigOverride");
    private static final PartitionLabel LABEL = new PartitionLabel("my-data_1");

    @Property(tries = 500)
    void onlyTheThreeKindsOfFieldChange(@ForAll long seed) throws Exception {
        String before = new Generated(new Random(seed)).text();
        String after = SiteManifest.update("site.yaml", before, LABEL, 2).text();
        assertEquals(
                withoutFields(documents(before)), withoutFields(documents(after)), () -> before + "\n=>\n" + after);
        assertEquals(after, SiteManifest.update("site.yaml", after, LABEL, 2).text());
        assertEquals(keptLines(before), keptLines(after));
        assertEquals(before.contains("\r\n"), after.contains("\r\n"));
        assertTrue(!before.contains("\r\n") || !after.matches("(?s).*[^\r]\n.*"), after);
    }

    /** The lines that no field may be added in. */
    private static List<String> keptLines(String text) {
        return text.lines()
                .filter(line -> line.contains("kept") && !FIELD.matcher(line).find())
                .toList();
    }

    private static List<Object> documents(String text) {
        List<Object> documents = new ArrayList<>();
        Iterator<Object> loaded = new Load(
                        LoadSettings.builder().setBufferSize(text.length() + 1).build())
                .loadAllFromString(text)
                .iterator();
        loaded.forEachRemaining(documents::add);
        return documents;
    }

    private static Object withoutFields(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> rest = new LinkedHashMap<>();
            map.forEach((key, field) -> {
                if (!FIELDS.contains(key)) {
                    rest.put(key, withoutFields(field));
                }
            });
            return rest;
        }
        return value instanceof List<?> list
                ? list.stream().map(SiteManifestPropertyTest::withoutFields).toList()
                : value;
    }

    /** A manifest as people, and programs, write them. */
    private static final class Generated {
        private final Random random;
        private final StringBuilder text = new StringBuilder();

        Generated(Random random) {
            this.random = random;
        }

        String text() {
            int documents = 1 + random.nextInt(3);
            for (int document = 0; document < documents; document++) {
                text.append("--- # kept ").append(document).append('\n');
                maybe("# kept: a comment with 'quotes\n");
                if (document > 0 && random.nextBoolean()) {
                    text.append("kind: Secret\nstringData: {a: \"kept\"}\n");
                } else if (random.nextBoolean()) {
                    siteConfig();
                } else {
                    text.append("kind: ClusterInstance\nspec:\n");
                    cluster("  ", "  ");
                }
            }
            String whole = text.toString();
            whole = random.nextInt(2) == 0 ? whole.stripTrailing() : whole;
            whole = random.nextInt(4) == 0 ? "\uFEFF" + whole : whole;
            return random.nextInt(3) == 0 ? whole.replace("\n", "\r\n") : whole;
        }

        private void siteConfig() {
            text.append("kind: SiteConfig\nmetadata:\n  name: \"kept ü 😀\"\nspec:\n  clusters:\n");
            String margin = " ".repeat(2 + 2 * random.nextInt(2));
            for (int cluster = 0; cluster <= random.nextInt(2); cluster++) {
                cluster(margin + "- ", margin + "  ");
            }
            maybe("  sshKey: >-\n    kept folded\n    kept lines\n");
        }

        private void cluster(String first, String margin) {
            text.append(first).append("clusterName: 'kept it''s'  # kept\n");
            boolean overrideLast = random.nextBoolean();
            if (!overrideLast) {
                field(margin, "ignitionConfigOverride", random.nextInt(9));
            }
            maybe(margin + "text: |+\n" + margin + "   kept\n\n\n");
            text.append(margin).append("nodes:\n");
            for (int node = 0; node <= random.nextInt(3); node++) {
                node(margin);
            }
            if (overrideLast) {
                field(margin, "ignitionConfigOverride", random.nextInt(9));
            }
        }

        private void node(String margin) {
            if (random.nextInt(5) == 0) {
                text.append(margin).append("- {hostName: \"kept\", \"bmc\": [kept, 2]} # kept\n");
                return;
            }
            text.append(margin).append("- hostName: kept.example\n");
            String own = margin + "  ";
            field(own, "installerArgs", random.nextInt(9));
            maybe(own + "# kept between\n");
            maybe(own + "nodeNetwork:\n" + own + "    interfaces:\n" + own + "    - name: kept\n");
            field(own, "ignitionConfigOverride", random.nextInt(9));
            maybe(own + "note: " + pick("|", ">", "|+", ">-", "|2 # block") + "\n" + own + "  kept\n\n");
            maybe("\n");
        }

        private void field(String margin, String name, int shape) {
            String json = name.equals("installerArgs")
                    ? pick("[]", "[\"--append-karg\", \"it's=ä\"]", "[\"--save-partlabel\",\"my-data_1\"]")
                    : pick(
                            "{\"ignition\":{\"version\":\"3.4.0\"}}",
                            "{\"z\":1.50,\"ignition\":{\"version\":\"3.2.0\"},\"systemd\":{\"units\":[{\"name\":\"it's\"}]}}",
                            "{\"storage\":{\"files\":[{\"path\":\"/usr/local/bin/extract-ai.sh\"}]}}");
            String deep = margin + "  ";
            switch (shape) {
                case 0 -> {}
                case 1 -> line(margin + name + ":" + pick("", " null", " ~ # kept", " ''"));
                case 2 -> line(margin + name + ": '" + json.replace("'", "''") + "'" + pick("", " # kept"));
                case 3 -> line(margin + name + ": \"" + json.replace("\"", "\\\"") + "\"");
                case 4 ->
                    line(margin + name + ": " + pick("|", "|-", ">", ">-", "|+", "|2") + pick("", " # kept") + "\n"
                            + deep + json + pick("", "\n", "\n\n"));
                case 5 ->
                    line(margin + name + ": " + pick("|", ">") + "\n" + deep + json.replace(",", ",\n" + deep + " ")
                            + pick("", "\n"));
                case 6 -> line(margin + name + ": " + json);
                case 7 -> line(margin + name + ":\n" + deep + json.replace(",", ",\n" + deep));
                default -> line(margin + name + ": &a" + random.nextInt(1000) + " '" + json.replace("'", "''") + "'");
            }
        }

        private void line(String line) {
            text.append(line).append('\n');
        }

        private void maybe(String piece) {
            if (random.nextBoolean()) {
                text.append(piece);
            }
        }

        private String pick(String... choices) {
            return choices[random.nextInt(choices.length)];
        }
    }
}
