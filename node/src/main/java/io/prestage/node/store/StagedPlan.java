package io.prestage.node.store;

import io.prestage.node.store.StoreException.Reason;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Makes the plan of a data partition again, from its receipt and its manifests. */
public final class StagedPlan {
    private final StagedFiles files;
    private final Receipt receipt;
    private final Elsewhere elsewhere;
    private final Map<Digest, Plan.Manifest> manifests = new LinkedHashMap<>();
    private final Map<Digest, Plan.Blob> blobs = new LinkedHashMap<>();

    private StagedPlan(StagedFiles files, Receipt receipt, Elsewhere elsewhere) {
        this.files = files;
        this.receipt = receipt;
        this.elsewhere = elsewhere;
    }

    /**
     * The plan of a complete partition. It has the digest that the receipt names.
     *
     * @throws StoreException if the partition is not complete or is not what its receipt states
     */
    public static Plan of(StagedFiles files) throws StoreException {
        return of(files, StagedPlan::nowhere);
    }

    /**
     * The plan of a folder that may be damaged: the one that is being staged there, else the one that it keeps; or else made
     * again, if receipt and texts are what was staged and manifests that are damaged or absent can be had elsewhere.
     *
     * @throws StoreException if the folder does not tell any more what it is to hold
     */
    public static Plan toRepair(Path folder, Elsewhere elsewhere) throws StoreException {
        Layout layout = new Layout(folder.toAbsolutePath().normalize());
        Optional<Plan> whole = decoded(layout, FolderUse::whole);
        return whole.isPresent() ? whole.get() : of(StagedFiles.at(layout.folder()), elsewhere);
    }

    private static Plan of(StagedFiles files, Elsewhere elsewhere) throws StoreException {
        return read(files, elsewhere, staged -> {
            Plan plan = staged.with(staged.texts());
            if (!plan.digest().toString().equals(staged.receipt.plan())) {
                throw new StoreException(
                        Reason.CORRUPT,
                        files.place() + " is not what its receipt states: look what is wrong with 'prestage verify'");
            }
            return plan;
        });
    }

    /**
     * What a folder holds or is to hold: the plan that is being staged there, else the one that was and is kept; else made again
     * from receipt and manifests, without its texts, which people may have edited since.
     *
     * @return nothing if the folder is absent or holds neither
     * @throws StoreException if there is one and it cannot be read
     */
    public static Optional<Plan> in(Path folder) throws StoreException {
        Layout layout = new Layout(folder.toAbsolutePath().normalize());
        Optional<Plan> whole = decoded(layout, FolderUse::whole);
        if (whole.isPresent()) {
            return whole;
        }
        return FolderUse.of(layout).receipt().isPresent()
                ? Optional.of(
                        read(StagedFiles.at(layout.folder()), StagedPlan::nowhere, staged -> staged.with(List.of())))
                : Optional.empty();
    }

    /**
     * The plan that is being staged in a folder, or was when that was broken off.
     *
     * @return nothing if the folder is complete, absent, or holds no plan
     * @throws StoreException if there is one and it cannot be read
     */
    public static Optional<Plan> unfinished(Path folder) throws StoreException {
        return decoded(new Layout(folder.toAbsolutePath().normalize()), FolderUse::unfinished);
    }

    private interface Encoded {
        Optional<byte[]> of(FolderUse use) throws IOException;
    }

    private static Optional<Plan> decoded(Layout layout, Encoded plan) throws StoreException {
        try {
            return plan.of(FolderUse.of(layout)).map(Plan::decode);
        } catch (IllegalArgumentException e) {
            throw new StoreException(
                    Reason.CORRUPT,
                    layout.plan() + " cannot be read: " + e.getMessage() + "; remove that folder to begin anew",
                    e);
        } catch (IOException e) {
            throw StoreException.of(layout.folder(), "see what is there", e);
        }
    }

    /** Where a manifest is to be had that a folder lacks. */
    @FunctionalInterface
    public interface Elsewhere {
        /**
         * Gets it.
         *
         * @param source the reference of an image that needs it
         * @return bytes, which are compared with the digest
         */
        byte[] manifest(String source, Digest digest) throws IOException;
    }

    private interface Reading {
        Plan plan(StagedPlan staged) throws IOException;
    }

    private static byte[] nowhere(String source, Digest manifest) throws IOException {
        throw new IOException("the manifest " + manifest + " is damaged or missing");
    }

    private static Plan read(StagedFiles files, Elsewhere elsewhere, Reading reading) throws StoreException {
        try {
            if (files.find(Layout.RECEIPT).isEmpty()) {
                throw new StoreException(
                        Reason.CORRUPT,
                        files.place()
                                + " has no receipt.json: it is no data partition, or its staging was not finished");
            }
            return reading.plan(new StagedPlan(files, Receipt.decode(files.read(Layout.RECEIPT)), elsewhere));
        } catch (StoreException e) {
            throw e;
        } catch (IOException | IllegalArgumentException | JacksonException e) {
            throw new StoreException(
                    Reason.CORRUPT,
                    files.place() + " cannot be read (" + e.getMessage()
                            + "): look what is wrong with 'prestage verify', and mend it with its --repair",
                    e);
        }
    }

