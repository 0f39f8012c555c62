package io.prestage.imageset;

import io.prestage.node.NodeOptions;
import io.prestage.node.origin.ImageReference;
import io.prestage.node.origin.ImageResolver;
import io.prestage.node.origin.PlatformChoice;
import io.prestage.node.origin.RegistryClient;
import io.prestage.node.origin.ResolvedImage;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A plan of images that are named one by one.
 *
 * @param images the images, in the order in which they were asked for, each once
 * @param platforms which parts of multi-platform images to stage
 */
public record ImageList(List<ImageReference> images, PlatformChoice platforms) implements NodeOptions.Planner {
    private static final int RESOLVED_AT_A_TIME = 8;

    /** Leaves out what stands twice. */
    public ImageList {
        images = List.copyOf(new LinkedHashSet<>(images));
        if (images.isEmpty()) {
            throw new IllegalArgumentException("there is nothing to stage: name an image with --image");
        }
    }

    /** What was asked for, the same for every order of the same images. */
    public String request() {
        String all =
                images.stream().map(ImageReference::toString).collect(Collectors.toCollection(TreeSet::new)).stream()
                        .collect(Collectors.joining(" "));
        String which = platforms instanceof PlatformChoice.All ? "all platforms" : platforms.toString();
        return "images " + all + " for " + which;
    }

    @Override
    public Plan plan(RegistryClient registry) throws IOException {
        return planOf(new ImageResolver(registry, RESOLVED_AT_A_TIME).resolveAll(images, platforms));
    }

    private Plan planOf(List<ResolvedImage> resolved) {
        PlanAssembly plan = new PlanAssembly(request());
        for (ResolvedImage image : resolved) {
            plan.add(image);
        }
        return plan.plan();
    }
}
