package io.prestage.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What to stage: the images, the manifests themselves, the blobs with their sizes, the text files.
 *
 * <p>A plan is itself content-addressed: {@link #encode} writes canonical JSON (UTF-8, keys in alphabetical order, no white
 * space, manifests as base64), and the plan's digest is the SHA-256 of those bytes. {@link #decode} accepts nothing but that
 * form, so one plan has one digest.
 *
 * <p>Manifests are small and travel in the plan, byte for byte as the registry served them; configs and layers are the blobs,
 * which the swarm exchanges in pieces.
 *
 * <p>A value, and safe for every thread. It keeps its canonical form, as many bytes, once that was asked for: a release's takes a while
 * to write.
 */
public final class Plan {
    /** The version of this format. */
    public static final int VERSION = 1;

    /** The smallest piece: below it, messages cost more than they spread. */
    public static final int MIN_PIECE = 64 << 10;

    /** The largest piece: a node holds a few of them in memory for each neighbour. */
    public static final int MAX_PIECE = 2 << 20;

    /** A piece that costs a node little beside its bytes. */
    static final int GOOD_PIECE = 256 << 10;

    /** Pieces that a large content should have at the least. */
    private static final int MANY = 2000;

    /** Pieces that any content should have at the least. */
    private static final int FEW = 1000;

    /** The most bytes that a plan may have; a release of 190 images has about 1 MiB. */
    public static final int MAX_ENCODED = 64 << 20;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .disable(MapperFeature.SORT_CREATOR_PROPERTIES_FIRST)
            // or else each class of lists is made out on its own, in the moment when a plan comes
            .enable(MapperFeature.USE_STATIC_TYPING)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final String request;
    private final int pieceSize;
    private final List<Image> images;
    private final List<Manifest> manifests;
    private final List<Blob> blobs;
    private final List<TextFile> files;
    private final List<NamedFile> named;

    /** What {@link #encode} gave, and its digest; null before. */
    private volatile Encoded encoded;

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Encoded(byte[] content, Digest digest) {}

    /**
     * One image.
     *
     * @param name the artifact name: of the image's folder under {@code images/} and of its descriptor in {@code index.json}
     * @param source the reference that it was asked for by
     * @param manifest digest of the manifest or index that the reference names
     * @param platforms digests of the manifests below that index which are staged; empty where {@code manifest} is no index
     * @param blobs digests of the configs and layers that these need, each once
     */
    public record Image(
            @JsonProperty("name") String name,
            @JsonProperty("source") String source,
            @JsonProperty("manifest") String manifest,
            @JsonProperty("platforms") List<String> platforms,
            @JsonProperty("blobs") List<String> blobs) {
        /** Checks the name, which becomes a folder's, and the digests. */
        public Image {
            requireFileName(name);
            Objects.requireNonNull(source, "source");
            Digest.parse(manifest);
            platforms = List.copyOf(platforms);
            blobs = List.copyOf(blobs);
            platforms.forEach(Digest::parse);
            blobs.forEach(Digest::parse);
        }

        /** The manifest or index that the reference names. */
        public Digest manifestDigest() {
            return Digest.parse(manifest);
        }

        /** The staged manifests below the index. */
        public List<Digest> platformDigests() {
            return platforms.stream().map(Digest::parse).toList();
        }

        /** The configs and layers. */
        public List<Digest> blobDigests() {
            return blobs.stream().map(Digest::parse).toList();
        }
    }

    /**
     * One manifest or index.
     *
     * @param mediaType as the registry gave it
     * @param content as the registry served it, byte for byte
     */
    @SuppressWarnings("ArrayRecordComponent") // equals, hashCode and both accessors treat it as a value
    public record Manifest(
            @JsonProperty("mediaType") String mediaType,
            @JsonProperty("content") byte[] content) {
        /** Copies the content. */
        public Manifest {
            Objects.requireNonNull(mediaType, "mediaType");
            content = content.clone();
        }

        /** A copy of the content. */
        @Override
        public byte[] content() {
            return content.clone();
        }

        /** The digest of the content. */
        public Digest digest() {
            return Digest.of(content);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Manifest that
                    && mediaType.equals(that.mediaType)
                    && Arrays.equals(content, that.content);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(content);
        }

        @Override
        public String toString() {
            return mediaType + " " + digest();
        }
    }

    /**
     * One config or layer.
     *
     * @param digest names and proves the content
     * @param size bytes, 0 or more
     * @param source the repository that an owner fetches it from, as {@code host[:port]/repository}, or the address of a file,
     *     {@code https://host/path}
     */
    public record Blob(
            @JsonProperty("digest") String digest,
            @JsonProperty("size") long size,
            @JsonProperty("source") String source) {
        /** Checks digest and size. */
        public Blob {
            Digest.parse(digest);
            Objects.requireNonNull(source, "source");
            if (size < 0) {
                throw new IllegalArgumentException("blob " + digest + " has a negative size: " + size);
            }
        }

        /** The digest that names and proves the content. */
        public Digest contentDigest() {
            return Digest.parse(digest);
        }
    }

