package io.prestage.cli;

import io.prestage.imageset.ImageList;
import io.prestage.node.NodeOptions;
import io.prestage.node.origin.ImageReference;
import io.prestage.node.origin.OriginOptions;
import io.prestage.node.origin.Platform;
import io.prestage.node.origin.PlatformChoice;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code prestage seed}: fetches images once and shares them with the fleet. */
@Command(
        name = "seed",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Resolve images, fetch every blob once, share it with all nodes. Stays until stopped.",
        footer = {
            "",
            "Example, on the one server that reaches the registry:",
            "  prestage seed -f /mnt --image quay.io/org/app:1.2 --insecure --expect 40 --exit-when-complete"
        })
final class SeedCommand implements Callable<Integer> {
    @Mixin
    private NodeArguments node;

    @Mixin
    private OriginArguments origin;

    @Option(
            names = {"--image", "--img", "-a"},
            paramLabel = "REF",
            split = ",",
            description = "Image to stage, with its registry; repeatable.")
    private List<String> images = new ArrayList<>();

    @Option(
            names = "--platform",
            paramLabel = "OS/ARCH",
            description = "Which part of multi-platform images to stage. Default: this machine's.")
    private Optional<String> platform = Optional.empty();

    @Option(names = "--all-platforms", description = "Stage all parts of multi-platform images.")
    private boolean allPlatforms;

    @Option(names = "--expect", paramLabel = "N", description = "Servers that will be filled, this one included.")
    private Optional<Integer> expect = Optional.empty();

    @Option(
            names = "--exit-when-complete",
            description = "Exit 0 once this server, and as many as --expect says, are complete.")
    private boolean exitWhenComplete;

    @Option(names = "--replace", description = "Take the place of another plan that the cluster is staging.")
    private boolean replace;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (images.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "there is nothing to stage: name an image with --image");
        }
        if (expect.isPresent() && expect.get() < 1) {
            throw new ParameterException(spec.commandLine(), "--expect takes a number of servers from 1 on");
        }
        ImageList list = new ImageList(references(), platforms());
        NodeOptions.Seed seed = new NodeOptions.Seed(list.request(), list, originOptions(), replace);
        return new NodeRun(exitWhenComplete, NodeRun.expected(expect), Duration.ZERO)
                .run(
                        node.options(Optional.of(seed), spec.commandLine()),
                        spec.commandLine().getOut());
    }

    private OriginOptions originOptions() {
        try {
            return origin.options();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private List<ImageReference> references() {
        List<ImageReference> references = new ArrayList<>();
        for (String image : images) {
            try {
                references.add(ImageReference.parse(image));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), e.getMessage(), e);
            }
        }
        return references;
    }

    private PlatformChoice platforms() {
        if (allPlatforms) {
            return new PlatformChoice.All();
        }
        try {
            return platform.map(Platform::parse).orElseGet(Platform::current);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
