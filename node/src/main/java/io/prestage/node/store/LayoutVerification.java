package io.prestage.node.store;

import io.prestage.protocol.Bytes;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads a whole data partition again and says what is wrong with it, from its own files alone.
 *
 * <p>Changes nothing. Not for the folder of a store that is open in this process, whose lock it would drop.
 */
public final class LayoutVerification {
    /** What is wrong. */
    public enum Kind {
        /** Content is not what its digest names, or cannot be read. */
        DAMAGED,
        /** A file is shorter than it has to be. */
        TRUNCATED,
        /** A file is absent. */
        MISSING,
        /** A file stands where only listed content may stand. */
        EXTRA,
        /** A link of an image's folder does not lead to its blob. */
        MISLINKED,
        /** The staging was not finished. */
        INCOMPLETE,
        /** Two statements about the folder differ. */
        CONTRADICTION
    }

    /**
     * One thing that is wrong.
     *
     * @param kind what
     * @param path where, relative to the folder
     * @param sentence for the person who can act on it
     * @param images the artifact names of the images that it hits, in order
     */
    public record Problem(Kind kind, String path, String sentence, List<String> images) {
        /** Copies the images. */
        public Problem {
            Objects.requireNonNull(kind, "kind");
            Objects.requireNonNull(path, "path");
            Objects.requireNonNull(sentence, "sentence");
            images = List.copyOf(images);
        }
    }

    /**
     * What was found.
     *
     * @param plan the plan that the receipt states, or nothing
     * @param images images that were checked
     * @param blobs files under {@code blobs/sha256/} that were hashed
     * @param bytes of those
     * @param problems what is wrong; nothing if all is well
     */
    public record Result(Optional<String> plan, int images, int blobs, Bytes bytes, List<Problem> problems) {
        /** Copies the problems. */
        public Result {
            problems = List.copyOf(problems);
        }

        /** Whether nothing is wrong. */
        public boolean isGood() {
            return problems.isEmpty();
        }
    }

    private record Image(String name, Digest manifest, Optional<List<Digest>> platforms) {}

    private static final JsonMapper JSON = new JsonMapper();
    private static final String MEND = ": mend it with 'prestage verify --repair', or stage the folder again";

    private final Layout layout;
    private final List<Problem> problems = new ArrayList<>();
    private final Map<Digest, Set<String>> users = new HashMap<>();
    private final Map<Digest, Long> sizes = new HashMap<>();
    private final Map<String, Map<String, Digest>> views = new TreeMap<>();
    private Map<String, BlobHashes.Hashed> hashed = Map.of();
    private boolean tellsWhatIsNeeded;
    private Optional<Plan> planned = Optional.empty();

    private LayoutVerification(Path folder) {
        this.layout = new Layout(folder.toAbsolutePath().normalize());
    }

    /**
     * Checks a folder.
     *
     * @param folder the data partition
     * @param threads how many blobs to hash at a time, 1 or more
     * @param progress hears of bytes as they are hashed, from several threads at once
     * @throws StoreException if there is no such folder or it cannot be listed
     */
    public static Result of(Path folder, int threads, LongConsumer progress) throws StoreException {
        if (!Files.isDirectory(folder)) {
            throw new StoreException(
                    StoreException.Reason.IO, folder + " is not a folder: name the one that was staged with -f");
        }
        try {
            return new LayoutVerification(folder).check(threads, progress);
        } catch (IOException e) {
            throw StoreException.of(folder, "verify what is there", e);
        }
    }

