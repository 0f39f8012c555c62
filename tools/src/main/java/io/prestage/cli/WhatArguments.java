package io.prestage.cli;

import io.prestage.imageset.FileRequest;
import io.prestage.imageset.ReleaseSources;
import io.prestage.imageset.ReleaseVersions;
import io.prestage.imageset.StagingRequest;
import io.prestage.node.origin.ImageReference;
import io.prestage.node.origin.Platform;
import io.prestage.node.origin.PlatformChoice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say what to stage: one description for every command that fetches. */
final class WhatArguments {
    @Option(
            names = {"--image", "--img", "-a"},
            paramLabel = "REF",
            split = ",",
            description = "Image to stage, with its registry; repeatable.")
    private List<String> images = new ArrayList<>();

    @Option(
            names = {"--ai-img", "-i"},
            paramLabel = "REF",
            split = ",",
            description = "Image to load in the discovery stage only; repeatable.")
    private List<String> discoveryImages = new ArrayList<>();

    @Option(
            names = {"--release", "-r"},
            paramLabel = "X.Y.Z",
            description = "Version of OpenShift to stage, with all images of the release.")
    private Optional<String> release = Optional.empty();

    @Option(
            names = "--release-image",
            paramLabel = "REF",
            description = "Payload of a release that no update graph lists.")
    private Optional<String> payload = Optional.empty();

    @Option(
            names = "--mce-version",
            paramLabel = "X.Y.Z",
            description = "Version of the multicluster engine operator; needed with -r.")
    private Optional<String> mce = Optional.empty();

    @Option(
            names = "--acm-version",
            paramLabel = "X.Y.Z",
            description = "Version of Advanced Cluster Management; needed with --du-profile.")
    private Optional<String> acm = Optional.empty();

    @Option(
            names = "--hub-version",
            paramLabel = "X.Y.Z",
            description = "Deprecated: ACM version that implies the MCE version; 2.5.z or 2.6.z.")
    private Optional<String> hub = Optional.empty();

    @Option(
            names = "--du-profile",
            arity = "0..1",
            paramLabel = "BOOL",
            defaultValue = "false",
            fallbackValue = "true",
            description = "Stage the operators of the telco 5G DU profile.")
    private boolean duProfile;

    @Option(
            names = "--arch",
            paramLabel = "ARCH",
            description = "Architecture of the release and of multi-platform images: amd64, arm64, ppc64le, s390x or"
                    + " multi. Default: this machine's.")
    private Optional<String> architecture = Optional.empty();

    @Option(
            names = "--platform",
            paramLabel = "OS/ARCH",
            description = "Which part of multi-platform images to stage. Default: that of --arch, or this machine's.")
    private Optional<String> platform = Optional.empty();

    @Option(names = "--all-platforms", description = "Stage all parts of multi-platform images.")
    private boolean allPlatforms;

    @Option(
            names = "--filter",
            paramLabel = "FILE",
            description =
                    "YAML with a list 'patterns' of regular expressions (Go's); images whose source or destination"
                            + " matches are not staged.")
    private Optional<Path> filter = Optional.empty();

    @Option(
            names = "--generate-imageset",
            arity = "0..1",
            paramLabel = "BOOL",
            defaultValue = "false",
            fallbackValue = "true",
            description = "Write imageset.yaml into the folder, to be edited, and do nothing else.")
    private boolean generateImageSet;

    @Option(
            names = "--skip-imageset",
            arity = "0..1",
            paramLabel = "BOOL",
            defaultValue = "false",
            fallbackValue = "true",
            description = "Stage what the imageset.yaml in the folder says.")
    private boolean skipImageSet;

    @Option(
            names = "--catalog-redhat-operators",
            paramLabel = "REF",
            description = "Catalog in place of registry.redhat.io/redhat/redhat-operator-index:vX.Y.")
    private Optional<String> redHatCatalog = Optional.empty();

    @Option(
            names = "--catalog-certified-operators",
            paramLabel = "REF",
            description = "Catalog in place of registry.redhat.io/redhat/certified-operator-index:vX.Y.")
    private Optional<String> certifiedCatalog = Optional.empty();

    @Option(
            names = {"--rootfs-url", "-u"},
            paramLabel = "URL",
            description = "Root file system of the live image, kept under its own name.")
    private Optional<String> rootFs = Optional.empty();

    @Option(
            names = "--file",
            paramLabel = "URL[#sha256=HEX]",
            description = "Plain file to stage under its own name; repeatable.")
    private List<String> files = new ArrayList<>();

    @Option(
            names = "--graph-url",
            paramLabel = "URL",
            description = "Update graph to look releases up in. Default: $UPDATE_URL_OVERRIDE, else Red Hat's.")
    private Optional<String> graph = Optional.empty();

    @Option(
            names = "--signature-url",
            paramLabel = "URL",
            description = "Where signatures of releases are. Default: $OCP_SIGNATURE_URL, else Red Hat's.")
    private Optional<String> signatures = Optional.empty();

    @Option(
            names = "--release-key",
            paramLabel = "FILE",
            description =
                    "OpenPGP public keys that may sign releases. Default: $OCP_SIGNATURE_VERIFICATION_PK, else Red"
                            + " Hat's release key.")
    private Optional<Path> releaseKey = Optional.empty();