    /**
     * One text file beside the blobs.
     *
     * @param name the file's name, without a folder
     * @param text its content
     */
    public record TextFile(
            @JsonProperty("name") String name,
            @JsonProperty("text") String text) {
        /** Checks the name. */
        public TextFile {
            requireFileName(name);
            Objects.requireNonNull(text, "text");
        }
    }

    /**
     * One blob that is a file of its own.
     *
     * @param name the file's name, without a folder
     * @param digest which blob it is
     */
    public record NamedFile(
            @JsonProperty("name") String name,
            @JsonProperty("digest") String digest) {
        /** Checks the name and the digest. */
        public NamedFile {
            requireFileName(name);
            Digest.parse(digest);
        }

        /** The digest that names and proves the content. */
        public Digest contentDigest() {
            return Digest.parse(digest);
        }
    }

    /** A plan without files of their own. */
    public Plan(
            int version,
            String request,
            int pieceSize,
            List<Image> images,
            List<Manifest> manifests,
            List<Blob> blobs,
            List<TextFile> files) {
        this(version, request, pieceSize, images, manifests, blobs, files, List.of());
    }

    /**
     * A plan of these parts.
     *
     * @param version {@link #VERSION}; a node refuses any other
     * @param request what the seed was asked for, in a form in which two seeds that were asked for the same say the same
     * @param pieceSize bytes of every piece but a blob's last; a power of two from {@link #MIN_PIECE} to {@link #MAX_PIECE}
     * @param images what people know the content as
     * @param manifests the manifests and indexes that the images consist of, each once
     * @param blobs the configs and layers that the images consist of, each once, in the order in which they are fetched
     * @param files the text files that every node writes beside the blobs
     * @param named blobs that belong to no image and stand beside the others under names of their own; null for none
     * @throws IllegalArgumentException if a blob or a name stands twice, if an image names what the plan lacks, or if the plan
     *     has more pieces than {@link Pieces#MAX}
     */
    @JsonCreator
    public Plan(
            @JsonProperty("version") int version,
            @JsonProperty("request") String request,
            @JsonProperty("pieceSize") int pieceSize,
            @JsonProperty("images") List<Image> images,
            @JsonProperty("manifests") List<Manifest> manifests,
            @JsonProperty("blobs") List<Blob> blobs,
            @JsonProperty("files") List<TextFile> files,
            @JsonProperty("named") List<NamedFile> named) {
        if (version != VERSION) {
            throw new IllegalArgumentException("the plan has version " + version + ", this program reads " + VERSION);
        }
        if (pieceSize < MIN_PIECE || pieceSize > MAX_PIECE || Integer.bitCount(pieceSize) != 1) {
            throw new IllegalArgumentException("a piece cannot have " + pieceSize + " bytes");
        }
        this.request = Objects.requireNonNull(request, "request");
        this.pieceSize = pieceSize;
        this.images = List.copyOf(images);
        this.manifests = List.copyOf(manifests);
        this.blobs = List.copyOf(blobs);
        this.files = List.copyOf(files);
        this.named = named == null ? List.of() : List.copyOf(named);
        requireConsistent();
    }

    private void requireConsistent() {
        Set<String> known = new HashSet<>();
        long pieces = 0;
        for (Blob blob : blobs) {
            require(known.add(blob.digest()), "the plan names blob twice: " + blob.digest());
            pieces = Math.addExact(pieces, Pieces.pieces(blob.size(), pieceSize));
            require(pieces <= Pieces.MAX, "the plan has more pieces than " + Pieces.MAX);
        }
        for (Manifest manifest : manifests) {
            require(known.add(manifest.digest().toString()), "the plan names a manifest twice: " + manifest);
        }
        Set<String> names = new HashSet<>();
        for (Image image : images) {
            require(names.add(image.name()), "the plan names image twice: " + image.name());
            requireAll(known, image, List.of(image.manifest()));
            requireAll(known, image, image.platforms());
            requireAll(known, image, image.blobs());
        }
        for (TextFile file : files) {
            require(names.add("/" + file.name()), "the plan names file twice: " + file.name());
        }
        for (NamedFile file : named) {
            require(names.add("/" + file.name()), "the plan names file twice: " + file.name());
            require(known.contains(file.digest()), "file " + file.name() + " is a blob that the plan lacks");
        }
    }

    /**
     * A plan of such content, with the piece size that its total asks for and the largest blobs first, so that the last one to
     * arrive is a small one.
     *
     * @param blobs in any order
     * @throws IllegalArgumentException if the parts do not fit together
     */
    public static Plan of(
            String request,
            List<Image> images,
            Collection<Manifest> manifests,
            Collection<Blob> blobs,
            List<TextFile> files,
            List<NamedFile> named) {
        long total = blobs.stream().mapToLong(Blob::size).sum();
        List<Blob> largestFirst = blobs.stream()
                .sorted(Comparator.comparingLong(Blob::size).reversed())
                .toList();
        return new Plan(
                VERSION, request, pieceSizeFor(total), images, List.copyOf(manifests), largestFirst, files, named);
    }