    private Result check(int threads, LongConsumer progress) throws IOException {
        hashed = new BlobHashes(layout.blobs()).hash(threads, progress);
        Optional<Receipt> receipt = readReceipt();
        Map<String, Digest> indexed = readIndex();
        tellsWhatIsNeeded = receipt.isPresent() || !indexed.isEmpty();
        planned = plan();
        List<Image> images = mergeImages(indexed, receipt);
        receipt.ifPresent(statement ->
                statement.contents().forEach(content -> expect(Digest.parse(content.digest()), content.size())));
        images.forEach(this::checkImageSafely);
        checkBlobs();
        checkBlobsFolder();
        checkViews(images);
        checkTexts(receipt);
        receipt.ifPresent(statement -> problems.addAll(ListCheck.of(layout, statement)));
        checkLayoutFile();
        checkRepair(receipt);
        if (Files.exists(layout.ingest())) {
            add(
                    Kind.INCOMPLETE,
                    Layout.INGEST,
                    "the staging was not finished: run the node again until it reports complete");
        }
        problems.sort(Comparator.comparing(Problem::path).thenComparing(Problem::kind));
        long bytes = hashed.values().stream().mapToLong(BlobHashes.Hashed::size).sum();
        return new Result(receipt.map(Receipt::plan), images.size(), hashed.size(), new Bytes(bytes), problems);
    }

    /** What the folder is to hold, where its staging is not finished or its receipt is lost. */
    private Optional<Plan> plan() {
        try {
            return FolderUse.of(layout).whole().map(Plan::decode);
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty(); // what cannot be read cannot tell; the rest says what is wrong
        }
    }

    /** Whether something may be called needless: somebody has to say what is needed. */
    private boolean isNeedless(Predicate<Plan> plans) {
        return planned.isPresent() ? !plans.test(planned.get()) : tellsWhatIsNeeded;
    }

    private Optional<Receipt> readReceipt() throws IOException {
        try {
            return Optional.of(Receipt.decode(Files.readAllBytes(layout.file(Layout.RECEIPT))));
        } catch (NoSuchFileException e) {
            add(Kind.MISSING, Layout.RECEIPT, "receipt.json is missing: the staging was not finished");
        } catch (IllegalArgumentException e) {
            add(Kind.DAMAGED, Layout.RECEIPT, "receipt.json cannot be read: " + e.getMessage() + MEND);
        } catch (IOException e) {
            add(Kind.DAMAGED, Layout.RECEIPT, "receipt.json cannot be read: " + e.getMessage());
        }
        return Optional.empty();
    }

    private Map<String, Digest> readIndex() throws IOException {
        Map<String, Digest> images = new TreeMap<>();
        try {
            JsonNode index = JSON.readTree(Files.readAllBytes(layout.file(Layout.INDEX)));
            for (JsonNode descriptor : index.path("manifests")) {
                String name = descriptor
                        .path("annotations")
                        .path("org.opencontainers.image.ref.name")
                        .asString("");
                Digest digest = digestOf(descriptor);
                expect(digest, descriptor.path("size").asLong(-1));
                images.put(name, digest);
            }
        } catch (NoSuchFileException e) {
            add(Kind.MISSING, Layout.INDEX, "index.json is missing" + MEND);
        } catch (JacksonException e) {
            add(Kind.DAMAGED, Layout.INDEX, "index.json is not JSON" + MEND);
        } catch (IllegalArgumentException | IOException e) {
            add(Kind.DAMAGED, Layout.INDEX, "index.json cannot be read, " + e.getMessage() + MEND);
        }
        return images;
    }

    private List<Image> mergeImages(Map<String, Digest> indexed, Optional<Receipt> receipt) {
        List<Image> images = new ArrayList<>();
        Map<String, Digest> unstated = new TreeMap<>(indexed);
        for (Receipt.Image stated : receipt.map(Receipt::images).orElse(List.of())) {
            Digest digest = Digest.parse(stated.digest());
            if (!digest.equals(unstated.remove(stated.name())) && Files.exists(layout.file(Layout.INDEX))) {
                add(
                        Kind.CONTRADICTION,
                        Layout.INDEX,
                        "index.json does not name image " + stated.name() + " as the receipt does: " + digest,
                        stated.name());
            }
            List<Digest> platforms =
                    stated.platforms().stream().map(Digest::parse).toList();
            images.add(new Image(stated.name(), digest, Optional.of(platforms)));
        }
        unstated.forEach((name, digest) -> {
            if (receipt.isPresent()) {
                add(
                        Kind.CONTRADICTION,
                        Layout.RECEIPT,
                        "index.json names image " + name + ", which the receipt does not state",
                        name);
            }
            images.add(new Image(name, digest, Optional.empty()));
        });
        return images;
    }

