package io.prestage.node;

import io.prestage.node.origin.BlobSource;
import io.prestage.node.origin.ByteSink;
import io.prestage.node.origin.OriginException;
import io.prestage.node.origin.OriginException.Reason;
import io.prestage.node.store.Extent;
import io.prestage.node.store.StagedFiles;
import io.prestage.node.store.StagedPlan;
import io.prestage.node.store.StoreException;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * A data partition, or an archive of one, in the place of all registries: nothing comes over the network.
 *
 * @param files where the content lies
 * @param staged the plan of it
 */
public record DiskOrigin(StagedFiles files, Plan staged) implements Origin {
    /** More readers only make a disk seek. */
    private static final int READERS = 2;

    private static final int CHUNK = 1 << 20;

    /**
     * Looks at a partition or an archive.
     *
     * @throws StoreException if it is neither or not complete
     */
    public static DiskOrigin at(Path place) throws StoreException {
        StagedFiles files = StagedFiles.at(place);
        return new DiskOrigin(files, StagedPlan.of(files));
    }

    /** A seed of it. */
    public NodeOptions.Seed seed(boolean replace) {
        return new NodeOptions.Seed(staged.request(), this, replace);
    }

    @Override
    public Plan plan(Consumer<Reason> failed) {
        return staged;
    }

    @Override
    public BlobSource open(LongConsumer received, Consumer<Reason> failed) {
        return new Reader();
    }

    @Override
    public boolean isRemote() {
        return false;
    }

    @Override
    public int connections() {
        return READERS;
    }

    private final class Reader implements BlobSource {
        private volatile boolean closed;

        @Override
        public void fetch(Plan.Blob blob, long from, long to, ByteSink sink) throws IOException {
            Optional<Extent> place = files.blob(blob.contentDigest());
            if (place.isEmpty() || place.get().size() != blob.size()) {
                throw new OriginException(
                        Reason.NOT_FOUND,
                        files.place() + " does not have blob " + blob.digest()
                                + ": look what is wrong with 'prestage verify'");
            }
            ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK, to - from));
            try (FileChannel channel = FileChannel.open(place.get().file(), StandardOpenOption.READ)) {
                for (long at = from; at < to && !closed; at += chunk.limit()) {
                    chunk.clear().limit((int) Math.min(chunk.capacity(), to - at));
                    read(channel, place.get().offset() + at, chunk);
                    sink.accept(chunk.flip());
                }
            }
        }

        private void read(FileChannel channel, long from, ByteBuffer chunk) throws IOException {
            while (chunk.hasRemaining()) {
                if (channel.read(chunk, from + chunk.position()) < 0) {
                    throw new OriginException(
                            Reason.CORRUPT, files.place() + " is cut off: copy it again from where it was made");
                }
            }
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
