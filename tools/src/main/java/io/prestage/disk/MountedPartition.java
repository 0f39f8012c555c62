package io.prestage.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A data partition that is mounted as long as this is open. Flushed and unmounted when closed. */
public final class MountedPartition implements AutoCloseable {
    private final Path partition;
    private final Path point;
    private boolean mounted = true;

    private MountedPartition(Path partition, Path point) {
        this.partition = partition;
        this.point = point;
    }

    /**
     * Mounts a partition that {@link Partitioning} found or made.
     *
     * @param partition its node
     * @param label what its name in the partition table has to be
     * @param point the folder to mount it on; created if it is absent
     * @throws DiskException if it is not the labelled XFS, or something else is mounted there
     */
    public static MountedPartition mount(Path partition, PartitionLabel label, Path point) throws DiskException {
        String found = SystemTool.run("blkid", "--probe", "--output", "export", partition.toString())
                .output();
        if (!found.lines().toList().contains("TYPE=xfs")
                || !found.lines().toList().contains("PART_ENTRY_NAME=" + label)) {
            throw new DiskException(partition + " is not an XFS named " + label + ": look at it with blkid");
        }
        try {
            Files.createDirectories(point);
        } catch (IOException e) {
            throw new DiskException("cannot create the folder " + point + ": choose another with -f", e);
        }
        if (SystemTool.run("mountpoint", "-q", point.toString()).succeeded()) {
            throw new DiskException(
                    "something is mounted on " + point + ": unmount it (umount " + point + "), or choose another -f");
        }
        SystemTool mount = SystemTool.run("mount", "-t", "xfs", partition.toString(), point.toString());
        if (!mount.succeeded()) {
            throw new DiskException("cannot mount " + partition + " on " + point + " (" + mount.complaint()
                    + "): see what the kernel says with dmesg");
        }
        return new MountedPartition(partition, point);
    }

    @Override
    public synchronized void close() throws DiskException {
        if (!mounted) {
            return;
        }
        SystemTool flushed = SystemTool.run("sync", "--file-system", point.toString());
        SystemTool unmounted = SystemTool.run("umount", point.toString()); // of a failed disk too
        if (!unmounted.succeeded()) {
            throw new DiskException(
                    partition + " is " + (flushed.succeeded() ? "flushed but " : "") + "still mounted on " + point
                            + " (" + unmounted.complaint() + "): unmount it before the server is switched off");
        }
        mounted = false;
        if (!flushed.succeeded()) {
            throw new DiskException(partition + " could not be flushed (" + flushed.complaint()
                    + "): look for its errors with dmesg, then run the same command again");
        }
    }
}
