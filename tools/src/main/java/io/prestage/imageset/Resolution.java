package io.prestage.imageset;

import io.prestage.node.origin.Descriptor;
import io.prestage.node.origin.ImageReference;
import io.prestage.node.origin.ImageResolver.Resolutions;
import io.prestage.node.origin.ResolvedImage;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a request amounts to: which images, under which names, and which of them are left out.
 *
 * @param request what was asked for
 * @param lines of {@code mapping.txt}
 * @param ignored the lines that the filter keeps out, with the pattern of each
 * @param blocked sources that the image set blocks
 * @param images the manifests of what is to be staged
 * @param saved bytes that only ignored images would have needed
 * @param files plain files
 * @param warnings sentences about what was asked for and is not done
 */
public record Resolution(
        StagingRequest request,
        List<MappingLine> lines,
        Map<MappingLine, String> ignored,
        List<String> blocked,
        Resolutions images,
        Bytes saved,
        List<WebFile> files,
        List<String> warnings) {
    /** Copies the lists and the map. */
    public Resolution {
        lines = List.copyOf(lines);
        ignored = Collections.unmodifiableMap(new LinkedHashMap<>(ignored));
        blocked = List.copyOf(blocked);
        files = List.copyOf(files);
        warnings = List.copyOf(warnings);
    }

    /** Artifact names of all images that are to be staged, also of those that cannot be had. */
    public List<String> artifacts() {
        return sources().stream().map(MappingLine::artifact).toList();
    }

    /** Why images cannot be had, by artifact name. */
    public Map<String, String> failures() {
        Map<String, String> failures = new LinkedHashMap<>();
        images.failed()
                .forEach(
                        (image, failure) -> failures.put(MappingLine.artifact(image.toString()), failure.getMessage()));
        return failures;
    }

    /** Each ignored image with the pattern that keeps it out, one sentence each. */
    public List<String> ignoredReport() {
        return ignored.entrySet().stream()
                .map(entry -> "Ignored by filter '" + entry.getValue() + "': " + entry.getKey())
                .toList();
    }

    /**
     * Fails if two images would have files of one name.
     *
     * @throws IOException naming both
     */
    public void requireDistinctNames() throws IOException {
        Map<String, String> taken = new LinkedHashMap<>();
        for (String source : sources()) {
            String other = taken.put(MappingLine.artifact(source), source);
            if (other != null) {
                throw new IOException("the images " + other + " and " + source + " would both be "
                        + MappingLine.artifact(source) + ".tgz: leave one out, or use --format native");
            }
        }
    }

    /**
     * The plan of all images.
     *
     * @throws IOException if one cannot be had
     */
    public Plan plan() throws IOException {
        images.all();
        return assembled().plan();
    }

    /**
     * The plan of the images that can be had, whatever else a folder keeps.
     *
     * @param chosen references of images, to leave the others out
     * @param former what the folder keeps
     */
    public Plan planOf(Predicate<String> chosen, Optional<FormerPlan> former) {
        PlanAssembly plan = assembled(chosen);
        former.ifPresent(plan::keep);
        return plan.plan();
    }

    /** References of the images that cannot be had. */
    public Set<String> unavailable() {
        return images.failed().keySet().stream().map(ImageReference::toString).collect(Collectors.toSet());
    }

    private PlanAssembly assembled() {
        return assembled(any -> true);
    }

    private PlanAssembly assembled(Predicate<String> chosen) {
        PlanAssembly plan = new PlanAssembly(request.line());
        for (ResolvedImage image : images.resolved()) {
            if (chosen.test(image.source().toString())) {
                plan.add(image);
            }
        }
        for (WebFile file : files) {
            plan.add(file);
        }
        texts().forEach(plan::add);
        return plan;
    }

    /** The text files of the partition, by name. */
    public Map<String, String> texts() {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put(StagingRequest.FILE, request.imageSet());
        texts.put("mapping.txt", listed(lines.stream().map(MappingLine::toString)));
        texts.put(
                "ai-images.txt",
                listed(staged().stream().filter(MappingLine::forDiscovery).map(MappingLine::source)));
        texts.put(
                "ocp-images.txt",
                listed(staged().stream().filter(MappingLine::forInstallation).map(MappingLine::source)));
        texts.put("ignored-images.txt", listed(ignored.keySet().stream().map(MappingLine::toString)));
        return texts;
    }

    private static String listed(Stream<String> lines) {
        return lines.distinct().map(line -> line + "\n").collect(Collectors.joining());
    }

    /** References of what is to be staged, each once. */
    public Set<String> sources() {
        return staged().stream().map(MappingLine::source).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** The images that can be had, with the bytes that each of them needs. */
    public Map<String, Bytes> sizes() {
        Map<String, Bytes> sizes = new LinkedHashMap<>();
        for (ResolvedImage image : images.resolved()) {
            sizes.put(
                    image.source().toString(),
                    new Bytes(image.blobs().stream().mapToLong(Descriptor::size).sum()));
        }
        return sizes;
    }

    /** Bytes of all plain files. */
    public Bytes fileBytes() {
        return new Bytes(files.stream().mapToLong(WebFile::size).sum());
    }

    private List<MappingLine> staged() {
        List<MappingLine> staged = new ArrayList<>(lines);
        staged.removeAll(ignored.keySet());
        return staged;
    }

    /** The same without plain files. */
    public Resolution withoutFiles() {
        return with(List.of());
    }

    /** The same with some of the plain files. */
    public Resolution withFiles(Predicate<WebFile> chosen) {
        return with(files.stream().filter(chosen).toList());
    }

    /** The same with files whose digests are known. */
    Resolution with(List<WebFile> known) {
        return new Resolution(request, lines, ignored, blocked, images, saved, known, warnings);
    }

    /** Bytes that some images need and others do not. */
    static Bytes savedBy(List<ResolvedImage> left, List<ResolvedImage> staged) {
        Set<Digest> needed = new HashSet<>();
        staged.forEach(image -> image.blobs().forEach(blob -> needed.add(blob.digest())));
        Map<Digest, Long> saved = new LinkedHashMap<>();
        for (ResolvedImage image : left) {
            for (Descriptor blob : image.blobs()) {
                if (!needed.contains(blob.digest())) {
                    saved.put(blob.digest(), blob.size());
                }
            }
        }
        return new Bytes(saved.values().stream().mapToLong(Long::longValue).sum());
    }

    /** References of lines that are to be read. */
    static List<ImageReference> references(Iterable<String> sources) {
        List<ImageReference> references = new ArrayList<>();
        sources.forEach(source -> references.add(ImageReference.parse(source)));
        return references;
    }
}
