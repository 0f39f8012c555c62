package io.prestage.imageset;

import io.prestage.node.origin.PlatformChoice;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What to stage, in full: one description for {@code download} and {@code seed}.
 *
 * @param folder of the data partition
 * @param imageSet the text of {@code imageset.yaml}, generated or as its user edited it
 * @param images further images that were named one by one, for the installation stage
 * @param discoveryImages the same for the discovery stage
 * @param filter what not to stage
 * @param filterName the file that the filter came from; empty without one
 * @param architecture of releases, in the words of update graphs
 * @param platforms which parts of multi-platform images to stage
 * @param sources where releases are looked up
 * @param files plain files
 */
public record StagingRequest(
        Path folder,
        String imageSet,
        List<String> images,
        List<String> discoveryImages,
        ImageFilter filter,
        String filterName,
        String architecture,
        PlatformChoice platforms,
        ReleaseSources sources,
        List<FileRequest> files) {
    /** The file that says what to stage. */
    public static final String FILE = "imageset.yaml";

    private static final Set<String> OWN = Set.of(
            FILE,
            "mapping.txt",
            "ai-images.txt",
            "ocp-images.txt",
            "ignored-images.txt",
            "oci-layout",
            "index.json",
            "receipt.json",
            "blobs",
            "images",
            "ingest",
            "repair");

    /** Leaves out what stands twice; checks that files do not get in each other's way. */
    public StagingRequest {
        images = List.copyOf(new LinkedHashSet<>(images));
        discoveryImages = List.copyOf(new LinkedHashSet<>(discoveryImages));
        files = List.copyOf(new LinkedHashSet<>(files));
        Set<String> names = new HashSet<>(OWN);
        for (FileRequest file : files) {
            if (!names.add(file.name())) {
                throw new IllegalArgumentException("the file " + file.address() + " would be called " + file.name()
                        + " on the partition, which something else is called already");
            }
        }
    }

    /**
     * What the options of a command line choose besides images and files.
     *
     * @param versions of the release and the operators that belong to it
     * @param payload reference of a release that no graph lists
     * @param duProfile whether to stage the operators of the DU profile
     * @param architecture of the release, if it was named
     * @param redHatCatalog in place of Red Hat's catalog
     * @param certifiedCatalog in place of the catalog of certified operators
     */
    public record Choice(
            ReleaseVersions versions,
            Optional<String> payload,
            boolean duProfile,
            Optional<String> architecture,
            Optional<String> redHatCatalog,
            Optional<String> certifiedCatalog) {}

    /** The text of the {@code imageset.yaml} that such a choice and such images amount to. */
    public static String generate(Choice choice, List<String> discoveryImages, List<String> images) {
        List<String> all = new ArrayList<>(discoveryImages);
        all.addAll(images);
        return new ImageSetTemplate(
                        choice.versions().release().flatMap(SemanticVersion::parse),
                        choice.payload(),
                        choice.versions().mce().flatMap(SemanticVersion::parse),
                        choice.versions().acm().flatMap(SemanticVersion::parse),
                        choice.duProfile(),
                        choice.architecture(),
                        choice.redHatCatalog(),
                        choice.certifiedCatalog(),
                        List.copyOf(new LinkedHashSet<>(all)))
                .text();
    }

    /**
     * Reads the {@code imageset.yaml} of a folder.
     *
     * @throws IOException if there is none
     */
    public static String edited(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new IOException(
                    "there is no " + file + ": leave out --skip-imageset, or make one with --generate-imageset", e);
        } catch (IOException e) {
            throw new IOException(file + " cannot be read: it has to be YAML in UTF-8", e);
        }
    }

    /**
     * Writes the {@code imageset.yaml} of a folder, which is created if it is absent.
     *
     * @return the file
     */
    public static Path write(Path folder, String text) throws IOException {
        Path file = folder.resolve(FILE);
        try {
            Files.createDirectories(folder);
            Path draft = folder.resolve("." + FILE);
            Files.writeString(draft, text, StandardCharsets.UTF_8);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return file;
        } catch (IOException e) {
            throw new IOException(
                    file + " cannot be written: choose another folder with -f, or mount it read-write", e);
        }
    }

    /**
     * Reads the filter file that an option names.
     *
     * @throws IOException naming the file and what is wrong in it
     */
    public static ImageFilter filter(Optional<Path> file) throws IOException {
        return file.isPresent() ? ImageFilter.read(file.get()) : ImageFilter.NONE;
    }

    /**
     * Checks an architecture of releases.
     *
     * @throws IllegalArgumentException if there is no such one
     */
    public static void requireArchitecture(String name) {
        ReleaseArchitecture.checked(name, IllegalArgumentException::new);
    }

    /**
     * The architecture that an image set is for, if it says so.
     *
     * @throws ImageSetException if it cannot be read
     */
    public static Optional<String> architectureOf(Path folder, String imageSet) throws ImageSetException {
        return ImageSetFile.parse(folder.resolve(FILE).toString(), imageSet).architectures().stream()
                .findFirst();
    }

    /** The image set, read. */
    ImageSet parsed() throws ImageSetException {
        return ImageSetFile.parse(folder.resolve(FILE).toString(), imageSet);
    }

    /** What was asked for in one line, such that two seeds that were asked for the same say the same. */
    public String line() {
        String which = platforms instanceof PlatformChoice.All ? "all platforms" : platforms.toString();
        List<String> parts = new ArrayList<>();
        parts.add("image set " + brief(meaning()));
        if (!images.isEmpty() || !discoveryImages.isEmpty()) {
            parts.add("images " + String.join(" ", new TreeSet<>(images)));
        }
        if (!discoveryImages.isEmpty()) {
            parts.add("for discovery " + String.join(" ", new TreeSet<>(discoveryImages)));
        }
        if (!filter.patterns().isEmpty()) {
            parts.add("filter " + brief(filter.patterns().toString()));
        }
        if (!files.isEmpty()) {
            parts.add("files "
                    + String.join(
                            " ",
                            new TreeSet<>(
                                    files.stream().map(FileRequest::toString).toList())));
        }
        return String.join(", ", parts) + ", of releases for " + architecture + ", for " + which;
    }

    /** What the image set says, in whatever order and form it says it. */
    private String meaning() {
        try {
            return parsed().sorted().toString();
        } catch (ImageSetException e) {
            return imageSet; // which nobody can stage; resolving it tells why
        }
    }

    private static String brief(String text) {
        return Digest.of(text.getBytes(StandardCharsets.UTF_8)).brief();
    }
}