    private void checkImageSafely(Image image) {
        try {
            checkImage(image);
        } catch (IllegalArgumentException e) {
            add(
                    Kind.DAMAGED,
                    path(image.manifest()),
                    "image " + image.name() + " names what no layout can hold: " + e.getMessage(),
                    image.name());
        }
    }

    private void checkImage(Image image) {
        Map<String, Digest> view = new HashMap<>();
        views.put(image.name(), view);
        view.put("manifest.json", image.manifest());
        use(image.manifest(), image.name());
        Optional<JsonNode> manifest = manifest(image.manifest());
        if (manifest.isEmpty()) {
            useWhatTheViewNames(image);
            return;
        }
        JsonNode listed = manifest.get().path("manifests");
        if (!listed.isArray()) {
            checkParts(image, view, manifest.get());
            return;
        }
        int staged = 0;
        for (JsonNode descriptor : listed) {
            Digest platform = digestOf(descriptor);
            boolean wanted = image.platforms()
                    .map(platforms -> platforms.contains(platform))
                    .orElseGet(() -> hashed.containsKey(platform.hex()));
            if (wanted) {
                staged++;
                expect(platform, descriptor.path("size").asLong(-1));
                use(platform, image.name());
                view.put(platform.hex() + ".manifest.json", platform);
                manifest(platform)
                        .ifPresentOrElse(parts -> checkParts(image, view, parts), () -> useWhatTheViewNames(image));
            }
        }
        if (staged == 0 || staged < image.platforms().map(List::size).orElse(0)) {
            add(
                    Kind.MISSING,
                    path(image.manifest()),
                    "image " + image.name() + " has " + staged + " of its "
                            + image.platforms().map(List::size).orElse(1) + " staged platforms: stage it again",
                    image.name());
        }
    }

    private void checkParts(Image image, Map<String, Digest> view, JsonNode manifest) {
        List<JsonNode> descriptors = new ArrayList<>();
        if (manifest.has("config")) {
            descriptors.add(manifest.get("config"));
        }
        manifest.path("layers").forEach(descriptors::add);
        for (JsonNode descriptor : descriptors) {
            Digest digest = digestOf(descriptor);
            boolean fetchedElsewhere = descriptor.has("urls") && !sizes.containsKey(digest);
            if (!fetchedElsewhere) {
                expect(digest, descriptor.path("size").asLong(-1));
                use(digest, image.name());
                view.put(digest.hex(), digest);
            }
        }
    }

    // A damaged manifest cannot say which blobs it needs; the names of the image's links still do.
    private void useWhatTheViewNames(Image image) {
        Path view = layout.images().resolve(image.name());
        if (!Files.isDirectory(view)) {
            return;
        }
        try {
            for (Path link : Layout.list(view)) {
                String name = link.getFileName().toString().replace(".manifest.json", "");
                if (name.matches("[0-9a-f]{64}")) {
                    use(Digest.ofHex(name), image.name());
                }
            }
        } catch (IOException e) {
            add(Kind.DAMAGED, Layout.IMAGES + "/" + image.name(), "this folder cannot be read: " + e, image.name());
        }
    }

    private Optional<JsonNode> manifest(Digest digest) {
        BlobHashes.Hashed file = hashed.get(digest.hex());
        if (file == null || !file.digest().equals(Optional.of(digest))) {
            return Optional.empty();
        }
        try {
            return Optional.of(JSON.readTree(Files.readAllBytes(layout.blob(digest))));
        } catch (JacksonException e) {
            add(Kind.DAMAGED, path(digest), "this manifest is not JSON: its registry has it wrong");
            return Optional.empty();
        } catch (IOException e) {
            add(Kind.DAMAGED, path(digest), "this manifest cannot be read: " + e.getMessage());
            return Optional.empty();
        }
    }

