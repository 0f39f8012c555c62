package io.prestage.disk;

import io.prestage.disk.DiskContents.Partition;
import io.prestage.protocol.Bytes;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Decides what has to be done to a disk so that it has the data partition. Reads nothing, writes nothing. */
public sealed interface PartitionPlan {
    /** The partition is there and formatted: nothing is to be done. */
    record AlreadyThere() implements PartitionPlan {}

    /** The partition is there and holds nothing: it has to be formatted. */
    record Format() implements PartitionPlan {}

    /**
     * The partition has to be made.
     *
     * @param first its first sector, in the disk's own
     * @param last its last sector
     * @param lost what is on the disk now and goes; empty if nothing is
     */
    record Create(long first, long last, String lost) implements PartitionPlan {}

    /** Partitions begin at whole MiB, which suits every disk's inner blocks. */
    long ALIGNMENT = 1 << 20;

    /** Bytes of a GPT's list of 128 entries, of which there is one at either end (UEFI 2.10, 5.3.1). */
    long TABLE = 128 * 128;

    /** How far a partition that another program made may be off, for it aligned it in its own way. */
    long TOLERANCE = 2 * ALIGNMENT;

    /** Mount points that make a disk the running system's. */
    Set<String> SYSTEM = Set.of("/", "/boot", "/boot/efi", "/efi", "/etc", "/sysroot", "/usr", "/var", "/home");

    /**
     * Decides.
     *
     * @param force whether what is on the disk may go
     * @throws DiskException if the disk must not be touched, saying what was found
     */
    static PartitionPlan of(BlockDevice disk, DiskContents contents, PartitionRequest request, boolean force)
            throws DiskException {
        Optional<PartitionPlan> present = present(disk, contents, request);
        if (present.isPresent()) {
            return present.get();
        }
        requireUnused(disk);
        Create created = geometry(disk, request, contents.described());
        if (!contents.isEmpty() && !force) {
            throw new DiskException(refusal(disk, contents, request));
        }
        return created;
    }

    private static Optional<PartitionPlan> present(BlockDevice disk, DiskContents contents, PartitionRequest request)
            throws DiskException {
        Optional<Partition> found =
                contents.named(request.label()).filter(partition -> isRequested(disk, partition, request));
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> content = found.get().content();
        if (content.isEmpty()) {
            return Optional.of(new Format());
        }
        if (content.get().equals(DiskContents.UNFINISHED)) {
            return Optional.of(new Format());
        }
        return content.get().equals("xfs") ? Optional.of(new AlreadyThere()) : Optional.empty();
    }

    private static boolean isRequested(BlockDevice disk, Partition partition, PartitionRequest request) {
        long off = Math.abs(partition.bytes() - request.size().count());
        long behind = disk.bytes() - partition.start() - partition.bytes();
        return partition.number() == request.number()
                && partition.type().equals(DiskContents.LINUX)
                && off <= TOLERANCE
                && behind <= TOLERANCE;
    }

    private static String refusal(BlockDevice disk, DiskContents contents, PartitionRequest request) {
        Optional<Partition> other = contents.named(request.label());
        if (other.isPresent()) {
            return disk.path() + " has " + other.get() + ", which is not the one asked for (number "
                    + request.number() + ", " + request.size()
                    + " at the end of the disk, XFS): ask for that one, or lose it with 'prestage partition --force'";
        }
        return disk.path() + " is not empty, it has " + contents.described()
                + ": choose another disk, or lose that with 'prestage partition --force'";
    }

    private static void requireUnused(BlockDevice disk) throws DiskException {
        List<DeviceUse> uses = disk.uses().stream()
                .sorted(Comparator.comparing(use -> !isSystem(use)))
                .toList();
        if (!uses.isEmpty()) {
            throw new DiskException(disk.path() + " " + sentence(uses.get(0)));
        }
        if (disk.readOnly()) {
            throw new DiskException(disk.path() + " is read-only: see to its write protection");
        }
    }

    private static boolean isSystem(DeviceUse use) {
        return use instanceof DeviceUse.Mounted mounted && SYSTEM.contains(mounted.point());
    }

    private static String sentence(DeviceUse use) {
        if (use instanceof DeviceUse.Mounted mounted) {
            return isSystem(use)
                    ? "is the disk of the running system, " + mounted.device() + " is mounted on " + mounted.point()
                            + ": choose another disk, or boot a live image"
                    : "is mounted, " + mounted.device() + " on " + mounted.point() + ": unmount it first (umount "
                            + mounted.point() + ")";
        }
        if (use instanceof DeviceUse.Swap) {
            return "is in use, " + use.device() + " is swapped to: end that first (swapoff " + use.device() + ")";
        }
        DeviceUse.Held held = (DeviceUse.Held) use;
        return "is in use, " + held.device() + " is part of " + held.kind() + " (" + held.holder()
                + "): take that apart first";
    }

    /** Where the partition goes: its end is the last sector that the table leaves, its start the whole MiB before it fits. */
    private static Create geometry(BlockDevice disk, PartitionRequest request, String lost) throws DiskException {
        long sector = disk.sectorBytes();
        long table = sector + TABLE; // a header of one sector, and the list
        long end = disk.bytes() / sector - table / sector;
        long align = ALIGNMENT / sector;
        long first = (end - (request.size().count() + sector - 1) / sector) / align * align;
        if (first < align) {
            long spare = end * sector - align * sector;
            throw new DiskException(disk.path() + " is too small: it has " + new Bytes(disk.bytes()) + ", of which "
                    + Math.max(0, spare / ALIGNMENT) + " MiB are left beside the partition table for the "
                    + request.size() + " asked for; ask for less with --size");
        }
        return new Create(first, end - 1, lost);
    }
}
