package io.prestage.node.store;

import io.prestage.node.store.StoreException.Reason;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Knows the files of a data partition by name, and writes those that make a folder of verified blobs an OCI image layout.
 *
 * <p>Every file appears under its name whole and flushed. Holds no state but the folder.
 */
final class Layout {
    static final String OCI_LAYOUT = "oci-layout";
    static final String INDEX = "index.json";
    static final String RECEIPT = "receipt.json";
    static final String BLOBS = "blobs";
    static final String IMAGES = "images";
    static final String INGEST = "ingest";
    static final String PLAN = "plan.json";
    static final String REPAIR = "repair";

    /** Names that a plan's text file cannot have. */
    static final Set<String> OWN_NAMES =
            Set.of(OCI_LAYOUT, INDEX, RECEIPT, BLOBS, IMAGES, INGEST, REPAIR, "lost+found", PLAN);

    /** Lists that every run writes; those of a former run, or of the program that came before this one, are in nobody's way. */
    static final Set<String> LISTS =
            Set.of("imageset.yaml", "mapping.txt", "ai-images.txt", "ocp-images.txt", "ignored-images.txt");

    private static final String DRAFT = "draft";
    static final byte[] DIR_VERSION = "Directory Transport Version: 1.1\n".getBytes(StandardCharsets.UTF_8);
    private static final Pattern OF_A_VIEW =
            Pattern.compile("version|manifest\\.json|[0-9a-f]{64}(\\.manifest\\.json)?");
    private static final Pattern KEPT = Pattern.compile("([0-9a-f]{64})\\.(plan|journal)");
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Path folder;

    Layout(Path folder) {
        this.folder = folder;
    }

    /** The media types of a plan's manifests. */
    static final class MediaTypes {
        private final Map<Digest, String> types = new HashMap<>();

        MediaTypes(Plan plan) {
            plan.manifests().forEach(manifest -> types.put(manifest.digest(), manifest.mediaType()));
        }

        /** The media type of the manifest, or the OCI one if the plan has it as a blob. */
        String of(Digest manifest) {
            return types.getOrDefault(manifest, "application/vnd.oci.image.manifest.v1+json");
        }
    }