    /**
     * The piece size for so much content: 2,000 pieces or more once they are of {@link #GOOD_PIECE}, as a fleet of thousands needs
     * them; below that {@value #FEW} pieces or more, since the last one of a server is waited for whole.
     * {@code docs/decisions/0002-swarm-constants.md} has the experiments.
     *
     * @param total bytes of all blobs
     */
    public static int pieceSizeFor(long total) {
        long many = Long.highestOneBit(Math.max(total / MANY, 1));
        long few = Long.highestOneBit(Math.max(total / FEW, 1));
        long size = Math.max(many, Math.min(few, GOOD_PIECE));
        return (int) Math.min(MAX_PIECE, Math.max(MIN_PIECE, size));
    }

    /**
     * Reads a plan.
     *
     * @throws IllegalArgumentException if these bytes are no canonical plan of this version, with the reason
     */
    public static Plan decode(byte[] encoded) {
        if (encoded.length > MAX_ENCODED) {
            throw new IllegalArgumentException("a plan has at most " + MAX_ENCODED + " bytes, not " + encoded.length);
        }
        Plan plan;
        try {
            plan = JSON.readValue(encoded, Plan.class);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("this is not a plan: " + e.getOriginalMessage(), e);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("this is not a plan: " + e.getMessage(), e);
        }
        if (plan == null || !Arrays.equals(plan.encoded().content(), encoded)) {
            throw new IllegalArgumentException("this plan is not in its canonical form");
        }
        return plan;
    }

    /** The canonical JSON, whose SHA-256 is the plan's digest; a copy. */
    public byte[] encode() {
        return encoded().content().clone();
    }

    /** The plan's name: the digest of its canonical form. */
    public Digest digest() {
        return encoded().digest();
    }

    private Encoded encoded() {
        Encoded known = encoded;
        if (known == null) { // two threads may both come here, to the same end
            byte[] content = JSON.writeValueAsBytes(this);
            known = new Encoded(content, Digest.of(content));
            encoded = known;
        }
        return known;
    }

    /** The version of the format: {@link #VERSION}, since there is no plan of another. */
    @JsonProperty("version")
    public int version() {
        return VERSION;
    }

    /** What the seed was asked for. */
    @JsonProperty("request")
    public String request() {
        return request;
    }

    /** Bytes of every piece but a blob's last. */
    @JsonProperty("pieceSize")
    public int pieceSize() {
        return pieceSize;
    }

    /** What people know the content as. */
    @JsonProperty("images")
    public List<Image> images() {
        return images;
    }

    /** The manifests and indexes that the images consist of. */
    @JsonProperty("manifests")
    public List<Manifest> manifests() {
        return manifests;
    }

    /** The configs and layers that the images consist of, in the order in which they are fetched. */
    @JsonProperty("blobs")
    public List<Blob> blobs() {
        return blobs;
    }

    /** The text files that every node writes beside the blobs. */
    @JsonProperty("files")
    public List<TextFile> files() {
        return files;
    }

    /** Blobs that are files of their own; left out of the JSON where there are none. */
    @JsonProperty("named")
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public List<NamedFile> named() {
        return named;
    }

    /** Bytes of all blobs: what has to cross the origin's link once. */
    public Bytes total() {
        return new Bytes(blobs.stream().mapToLong(Blob::size).sum());
    }

    /** Every digest that a complete layout of this plan has under {@code blobs/sha256/}. */
    public List<Digest> contents() {
        List<Digest> all = new ArrayList<>();
        manifests.forEach(manifest -> all.add(manifest.digest()));
        blobs.forEach(blob -> all.add(blob.contentDigest()));
        return List.copyOf(all);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Plan that
                && pieceSize == that.pieceSize
                && request.equals(that.request)
                && images.equals(that.images)
                && manifests.equals(that.manifests)
                && blobs.equals(that.blobs)
                && files.equals(that.files)
                && named.equals(that.named);
    }

    @Override
    public int hashCode() {
        return Objects.hash(request, pieceSize, images, manifests, blobs, files, named);
    }

    @Override
    public String toString() {
        return "plan " + digest();
    }

    private static void requireAll(Set<String> known, Image image, List<String> digests) {
        for (String digest : digests) {
            require(known.contains(digest), "image " + image.name() + " needs " + digest + ", which the plan lacks");
        }
    }

    private static void require(boolean holds, String sentence) {
        if (!holds) {
            throw new IllegalArgumentException(sentence);
        }
    }

    private static void requireFileName(String name) {
        boolean safe = !name.isEmpty()
                && name.length() <= 255
                && !name.equals(".")
                && !name.equals("..")
                && name.chars().noneMatch(c -> c == '/' || c == '\\' || c < ' ' || c == 127);
        if (!safe) {
            throw new IllegalArgumentException("'" + name + "' cannot be a file's name");
        }
    }
}