    private Plan with(List<Plan.TextFile> texts) throws IOException {
        Map<Digest, Long> sizes = new LinkedHashMap<>();
        receipt.contents().forEach(content -> sizes.put(Digest.parse(content.digest()), content.size()));
        List<Plan.Image> images = new ArrayList<>();
        for (Receipt.Image image : receipt.images()) {
            images.add(image(image, sizes));
        }
        List<Plan.NamedFile> named = new ArrayList<>();
        for (Receipt.Content file : receipt.files()) {
            if (!file.source().isEmpty()) {
                named.add(new Plan.NamedFile(file.name(), file.digest()));
                blobs.putIfAbsent(
                        Digest.parse(file.digest()), new Plan.Blob(file.digest(), file.size(), file.source()));
            }
        }
        blobs.keySet().removeAll(manifests.keySet());
        return Plan.of(receipt.request(), images, manifests.values(), blobs.values(), texts, named);
    }

    private List<Plan.TextFile> texts() throws IOException {
        List<Plan.TextFile> texts = new ArrayList<>();
        for (Receipt.Content file : receipt.files()) {
            if (file.source().isEmpty()) {
                texts.add(new Plan.TextFile(file.name(), new String(files.read(file.name()), StandardCharsets.UTF_8)));
            }
        }
        return texts;
    }

    private Plan.Image image(Receipt.Image image, Map<Digest, Long> sizes) throws IOException {
        Digest root = Digest.parse(image.digest());
        addManifest(root, image.mediaType(), image.source());
        Set<String> needed = new LinkedHashSet<>();
        if (image.platforms().isEmpty()) {
            addBlobs(root, image.source(), sizes, needed);
        }
        for (String platform : image.platforms()) {
            Digest digest = Digest.parse(platform);
            addManifest(digest, mediaType(digest), image.source());
            addBlobs(digest, image.source(), sizes, needed);
        }
        return new Plan.Image(image.name(), image.source(), image.digest(), image.platforms(), List.copyOf(needed));
    }

    private String mediaType(Digest manifest) throws IOException {
        for (Plan.Manifest index : manifests.values()) {
            for (JsonNode listed : json(index.content()).path("manifests").values()) {
                if (listed.path("digest").asString("").equals(manifest.toString())) {
                    return listed.path("mediaType").asString("");
                }
            }
        }
        throw new IOException("no index names the manifest " + manifest);
    }

    private void addManifest(Digest digest, String mediaType, String source) throws IOException {
        if (!manifests.containsKey(digest)) {
            String name = Layout.BLOBS + "/sha256/" + digest.hex();
            byte[] content = files.find(name).isPresent() ? files.read(name) : new byte[0];
            if (!Digest.of(content).equals(digest)) {
                content = elsewhere.manifest(source, digest);
            }
            if (!Digest.of(content).equals(digest)) {
                throw new IOException("what is served as the manifest " + digest + " is another");
            }
            manifests.put(digest, new Plan.Manifest(mediaType, content));
        }
    }

    private void addBlobs(Digest manifest, String source, Map<Digest, Long> sizes, Set<String> needed) {
        JsonNode json = json(manifests.get(manifest).content());
        List<JsonNode> descriptors = new ArrayList<>();
        if (json.path("config").isObject()) {
            descriptors.add(json.path("config"));
        }
        descriptors.addAll(json.path("layers").values());
        for (JsonNode descriptor : descriptors) {
            Digest digest = Digest.parse(descriptor.path("digest").asString(""));
            if (sizes.containsKey(digest)) {
                needed.add(digest.toString());
                blobs.putIfAbsent(
                        digest,
                        new Plan.Blob(
                                digest.toString(),
                                sizes.get(digest),
                                elsewhere(descriptor).orElse(nameOf(source))));
            }
        }
    }

    /** The address of a layer that registries may not pass on. */
    private static Optional<String> elsewhere(JsonNode descriptor) {
        return descriptor.path("urls").values().stream()
                .map(url -> url.asString(""))
                .filter(url -> url.startsWith("https://") || url.startsWith("http://"))
                .findFirst();
    }

    /** The reference without tag and digest. */
    private static String nameOf(String source) {
        String name = source.contains("@") ? source.substring(0, source.indexOf('@')) : source;
        int colon = name.lastIndexOf(':');
        return colon > name.lastIndexOf('/') ? name.substring(0, colon) : name;
    }

    private static JsonNode json(byte[] content) {
        return JsonMapper.shared().readTree(content);
    }
}