    private void checkBlobs() {
        Set<Digest> expected = new TreeSet<>(sizes.keySet());
        expected.addAll(users.keySet());
        for (Digest digest : expected) {
            BlobHashes.Hashed file = hashed.get(digest.hex());
            long size = sizes.getOrDefault(digest, -1L);
            if (file == null) {
                addBlob(Kind.MISSING, digest, "is missing");
            } else if (file.digest().isEmpty()) {
                addBlob(Kind.DAMAGED, digest, "cannot be read: " + file.failure());
            } else if (file.size() < size) {
                addBlob(Kind.TRUNCATED, digest, "has " + file.size() + " of " + size + " bytes");
            } else if (!file.digest().get().equals(digest)) {
                addBlob(
                        Kind.DAMAGED,
                        digest,
                        "is damaged: its content is " + file.digest().get());
            }
        }
        for (String name : hashed.keySet()) {
            boolean blob = name.matches("[0-9a-f]{64}");
            if (!blob
                    || (!expected.contains(Digest.ofHex(name))
                            && isNeedless(plan -> plan.contents().contains(Digest.ofHex(name))))) {
                add(
                        Kind.EXTRA,
                        "blobs/sha256/" + name,
                        "no image needs this file, and nothing says what it is: remove it");
            }
        }
    }

