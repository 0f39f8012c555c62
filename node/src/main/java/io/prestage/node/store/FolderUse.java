package io.prestage.node.store;

import io.prestage.node.store.StoreException.Reason;
import io.prestage.protocol.Digest;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a folder is used for at present, told from its files alone.
 *
 * <p>An unfinished staging counts before a receipt: while one plan replaces another, both are there. A folder that was complete
 * and whose receipt was lost or damaged counts as one whose staging is not finished, of the plan that it keeps.
 *
 * @param layout the folder
 * @param unfinished the canonical bytes of the plan that is being staged, or nothing
 * @param receipt of the plan that was completed, or nothing
 */
@SuppressWarnings("ArrayRecordComponent") // lives for one call and is never compared
record FolderUse(Layout layout, Optional<byte[]> unfinished, Optional<Receipt> receipt) {
    static FolderUse of(Layout layout) throws StoreException {
        try {
            Optional<byte[]> unfinished =
                    Files.exists(layout.plan()) ? Optional.of(Files.readAllBytes(layout.plan())) : Optional.empty();
            Path file = layout.file(Layout.RECEIPT);
            try {
                Optional<Receipt> receipt =
                        Files.exists(file) ? Optional.of(Receipt.decode(Files.readAllBytes(file))) : Optional.empty();
                Optional<byte[]> lost = receipt.isPresent() ? Optional.empty() : kept(layout);
                return new FolderUse(layout, unfinished.or(() -> lost), receipt);
            } catch (IllegalArgumentException e) {
                Optional<byte[]> plan = unfinished.isPresent() ? unfinished : kept(layout);
                if (plan.isEmpty()) {
                    throw new StoreException(
                            Reason.CORRUPT,
                            file + " cannot be read: " + e.getMessage()
                                    + "; remove that file to have the folder checked again",
                            e);
                }
                return new FolderUse(layout, plan, Optional.empty());
            }
        } catch (IOException e) {
            throw StoreException.of(layout.folder(), "see what is there", e);
        }
    }

    /** The plan that a complete folder keeps, if it is the only one and undamaged. */
    private static Optional<byte[]> kept(Layout layout) throws IOException {
        if (!Files.isDirectory(layout.repair(), LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        List<Digest> plans = new ArrayList<>();
        for (Path file : Layout.list(layout.repair())) {
            Layout.kept(file, "plan").ifPresent(plans::add);
        }
        return plans.size() == 1 ? keptPlan(layout, plans.get(0)) : Optional.empty();
    }

    private static Optional<byte[]> keptPlan(Layout layout, Digest plan) throws IOException {
        Path file = layout.keptPlan(plan);
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        byte[] encoded = Files.readAllBytes(file);
        return Digest.of(encoded).equals(plan) ? Optional.of(encoded) : Optional.empty();
    }

    /**
     * The canonical bytes of the plan that is being staged, or was completed and kept.
     *
     * @return nothing if there is no plan or it was not kept undamaged
     */
    Optional<byte[]> whole() throws IOException {
        return unfinished.isPresent() || plan().isEmpty() ? unfinished : keptPlan(layout, plan().get());
    }

    /** The plan's digest, or nothing. */
    Optional<Digest> plan() {
        return unfinished.map(Digest::of).or(() -> receipt.map(statement -> Digest.parse(statement.plan())));
    }

    boolean isReceiptOf(Plan plan) {
        return receipt.map(Receipt::plan).equals(Optional.of(plan.digest().toString()));
    }

    /** Refuses a folder that another plan, or somebody else, has filled. */
    void require(Plan plan) throws StoreException {
        Optional<Digest> present = plan();
        if (present.isPresent() && !present.get().equals(plan.digest())) {
            throw new StoreException(
                    Reason.OTHER_PLAN,
                    layout.folder() + " holds another plan, " + present.get()
                            + ": choose another folder or replace it with --replace");
        }
        if (present.isEmpty()) {
            requireNothingForeign(plan);
        }
    }

    private void requireNothingForeign(Plan plan) throws StoreException {
        try {
            for (String name : new String[] {Layout.INDEX, Layout.IMAGES}) {
                requireAbsent(layout.file(name));
            }
            if (Files.exists(layout.ingest()) && !Layout.isLeftover(layout.ingest())) {
                throw foreign(layout.ingest());
            }
            for (Path folder : new Path[] {layout.file(Layout.BLOBS), layout.blobs()}) {
                if (Files.exists(folder) && !Files.isDirectory(folder)) {
                    throw foreign(folder);
                }
            }
            for (Plan.TextFile file : plan.files()) {
                Path present = layout.file(file.name());
                if (Files.exists(present)
                        && !Layout.LISTS.contains(file.name())
                        && !(Files.isRegularFile(present)
                                && Arrays.equals(Files.readAllBytes(present), Layout.bytes(file)))) {
                    throw foreign(present);
                }
            }
            for (Plan.NamedFile file : plan.named()) {
                Path present = layout.file(file.name());
                if (Files.exists(present) && Files.size(present) != sizeOf(plan, file)) {
                    throw foreign(present);
                }
            }
        } catch (IOException e) {
            throw StoreException.of(layout.folder(), "see what is there", e);
        }
    }

    private static long sizeOf(Plan plan, Plan.NamedFile file) {
        return plan.blobs().stream()
                .filter(blob -> blob.digest().equals(file.digest()))
                .mapToLong(Plan.Blob::size)
                .findFirst()
                .orElse(-1);
    }

    private static void requireAbsent(Path file) throws StoreException {
        if (Files.exists(file)) {
            throw foreign(file);
        }
    }

    private static StoreException foreign(Path file) {
        return new StoreException(
                Reason.OTHER_PLAN,
                file + " is not of a Prestage folder and would be overwritten: move it away or choose another folder");
    }
}