    @Option(
            names = "--skip-signature-verification",
            description = "Stage a release that nobody who is trusted has signed.")
    private boolean skipSignature;

    @Option(names = "--testmode", arity = "0..1", hidden = true, fallbackValue = "true", defaultValue = "false")
    private boolean testMode;

    /** What the options choose, once they are checked. */
    private record Checked(StagingRequest.Choice choice, List<FileRequest> files) {}

    /** Whether only the image set is wanted. */
    boolean generatesOnly() {
        return generateImageSet;
    }

    /** Whether the image set in the folder counts rather than the options. */
    boolean usesEdited() {
        return skipImageSet;
    }

    /** Whether any of these options says what to stage. */
    boolean asksForAnything() {
        return release.isPresent()
                || payload.isPresent()
                || mce.isPresent()
                || acm.isPresent()
                || hub.isPresent()
                || rootFs.isPresent()
                || duProfile
                || skipImageSet
                || generateImageSet
                || !images.isEmpty()
                || !discoveryImages.isEmpty()
                || !files.isEmpty();
    }

    /** What the summary says of the release, or an empty text. */
    String release() {
        return release.orElse(payload.orElse(""));
    }

    /** The version of ACM that was named, or an empty text. */
    String acm() {
        return acm.or(() -> hub).orElse("");
    }

    /** The version of the multicluster engine that was named or implied, or an empty text. */
    String mce() {
        return ReleaseVersions.of(release, mce, acm, hub, false, false).mce().orElse("");
    }

    boolean duProfile() {
        return duProfile;
    }

    /**
     * Checks the options, writes {@code imageset.yaml} unless it is to be taken as it is, and puts the request together.
     *
     * @param folder of the data partition
     * @param command that the options are of, which wrong usage is blamed on
     * @throws IOException if a file that they name cannot be used
     */
    StagingRequest request(Path folder, CommandLine command) throws IOException {
        Checked checked = checked(command);
        var patterns = StagingRequest.filter(filter);
        String text = skipImageSet
                ? StagingRequest.edited(folder)
                : StagingRequest.generate(checked.choice(), discoveryImages, images);
        Optional<String> edited = skipImageSet ? StagingRequest.architectureOf(folder, text) : Optional.empty();
        if (edited.isPresent() && architecture.isPresent() && !edited.equals(architecture)) {
            throw new ParameterException(
                    command,
                    "--arch " + architecture.get() + " is not the architecture in imageset.yaml, " + edited.get()
                            + ": leave it out, or edit that file");
        }
        if (!skipImageSet && generateImageSet) {
            command.getOut().println("Generated " + StagingRequest.write(folder, text));
        }
        try {
            return new StagingRequest(
                    folder,
                    text,
                    images,
                    discoveryImages,
                    patterns,
                    filter.map(Path::toString).orElse(""),
                    architecture
                            .or(() -> edited)
                            .orElseGet(() -> Platform.current().architecture()),
                    platforms(architecture.or(() -> edited)),
                    ReleaseSources.of(graph, signatures, releaseKey, !skipSignature, System.getenv()),
                    checked.files());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, e.getMessage(), e);
        }
    }

    private Checked checked(CommandLine command) {
        try {
            return checked();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, e.getMessage(), e);
        }
    }

    private Checked checked() {
        if (testMode) {
            throw new IllegalArgumentException(
                    "--testmode made dummy files and is gone: --dry-run shows what would be fetched");
        }
        if (generateImageSet && skipImageSet) {
            throw new IllegalArgumentException("--generate-imageset and --skip-imageset exclude each other");
        }
        ReleaseVersions versions =
                ReleaseVersions.of(release, mce, acm, hub, duProfile, !skipImageSet && payload.isEmpty());
        requireRelease(versions);
        boolean nothing = versions.release().isEmpty()
                && payload.isEmpty()
                && images.isEmpty()
                && discoveryImages.isEmpty()
                && files.isEmpty()
                && rootFs.isEmpty();
        if (nothing && !skipImageSet) {
            throw new IllegalArgumentException(
                    "there is nothing to stage: name an image with --image or a release with -r");
        }
        images.forEach(ImageReference::parse);
        discoveryImages.forEach(ImageReference::parse);
        payload.ifPresent(ImageReference::parse);
        List<FileRequest> requested = new ArrayList<>();
        rootFs.map(FileRequest::parse).ifPresent(requested::add);
        files.forEach(file -> requested.add(FileRequest.parse(file)));
        platforms(architecture);
        return new Checked(
                new StagingRequest.Choice(versions, payload, duProfile, architecture, redHatCatalog, certifiedCatalog),
                requested);
    }

    private void requireRelease(ReleaseVersions versions) {
        boolean operators = versions.mce().isPresent() || versions.acm().isPresent() || duProfile;
        if (operators && versions.release().isEmpty() && !skipImageSet) {
            throw new IllegalArgumentException("the release version is missing: name it with -r X.Y.Z");
        }
    }

    private PlatformChoice platforms(Optional<String> of) {
        of.ifPresent(StagingRequest::requireArchitecture);
        if (allPlatforms) {
            return new PlatformChoice.All();
        }
        if (platform.isPresent()) {
            return Platform.parse(platform.get());
        }
        return of.filter(name -> !name.equals("multi"))
                .map(name -> new Platform("linux", name, Optional.empty()))
                .orElseGet(Platform::current);
    }
}