    private void checkBlobsFolder() throws IOException {
        Path blobs = layout.file(Layout.BLOBS);
        if (!Files.isDirectory(blobs)) {
            return;
        }
        for (Path file : Layout.list(blobs)) {
            if (!file.equals(layout.blobs())) {
                add(Kind.EXTRA, layout.folder().relativize(file).toString(), "only sha256 is expected here: remove it");
            }
        }
        if (Files.isDirectory(layout.blobs())) {
            for (Path file : Layout.list(layout.blobs())) {
                if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    add(Kind.EXTRA, layout.folder().relativize(file).toString(), "this is not a plain file: remove it");
                }
            }
        }
    }

    private void checkViews(List<Image> images) throws IOException {
        Set<String> known = new HashSet<>();
        for (Image image : images) {
            known.add(image.name());
            checkView(image);
        }
        if (Files.isDirectory(layout.images())) {
            for (Path file : Layout.list(layout.images())) {
                String name = file.getFileName().toString();
                if (!known.contains(name)
                        && isNeedless(plan -> plan.images().stream()
                                .anyMatch(image -> image.name().equals(name)))) {
                    add(
                            Kind.EXTRA,
                            layout.folder().relativize(file).toString(),
                            "index.json does not name this image: remove it");
                }
            }
        }
    }

    private void checkView(Image image) throws IOException {
        Path view = layout.images().resolve(image.name());
        String path = Layout.IMAGES + "/" + image.name();
        if (!Files.isDirectory(view)) {
            add(Kind.MISSING, path, "the folder of image " + image.name() + " is missing" + MEND, image.name());
            return;
        }
        if (!Layout.hasVersion(view)) {
            add(Kind.DAMAGED, path + "/version", "skopeo does not know this version of a folder" + MEND, image.name());
        }
        for (Path file : Layout.list(view)) {
            if (!Layout.isOfAView(file)) {
                add(Kind.EXTRA, path + "/" + file.getFileName(), "no image has such a file: remove it", image.name());
            }
        }
        for (Map.Entry<String, Digest> link : views.get(image.name()).entrySet()) {
            Path file = view.resolve(link.getKey());
            Path blob = layout.blob(link.getValue());
            if (!Files.exists(file)) {
                add(
                        Kind.MISSING,
                        path + "/" + link.getKey(),
                        "a link to " + link.getValue() + " is missing" + MEND,
                        image.name());
            } else if (Files.exists(blob) && !Files.isSameFile(file, blob)) {
                add(
                        Kind.MISLINKED,
                        path + "/" + link.getKey(),
                        "this is not the file of " + link.getValue() + " but another" + MEND,
                        image.name());
            }
        }
    }

    private void checkTexts(Optional<Receipt> receipt) {
        for (Receipt.Content text : receipt.map(Receipt::files).orElse(List.of())) {
            try {
                Digest named = Digest.parse(text.digest());
                boolean link = !text.source().isEmpty(); // an empty text is not the empty layer that an image may have
                if (link && hashed.containsKey(named.hex())) {
                    checkLink(text.name(), named);
                    continue;
                }
                byte[] content = Files.readAllBytes(layout.file(text.name()));
                if (content.length < text.size()) {
                    add(
                            Kind.TRUNCATED,
                            text.name(),
                            text.name() + " has " + content.length + " of " + text.size() + " bytes" + MEND);
                } else if (!Digest.of(content).toString().equals(text.digest())) {
                    add(Kind.DAMAGED, text.name(), text.name() + " is not what was staged" + MEND);
                }
            } catch (NoSuchFileException e) {
                add(Kind.MISSING, text.name(), text.name() + " is missing" + MEND);
            } catch (IOException e) {
                add(Kind.DAMAGED, text.name(), text.name() + " cannot be read: " + e);
            }
        }
    }

    /** A file that is a blob under another name is not read twice. */
    private void checkLink(String name, Digest blob) throws IOException {
        if (!Files.exists(layout.file(name))) {
            throw new NoSuchFileException(name);
        }
        if (!Files.isSameFile(layout.file(name), layout.blob(blob))) {
            add(Kind.MISLINKED, name, name + " is not the file of " + blob + " but another" + MEND);
        }
    }

    private void checkLayoutFile() throws IOException {
        try {
            JsonNode file = JSON.readTree(Files.readAllBytes(layout.file(Layout.OCI_LAYOUT)));
            if (!file.path("imageLayoutVersion").asString("").equals("1.0.0")) {
                add(Kind.DAMAGED, Layout.OCI_LAYOUT, "oci-layout does not name version 1.0.0");
            }
        } catch (NoSuchFileException e) {
            add(Kind.MISSING, Layout.OCI_LAYOUT, "oci-layout is missing");
        } catch (JacksonException e) {
            add(Kind.DAMAGED, Layout.OCI_LAYOUT, "oci-layout cannot be read: " + e.getOriginalMessage());
        }
    }

    // What is kept for a repair is not needed for anything else, so that its absence is no problem.
    private void checkRepair(Optional<Receipt> receipt) throws IOException {
        if (receipt.isEmpty() || Files.exists(layout.ingest()) || !Files.isDirectory(layout.repair())) {
            return;
        }
        Digest plan = Digest.parse(receipt.get().plan());
        for (Path file : Layout.list(layout.repair())) {
            String path = Layout.REPAIR + "/" + file.getFileName();
            if (file.equals(layout.keptPlan(plan))) {
                if (!Digest.of(Files.readAllBytes(file)).equals(plan)) {
                    add(Kind.DAMAGED, path, "the plan that is kept for a repair is damaged");
                }
            } else if (Layout.kept(file, "journal").filter(sizes::containsKey).isEmpty()) {
                add(Kind.EXTRA, path, "nothing here is repaired with this file: remove it");
            }
        }
    }

    private void expect(Digest digest, long size) {
        sizes.merge(digest, size, Math::max);
    }

    private void use(Digest digest, String image) {
        users.computeIfAbsent(digest, unused -> new TreeSet<>()).add(image);
    }

    private void addBlob(Kind kind, Digest digest, String what) {
        Set<String> hit = users.getOrDefault(digest, Set.of());
        problems.add(new Problem(kind, path(digest), "blob " + digest + " " + what + MEND, List.copyOf(hit)));
    }

    private void add(Kind kind, String path, String sentence, String... images) {
        problems.add(new Problem(kind, path, sentence, Arrays.asList(images)));
    }

    private static String path(Digest digest) {
        return "blobs/sha256/" + digest.hex();
    }

    private static Digest digestOf(JsonNode descriptor) {
        return Digest.parse(descriptor.path("digest").asString(""));
    }
}
