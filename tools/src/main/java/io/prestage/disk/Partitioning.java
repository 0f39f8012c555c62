package io.prestage.disk;

import io.prestage.protocol.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Gives one disk a data partition: a GPT with one partition at its end, formatted as XFS.
 *
 * <p>Look first ({@link #of}), then ask whoever owns what would be lost, then {@link #carryOut}. Not for two processes at a time
 * on one disk.
 */
public final class Partitioning {
    private static final Duration NODE_APPEARS = Duration.ofSeconds(10);
    private static final long LOOK_MILLIS = 100;
    private static final String TABLE = "%6s  %-16s %12s %12s  %-8s %s";

    /**
     * Features of newer XFS that the kernels of RHEL 8 cannot mount; mkfs.xfs that knows of them is told to leave them out. An
     * older one refuses the options and does not make such filesystems anyway.
     */
    private static final List<List<String>> FOR_OLDER_KERNELS = List.of(
            List.of("-m", "bigtime=0,inobtcount=0", "-i", "nrext64=0"),
            List.of("-m", "bigtime=0,inobtcount=0"),
            List.of());

    private final BlockDevice disk;
    private final PartitionRequest request;
    private final PartitionPlan plan;

    private Partitioning(BlockDevice disk, PartitionRequest request, PartitionPlan plan) {
        this.disk = disk;
        this.request = request;
        this.plan = plan;
    }

    /**
     * Looks at a disk and decides. Writes nothing.
     *
     * @param device the disk's node, or a link to it
     * @param force whether what is on it may go
     * @throws DiskException if it must not be touched, with what was found
     */
    public static Partitioning of(Path device, PartitionRequest request, boolean force) throws DiskException {
        BlockDevice disk = RunningSystem.here().disk(device);
        PartitionPlan plan = PartitionPlan.of(disk, DiskContents.of(disk), request, force);
        Partitioning partitioning = new Partitioning(disk, request, plan);
        if (!(plan instanceof PartitionPlan.AlreadyThere)) {
            partitioning.requireNobodyElse();
        }
        return partitioning;
    }

    /** What is to be done. */
    public PartitionPlan plan() {
        return plan;
    }

    /** The node of the partition. */
    public Path partition() {
        return disk.partition(request.number());
    }

    /** What is to be done, in words. */
    public List<String> described() {
        List<String> steps = new ArrayList<>();
        String named = partition() + " (" + request.label() + ")";
        if (plan instanceof PartitionPlan.Create create) {
            if (!create.lost().isEmpty()) {
                steps.add("wipe " + disk.path() + ", which loses " + create.lost());
            }
            steps.add("make a GPT on " + disk.path() + " of " + new Bytes(disk.bytes()));
            steps.add("make " + named + " at its end, sectors " + create.first() + " to " + create.last() + ", "
                    + new Bytes((create.last() - create.first() + 1) * disk.sectorBytes()));
        }
        steps.add(
                plan instanceof PartitionPlan.AlreadyThere
                        ? "nothing: " + named + " is there"
                        : "format " + named + " as XFS");
        return steps;
    }

    /** What is on the disk now, for people. */
    public List<String> table() throws DiskException {
        List<String> lines = new ArrayList<>();
        lines.add(disk.path() + ": " + new Bytes(disk.bytes()) + ", sectors of " + disk.sectorBytes() + " bytes");
        lines.add(String.format(TABLE, "NUMBER", "DEVICE", "START", "SIZE", "CONTENT", "LABEL"));
        for (DiskContents.Partition partition : DiskContents.of(disk).partitions()) {
            lines.add(String.format(
                    TABLE,
                    partition.number(),
                    disk.partition(partition.number()),
                    new Bytes(partition.start()),
                    new Bytes(partition.bytes()),
                    partition.content().orElse("-"),
                    partition.name()));
        }
        return lines;
    }

    /**
     * Does it.
     *
     * @param tell hears of each step
     * @throws DiskException with the state that the disk is in
     */
    public void carryOut(Consumer<String> tell) throws DiskException {
        if (plan instanceof PartitionPlan.Create create) {
            create(create);
        }
        showToKernel();
        if (!(plan instanceof PartitionPlan.AlreadyThere)) {
            tell.accept("Partition " + partition() + " is being formatted");
            format();
        }
    }

    // wipefs opens the disk for itself alone before it would erase anything. The kernel refuses that while anybody uses
    // the disk,
    // be it from another mount namespace than ours, such as the host's.
    private void requireNobodyElse() throws DiskException {
        SystemTool opened =
                SystemTool.run("wipefs", "--no-act", "--all", disk.path().toString());
        if (!opened.succeeded()) {
            throw new DiskException(
                    disk.path() + " is in use by the system (" + opened.complaint() + "): end that first");
        }
    }

    private void create(PartitionPlan.Create create) throws DiskException {
        String node = disk.path().toString();
        if (!create.lost().isEmpty()) {
            wipe(node);
        }
        eraseStart(create);
        SystemTool made = SystemTool.run(
                "sgdisk",
                "--clear",
                "--new=" + request.number() + ":" + create.first() + ":" + create.last(),
                "--typecode=" + request.number() + ":8300",
                "--change-name=" + request.number() + ":" + request.label(),
                node);
        if (!made.succeeded()) {
            throw new DiskException("sgdisk could not make the partition (" + made.complaint() + "): " + node
                    + " may hold an empty partition table; nothing else was on it");
        }
    }

    /** What lay here once must not be taken for what is made now, should that be broken off. */
    private void eraseStart(PartitionPlan.Create create) throws DiskException {
        try (FileChannel device = FileChannel.open(disk.path(), StandardOpenOption.WRITE)) {
            ByteBuffer nothing = ByteBuffer.allocate((int) PartitionPlan.ALIGNMENT);
            long at = create.first() * disk.sectorBytes();
            while (nothing.hasRemaining()) {
                at += device.write(nothing, at);
            }
            device.force(true);
        } catch (IOException e) {
            throw new DiskException(
                    disk.path() + " cannot be written (" + e.getMessage() + "): see what the kernel says with dmesg",
                    e);
        }
    }

    private void wipe(String node) throws DiskException {
        for (DiskContents.Partition partition : DiskContents.of(disk).partitions()) {
            Path part = disk.partition(partition.number());
            if (Files.exists(part)) {
                SystemTool.run("wipefs", "--all", part.toString()).output();
            }
        }
        SystemTool.run("wipefs", "--all", node).output();
        SystemTool zapped = SystemTool.run("sgdisk", "--zap-all", node);
        if (!zapped.succeeded()) {
            throw new DiskException(
                    "sgdisk could not wipe the table (" + zapped.complaint() + "): " + node + " is partly wiped");
        }
    }

    /** Makes the node of the partition appear, with udev or without. */
    private void showToKernel() throws DiskException {
        RunningSystem system = RunningSystem.here();
        if (plan instanceof PartitionPlan.Create) {
            // Where the kernel did not read the new table it still has the former one's partitions.
            for (int former : system.partitions(disk)) {
                partx("--delete", former);
            }
        }
        if (!system.partitions(disk).contains(request.number())) {
            partx("--add", request.number());
        }
        if (SystemTool.isInstalled("udevadm")) {
            SystemTool.run("udevadm", "settle", "--timeout=" + NODE_APPEARS.toSeconds());
        }
        long end = System.nanoTime() + NODE_APPEARS.toNanos();
        while (!Files.exists(partition())) {
            if (System.nanoTime() > end) {
                throw new DiskException("the partition was made, but " + partition()
                        + " does not appear: in a container, mount the host's /dev; then run this again to format it");
            }
            pause();
        }
    }

    /** Not --update, which looks only at as many numbers as there are partitions (util-linux 2.38). */
    private void partx(String change, int number) throws DiskException {
        SystemTool told = SystemTool.run(
                "partx", change, "--nr", Integer.toString(number), disk.path().toString());
        if (!told.succeeded()) {
            throw new DiskException("the partition was made, but the kernel does not take the new table of "
                    + disk.path() + " (" + told.complaint() + "): restart the server and run this again");
        }
    }

    private static void pause() throws DiskException {
        try {
            Thread.sleep(LOOK_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DiskException("interrupted before the partition was formatted: run this again to format it", e);
        }
    }

    private void format() throws DiskException {
        String node = partition().toString();
        for (List<String> features : FOR_OLDER_KERNELS) {
            if (features.isEmpty() || SystemTool.run(mkfs("-N", features, node)).succeeded()) {
                SystemTool made = SystemTool.run(mkfs("-q", features, node));
                if (!made.succeeded()) {
                    throw new DiskException(disk.path() + " now has the partition " + node + " ("
                            + request.label() + "), but it is not formatted, mkfs.xfs failed (" + made.complaint()
                            + "): see to that and run the same command again, it goes on from there");
                }
                return;
            }
        }
    }

    private static String[] mkfs(String option, List<String> features, String node) {
        List<String> command = new ArrayList<>(List.of("mkfs.xfs", "-f", option));
        command.addAll(features);
        command.add(node);
        return command.toArray(String[]::new);
    }
}
