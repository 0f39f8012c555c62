package io.prestage.node.store;

import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes room for another plan in a folder that holds one.
 *
 * <p>The next plan's record is written before anything goes, and the former plan's record goes last, so that an interrupted
 * replacement can be done again. Where the former plan is one whose staging was not finished, both have one place, and the former
 * one's record stays until the end.
 */
final class Replacement {
    private static final Pattern PARTIAL = Pattern.compile("([0-9a-f]{64})(\\.journal)?");

    private final Layout layout;
    private final FolderUse use;

    Replacement(Layout layout, FolderUse use) {
        this.layout = layout;
        this.use = use;
    }

    void with(Plan next) throws IOException {
        Map<String, String> views = new HashMap<>();
        Set<String> texts = new HashSet<>();
        Set<Digest> contents = new HashSet<>();
        if (use.unfinished().isPresent()) {
            Plan former = Plan.decode(use.unfinished().get());
            former.images().forEach(image -> views.put(image.name(), links(image.manifest(), image.platforms())));
            former.files().forEach(file -> texts.add(file.name()));
            former.named().forEach(file -> texts.add(file.name()));
            contents.addAll(former.contents());
        }
        if (use.receipt().isPresent()) {
            Receipt former = use.receipt().get();
            former.images().forEach(image -> views.put(image.name(), links(image.digest(), image.platforms())));
            former.files().forEach(file -> texts.add(file.name()));
            former.contents().forEach(content -> contents.add(Digest.parse(content.digest())));
        }
        Files.createDirectories(layout.ingest());
        if (!Files.exists(layout.plan())) {
            writePlan(next);
            Layout.flush(layout.folder());
        }
        contents.removeAll(next.contents());
        // These are written anew; till then nothing is lost.
        next.files().forEach(file -> texts.remove(file.name()));
        next.named().forEach(file -> texts.remove(file.name()));
        // So are the views of images that stay what they are, which somebody may use meanwhile.
        next.images().forEach(image -> views.remove(image.name(), links(image.manifest(), image.platforms())));
        for (String view : views.keySet()) {
            layout.removeView(view);
        }
        Files.deleteIfExists(layout.file(Layout.INDEX));
        for (String text : texts) {
            if (!Layout.OWN_NAMES.contains(text)) {
                Files.deleteIfExists(layout.file(text));
            }
        }
        for (Digest digest : contents) {
            Files.deleteIfExists(layout.blob(digest));
        }
        Layout.deleteIfEmpty(layout.images());
        removePartialsBut(new HashSet<>(next.contents()));
        writePlan(next);
        Files.deleteIfExists(layout.file(Layout.RECEIPT));
        Layout.flush(layout.folder());
    }

    private void writePlan(Plan plan) throws IOException {
        layout.write(layout.plan(), plan.encode());
        Layout.flush(layout.ingest());
    }

    /** What a view's links depend on. */
    private static String links(String manifest, List<String> platforms) {
        return manifest + platforms;
    }

    private void removePartialsBut(Set<Digest> kept) throws IOException {
        for (Path file : Layout.list(layout.ingest())) {
            Matcher name = PARTIAL.matcher(file.getFileName().toString());
            if (name.matches() && !kept.contains(Digest.ofHex(name.group(1)))) {
                Files.delete(file);
            }
        }
    }
}
