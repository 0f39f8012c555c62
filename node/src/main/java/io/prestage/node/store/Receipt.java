package io.prestage.node.store;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * States what one server holds; written as {@code receipt.json} when it is complete.
 *
 * @param version {@link #VERSION}
 * @param plan the plan's digest
 * @param request what the plan was asked for with; empty in receipts that do not say
 * @param server which server it is
 * @param started when the node heard of the plan; a seed that made it, when it began to fill the folder
 * @param finished when the last blob was verified
 * @param bytes what was received for it
 * @param images every image
 * @param contents every blob and manifest under {@code blobs/sha256/}
 * @param files the files beside them: texts, and links to contents that have names of their own
 * @param signed whether the statement carries a signature
 * @param note what that means, for people
 */
public record Receipt(
        @JsonProperty("version") int version,
        @JsonProperty("plan") String plan,
        @JsonProperty("request") String request,
        @JsonProperty("server") Server server,
        @JsonProperty("started") Instant started,
        @JsonProperty("finished") Instant finished,
        @JsonProperty("bytes") Traffic bytes,
        @JsonProperty("images") List<Image> images,
        @JsonProperty("contents") List<Content> contents,
        @JsonProperty("files") List<Content> files,
        @JsonProperty("signed") boolean signed,
        @JsonProperty("note") String note) {
    /** The version of this format. */
    public static final int VERSION = 1;

    /** What an unsigned receipt says of itself. */
    public static final String UNSIGNED = "not signed: the node ran with --insecure";

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.USE_STATIC_TYPING)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /**
     * Which server.
     *
     * @param name what people call it
     * @param serial its DMI serial number, or nothing
     * @param addresses the hardware addresses of its interfaces
     */
    public record Server(
            @JsonProperty("name") String name,
            @JsonProperty("serial") String serial,
            @JsonProperty("addresses") List<String> addresses) {
        /** Takes an unknown serial number as nothing. */
        public Server {
            Objects.requireNonNull(name, "name");
            serial = Objects.requireNonNullElse(serial, "");
            addresses = List.copyOf(addresses);
        }
    }

    /**
     * What was received.
     *
     * @param fromOrigin bytes of blobs from the registry itself
     * @param fromPeers bytes of blobs from other nodes
     * @param wasted bytes of both that were received in vain
     * @param total bytes of all blobs of the plan
     */
    public record Traffic(
            @JsonProperty("fromOrigin") long fromOrigin,
            @JsonProperty("fromPeers") long fromPeers,
            @JsonProperty("wasted") long wasted,
            @JsonProperty("total") long total) {}

    /**
     * One image.
     *
     * @param name its folder's under {@code images/}
     * @param source the reference that it was asked for by
     * @param digest of the manifest or index that the reference names
     * @param mediaType of that
     * @param platforms the manifests below that index which are here
     */
    public record Image(
            @JsonProperty("name") String name,
            @JsonProperty("source") String source,
            @JsonProperty("digest") String digest,
            @JsonProperty("mediaType") String mediaType,
            @JsonProperty("platforms") List<String> platforms) {
        /** Checks the digests, and the name as a plan checks it. */
        public Image {
            new Plan.Image(name, source, digest, platforms, List.of());
            Objects.requireNonNull(mediaType, "mediaType");
            platforms = List.copyOf(platforms);
        }
    }

    /**
     * One file.
     *
     * @param name its digest, or a text file's name
     * @param digest of its content
     * @param size bytes
     * @param source the address that it was fetched from, where it is no image's content; else empty
     */
    public record Content(
            @JsonProperty("name") String name,
            @JsonProperty("digest") String digest,
            @JsonProperty("size") long size,

            @JsonProperty("source") @JsonInclude(JsonInclude.Include.NON_EMPTY)
            String source) {
        /** Checks the digest, and that the name names a file of one folder. */
        public Content {
            new Plan.TextFile(name, "");
            Digest.parse(digest);
            source = Objects.requireNonNullElse(source, "");
        }

        /** One file of an image, or a text. */
        public Content(String name, String digest, long size) {
            this(name, digest, size, "");
        }
    }

    /** Requires all parts. */
    public Receipt {
        if (version != VERSION) {
            throw new IllegalArgumentException(
                    "the receipt has version " + version + ", this program reads " + VERSION);
        }
        Digest.parse(plan);
        request = Objects.requireNonNullElse(request, "");
        Objects.requireNonNull(server, "server");
        Objects.requireNonNull(started, "started");
        Objects.requireNonNull(finished, "finished");
        Objects.requireNonNull(bytes, "bytes");
        images = List.copyOf(images);
        contents = List.copyOf(contents);
        files = List.copyOf(files);
        note = Objects.requireNonNullElse(note, "");
    }

    /** The unsigned receipt of a server that holds all of a plan. */
    public static Receipt unsigned(Plan plan, Server server, Instant started, Instant finished, Traffic bytes) {
        return new Receipt(
                VERSION,
                plan.digest().toString(),
                plan.request(),
                server,
                started,
                finished,
                bytes,
                imagesOf(plan),
                contentsOf(plan),
                filesOf(plan),
                false,
                UNSIGNED);
    }

    /**
     * Reads a receipt; fields that it does not know are passed over.
     *
     * @throws IllegalArgumentException if these bytes are no receipt
     */
    public static Receipt decode(byte[] encoded) {
        try {
            return JSON.readValue(encoded, Receipt.class);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("this is not a receipt: " + e.getOriginalMessage(), e);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("this is not a receipt: " + e.getMessage(), e);
        }
    }

    /** The JSON of {@code receipt.json}. */
    public byte[] encode() {
        return JSON.writeValueAsBytes(this);
    }

    private static List<Image> imagesOf(Plan plan) {
        Layout.MediaTypes types = new Layout.MediaTypes(plan);
        return plan.images().stream()
                .map(image -> new Image(
                        image.name(),
                        image.source(),
                        image.manifest(),
                        types.of(image.manifestDigest()),
                        image.platforms()))
                .toList();
    }

    static List<Content> contentsOf(Plan plan) {
        List<Content> contents = new ArrayList<>();
        for (Plan.Manifest manifest : plan.manifests()) {
            byte[] content = manifest.content();
            contents.add(content(Digest.of(content), content.length));
        }
        for (Plan.Blob blob : plan.blobs()) {
            contents.add(content(blob.contentDigest(), blob.size()));
        }
        return List.copyOf(contents);
    }

    static List<Content> filesOf(Plan plan) {
        List<Content> files = new ArrayList<>();
        for (Plan.TextFile file : plan.files()) {
            byte[] content = Layout.bytes(file);
            files.add(new Content(file.name(), Digest.of(content).toString(), content.length));
        }
        Map<String, Plan.Blob> blobs = new HashMap<>();
        plan.blobs().forEach(blob -> blobs.put(blob.digest(), blob));
        for (Plan.NamedFile file : plan.named()) {
            Plan.Blob blob = blobs.get(file.digest());
            files.add(new Content(file.name(), file.digest(), blob.size(), blob.source()));
        }
        return List.copyOf(files);
    }

    private static Content content(Digest digest, long size) {
        return new Content(digest.hex(), digest.toString(), size);
    }
}
