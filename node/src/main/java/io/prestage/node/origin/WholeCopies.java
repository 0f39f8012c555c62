package io.prestage.node.origin;

import io.prestage.protocol.Bytes;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what copying each image by itself, with all its platforms, would have fetched. Asks for manifests only, in the
 * background, so that nobody waits for a figure.
 */
public final class WholeCopies {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Logger LOG = LoggerFactory.getLogger(WholeCopies.class);

    private final CompletableFuture<Bytes> sum = new CompletableFuture<>();

    private WholeCopies() {}

    /**
     * Starts to find out.
     *
     * @param registry to be closed by the caller, at the earliest when {@link #bytes} was called
     * @param besides what is fetched beside the images, and would be either way
     */
    public static WholeCopies of(RegistryClient registry, List<ResolvedImage> images, Bytes besides) {
        WholeCopies copies = new WholeCopies();
        Thread thread = new Thread(() -> copies.sum(registry, images, besides), "whole-copies");
        thread.setDaemon(true);
        thread.start();
        return copies;
    }

    private void sum(RegistryClient registry, List<ResolvedImage> images, Bytes besides) {
        long bytes = besides.count();
        try {
            ImageResolver resolver = new ImageResolver(registry, 1);
            for (ResolvedImage image : images) {
                ResolvedImage whole = image.root().isIndex()
                        ? resolver.resolve(image.source().at(image.root().digest()), new PlatformChoice.All())
                        : image;
                bytes += whole.blobs().stream().mapToLong(Descriptor::size).sum();
            }
            sum.complete(new Bytes(bytes));
        } catch (IOException | RuntimeException e) {
            sum.completeExceptionally(e);
        }
    }

    /** The figure; nothing if a manifest cannot be had, or not soon. */
    public Optional<Bytes> bytes() {
        try {
            return Optional.of(sum.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("what copying each image whole would have fetched is not known", e);
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