    Path folder() {
        return folder;
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    Path blobs() {
        return folder.resolve(BLOBS).resolve("sha256");
    }

    Path blob(Digest digest) {
        return blobs().resolve(digest.hex());
    }

    Path images() {
        return folder.resolve(IMAGES);
    }

    Path ingest() {
        return folder.resolve(INGEST);
    }

    Path plan() {
        return ingest().resolve(PLAN);
    }

    /** What a complete folder keeps for the day on which it is found to be damaged. */
    Path repair() {
        return folder.resolve(REPAIR);
    }

    /** Where a plan is kept, in its canonical bytes, whose digest is its name. */
    Path keptPlan(Digest plan) {
        return repair().resolve(plan.hex() + ".plan");
    }

    /** Where it is kept what the pieces of a verified blob hash to. */
    Path keptJournal(Digest blob) {
        return repair().resolve(blob.hex() + ".journal");
    }

    /** What is kept under this name: a plan, or a blob's journal. */
    static Optional<Digest> kept(Path file, String kind) {
        Matcher name = KEPT.matcher(file.getFileName().toString());
        return name.matches() && name.group(2).equals(kind)
                ? Optional.of(Digest.ofHex(name.group(1)))
                : Optional.empty();
    }

    static byte[] bytes(Plan.TextFile file) {
        return file.text().getBytes(StandardCharsets.UTF_8);
    }

    /** Writes a file beside its place under a name in {@code ingest/}, flushes it, and moves it there. */
    void write(Path target, byte[] content) throws IOException {
        Path draft = ingest().resolve(DRAFT);
        try (FileChannel channel = FileChannel.open(
                draft, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer left = ByteBuffer.wrap(content);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        }
        Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Flushes what was created, moved and removed in a folder. */
    static void flush(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Writes everything but the receipt; what is there already and right is left as it is. */
    void writeAll(Plan plan) throws IOException {
        writeViews(plan);
        for (Plan.TextFile file : plan.files()) {
            write(file(file.name()), bytes(file));
        }
        for (Plan.NamedFile file : plan.named()) {
            link(file);
        }
        write(file(INDEX), index(plan));
        flush(folder);
    }

    private void link(Plan.NamedFile named) throws IOException {
        Path target = file(named.name());
        Path blob = blob(named.contentDigest());
        if (Files.exists(target) && Files.isSameFile(target, blob)) {
            return;
        }
        Path draft = ingest().resolve(DRAFT);
        Files.deleteIfExists(draft);
        Files.createLink(draft, blob);
        Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Keeps the plan, and of the blobs' journals those that are this plan's. */
    void keepForRepair(Plan plan) throws IOException {
        Files.createDirectories(repair());
        write(keptPlan(plan.digest()), plan.encode());
        Set<Digest> blobs = new HashSet<>();
        plan.blobs().forEach(blob -> blobs.add(blob.contentDigest()));
        for (Path file : list(repair())) {
            boolean otherPlan = kept(file, "plan")
                    .filter(digest -> !digest.equals(plan.digest()))
                    .isPresent();
            boolean otherBlob = kept(file, "journal")
                    .filter(digest -> !blobs.contains(digest))
                    .isPresent();
            if (otherPlan || otherBlob) {
                Files.delete(file);
            }
        }
        flush(repair());
    }

    /** Removes the links to blobs, which must not outlive them: the views of their images, and files of other names. */
    void removeLinks(Plan plan, Set<Digest> blobs) throws IOException {
        for (Plan.Image image : plan.images()) {
            if (viewOf(image).values().stream().anyMatch(blobs::contains)) {
                removeView(image.name());
            }
        }
        for (Plan.NamedFile named : plan.named()) {
            if (blobs.contains(named.contentDigest())) {
                Files.deleteIfExists(file(named.name()));
            }
        }
    }

    /**
     * Looks whether what a plan is to have at the places of its images and files can be there, before anything is changed.
     *
     * @throws StoreException if something else is in the way
     */
    void requireRoom(Plan plan) throws StoreException {
        for (Plan.Image image : plan.images()) {
            Path view = images().resolve(image.name());
            if (Files.exists(view, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(view, LinkOption.NOFOLLOW_LINKS)) {
                throw inTheWay(view, "is no folder");
            }
        }
        List<String> names = new ArrayList<>(List.of(INDEX, RECEIPT));
        plan.files().forEach(file -> names.add(file.name()));
        plan.named().forEach(file -> names.add(file.name()));
        for (String name : names) {
            if (Files.isDirectory(file(name), LinkOption.NOFOLLOW_LINKS)) {
                throw inTheWay(file(name), "is a folder");
            }
        }
    }

    private static StoreException inTheWay(Path place, String what) {
        return new StoreException(
                Reason.OTHER_PLAN, place + " " + what + " and in the way of what is staged there: move it away");
    }

    /** Whether a file's name is one that an image's view can have. */
    static boolean isOfAView(Path file) {
        return OF_A_VIEW.matcher(file.getFileName().toString()).matches();
    }

    /** Removes an image's view, save for files that no view has. */
    void removeView(String image) throws IOException {
        Path view = images().resolve(image);
        if (!Files.isDirectory(view, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        for (Path file : list(view)) {
            if (isOfAView(file)) {
                Files.delete(file);
            }
        }
        deleteIfEmpty(view);
    }

    /** Removes {@code ingest/} with all that is in it, the plan last. */
    void removeIngest() throws IOException {
        if (!Files.isDirectory(ingest())) {
            return;
        }
        for (Path file : list(ingest())) {
            if (!file.equals(plan())) {
                deleteTree(file);
            }
        }
        Files.deleteIfExists(plan());
        Files.delete(ingest());
        flush(folder);
    }

    /** Whether a folder is what a start or an end that was interrupted leaves of {@code ingest/}. */
    static boolean isLeftover(Path ingest) throws IOException {
        return Files.isDirectory(ingest, LinkOption.NOFOLLOW_LINKS)
                && list(ingest).stream()
                        .allMatch(file -> file.getFileName().toString().equals(DRAFT));
    }

    static void deleteIfEmpty(Path folder) throws IOException {
        if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) && list(folder).isEmpty()) {
            Files.delete(folder);
        }
    }

    /** The names in a folder; none if it is absent. To look for many files at once: each that is missed costs an exception. */
    static Set<String> names(Path folder) throws IOException {
        return Files.isDirectory(folder)
                ? list(folder).stream()
                        .map(file -> file.getFileName().toString())
                        .collect(Collectors.toSet())
                : Set.of();
    }

    static List<Path> list(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
            stream.forEach(files::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return files;
    }

    /** The links of an image's view: the digest behind each file name. */
    static Map<String, Digest> viewOf(Plan.Image image) {
        return links(image.manifestDigest(), image.platformDigests(), image.blobDigests());
    }

    static Map<String, Digest> links(Digest manifest, List<Digest> platforms, List<Digest> blobs) {
        Map<String, Digest> links = new HashMap<>();
        blobs.forEach(digest -> links.put(digest.hex(), digest));
        platforms.forEach(digest -> links.put(digest.hex() + ".manifest.json", digest));
        links.put("manifest.json", manifest);
        return links;
    }

    private void writeViews(Plan plan) throws IOException {
        Files.createDirectories(images());
        Path draft = ingest().resolve("draft-view");
        for (Plan.Image image : plan.images()) {
            Path view = images().resolve(image.name());
            if (isView(view, image)) {
                continue;
            }
            removeView(image.name());
            deleteTree(draft);
            Files.createDirectory(draft);
            Files.write(draft.resolve("version"), DIR_VERSION);
            for (Map.Entry<String, Digest> link : viewOf(image).entrySet()) {
                Files.createLink(draft.resolve(link.getKey()), blob(link.getValue()));
            }
            try (FileChannel version = FileChannel.open(draft.resolve("version"), StandardOpenOption.WRITE)) {
                version.force(true);
            }
            flush(draft);
            place(draft, view);
        }
        flush(images());
    }

    private static void place(Path draft, Path view) throws IOException {
        if (!Files.isDirectory(view, LinkOption.NOFOLLOW_LINKS)) {
            Files.move(draft, view, StandardCopyOption.ATOMIC_MOVE);
            return;
        }
        for (Path file : list(draft)) { // beside what somebody else has put there
            Files.move(file, view.resolve(file.getFileName()), StandardCopyOption.ATOMIC_MOVE);
        }
        flush(view);
        Files.delete(draft);
    }

    /** Whether skopeo knows a folder by its version file. */
    static boolean hasVersion(Path view) throws IOException {
        Path version = view.resolve("version");
        return Files.isRegularFile(version) && Arrays.equals(Files.readAllBytes(version), DIR_VERSION);
    }

    private boolean isView(Path view, Plan.Image image) throws IOException {
        if (!hasVersion(view)) {
            return false;
        }
        for (Map.Entry<String, Digest> link : viewOf(image).entrySet()) {
            Path file = view.resolve(link.getKey());
            if (!Files.exists(file) || !Files.isSameFile(file, blob(link.getValue()))) {
                return false;
            }
        }
        return true;
    }

    private static byte[] index(Plan plan) {
        MediaTypes types = new MediaTypes(plan);
        Map<Digest, Long> sizes = new HashMap<>();
        plan.blobs().forEach(blob -> sizes.put(blob.contentDigest(), blob.size()));
        plan.manifests().forEach(manifest -> sizes.put(manifest.digest(), (long) manifest.content().length));
        ObjectNode index = JSON.createObjectNode();
        index.put("schemaVersion", 2);
        index.put("mediaType", "application/vnd.oci.image.index.v1+json");
        ArrayNode manifests = index.putArray("manifests");
        for (Plan.Image image : plan.images()) {
            ObjectNode descriptor = manifests.addObject();
            descriptor.put("mediaType", types.of(image.manifestDigest()));
            descriptor.put("digest", image.manifest());
            descriptor.put("size", sizes.get(image.manifestDigest()));
            descriptor.putObject("annotations").put("org.opencontainers.image.ref.name", image.name());
        }
        return JSON.writeValueAsBytes(index);
    }

    private static void deleteTree(Path tree) throws IOException {
        if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> walk = Files.walk(tree)) {
            files = new ArrayList<>(walk.toList());
        }
        Collections.reverse(files);
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
