package io.prestage.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the kernel says of disks and who uses them.
 *
 * @param sys where sysfs is mounted (its {@code class/block} is read)
 * @param proc where procfs is mounted ({@code self/mountinfo} and {@code swaps} are read)
 */
public record RunningSystem(Path sys, Path proc) {
    private static final int SECTOR = 512; // the unit of sysfs, whatever the disk's own is

    /** SCSI's type of CD drives, in sysfs' {@code device/type}. */
    private static final String CD_DRIVE = "5";

    /** This machine. */
    public static RunningSystem here() {
        return new RunningSystem(Path.of("/sys"), Path.of("/proc"));
    }

    /**
     * Looks at a whole disk.
     *
     * @param device its node or a link to it
     * @throws DiskException if it is absent or no whole disk
     */
    public BlockDevice disk(Path device) throws DiskException {
        Path node;
        try {
            node = device.toRealPath();
        } catch (IOException e) {
            throw new DiskException(device + " does not exist: 'lsblk' lists the disks of this server", e);
        }
        BlockDevice disk = disk(device, node);
        requireItsNode(device, node);
        return disk;
    }

    /** That a disk's name is not that of a file that lies elsewhere. */
    private void requireItsNode(Path device, Path node) throws DiskException {
        String known = read(block(node.getFileName().toString()).resolve("dev"), "");
        if (!deviceNumber(device, node).equals(known)) {
            throw new DiskException(
                    device + " is not the disk that it is called like: name its node, /dev/" + node.getFileName());
        }
    }

    /** The number of a device in sysfs' words; an empty text if it is a file. */
    private static String deviceNumber(Path device, Path node) throws DiskException {
        try {
            if (!Files.readAttributes(node, BasicFileAttributes.class).isOther()) {
                return "";
            }
            long number = (Long) Files.getAttribute(node, "unix:rdev");
            long major = ((number >>> 8) & 0xfff) | ((number >>> 32) & ~0xfffL);
            long minor = (number & 0xff) | ((number >>> 12) & 0xffffff00L);
            return major + ":" + minor;
        } catch (IOException e) {
            throw new DiskException(device + " cannot be looked at (" + e.getMessage() + "): run this as root", e);
        }
    }

    /**
     * Looks at a whole disk.
     *
     * @param device what it is called in sentences
     * @param node of it
     */
    BlockDevice disk(Path device, Path node) throws DiskException {
        String name = node.getFileName().toString();
        Path block = block(name);
        if (!Files.exists(block)) {
            throw new DiskException(device + " is not a block device: name a whole disk, such as /dev/nvme0n1");
        }
        requireWholeDisk(device, name);
        long bytes = Long.parseLong(read(block.resolve("size"), "0")) * SECTOR;
        int sector = Integer.parseInt(read(block.resolve("queue/logical_block_size"), Integer.toString(SECTOR)));
        boolean readOnly = read(block.resolve("ro"), "0").equals("1");
        return new BlockDevice(node, bytes, sector, readOnly, uses(name));
    }

    /** The numbers of the partitions that the kernel knows of a disk, whatever its table says. */
    Set<Integer> partitions(BlockDevice disk) throws DiskException {
        Set<Integer> numbers = new LinkedHashSet<>();
        for (Path entry : list(block(disk.path().getFileName().toString()))) {
            String number = read(entry.resolve("partition"), "");
            if (!number.isEmpty()) {
                numbers.add(Integer.parseInt(number));
            }
        }
        return numbers;
    }

    private void requireWholeDisk(Path device, String name) throws DiskException {
        Path block = block(name);
        if (Files.exists(block.resolve("partition"))) {
            String disk =
                    diskOf(block).map(found -> ": name the disk, /dev/" + found).orElse(": name the disk");
            throw new DiskException(device + " is a partition, not a whole disk" + disk);
        }
        if (Files.exists(block.resolve("dm"))) {
            throw new DiskException(device + " is made by " + kind(name) + ", not a whole disk: name a disk");
        }
        if (Files.exists(block.resolve("md"))) {
            throw new DiskException(device + " is a RAID, not a whole disk: name a disk");
        }
        boolean temporary = name.startsWith("ram") || name.startsWith("zram");
        if (temporary || read(block.resolve("device/type"), "").equals(CD_DRIVE)) {
            throw new DiskException(device + " is not a disk that keeps what is written to it: name another one");
        }
    }

    private Optional<String> diskOf(Path block) {
        try {
            return Optional.of(block.toRealPath().getParent().getFileName().toString())
                    .filter(parent -> Files.exists(block(parent)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** All uses of a disk, its partitions, and whatever is made of them. */
    private List<DeviceUse> uses(String disk) throws DiskException {
        Set<String> devices = new LinkedHashSet<>(List.of(disk));
        for (Path entry : list(block(disk))) {
            if (Files.exists(entry.resolve("partition"))) {
                devices.add(entry.getFileName().toString());
            }
        }
        List<DeviceUse> uses = new ArrayList<>();
        for (String device : new ArrayList<>(devices)) {
            held(device, devices, uses);
        }
        List<String> mounts = lines(proc.resolve("self/mountinfo"));
        List<String> swaps = lines(proc.resolve("swaps"));
        for (String device : devices) {
            String number = read(block(device).resolve("dev"), "?");
            for (String mount : mounts) {
                mountPoint(mount, number, "/dev/" + device)
                        .ifPresent(point -> uses.add(new DeviceUse.Mounted("/dev/" + device, point)));
            }
            for (String swap : swaps) {
                if (swap.startsWith("/dev/" + device + " ") || swap.startsWith("/dev/" + device + "\t")) {
                    uses.add(new DeviceUse.Swap("/dev/" + device));
                }
            }
        }
        return uses;
    }

    private void held(String device, Set<String> devices, List<DeviceUse> uses) throws DiskException {
        Path holders = block(device).resolve("holders");
        for (Path entry : list(holders)) {
            String holder = entry.getFileName().toString();
            uses.add(new DeviceUse.Held("/dev/" + device, holder, kind(holder)));
            if (devices.add(holder)) {
                held(holder, devices, uses);
            }
        }
    }

    /** Who makes devices of such a name. */
    private String kind(String name) {
        if (name.startsWith("md")) {
            return "RAID";
        }
        String maker = read(block(name).resolve("dm/uuid"), "").split("-", 2)[0];
        return switch (maker) {
            case "LVM" -> "LVM";
            case "CRYPT" -> "dm-crypt";
            case "mpath" -> "multipath";
            default -> name.startsWith("dm-") ? "device-mapper" : "another device";
        };
    }

    /** The mount point of a line of mountinfo (proc(5)) if it is of a device, by its number or its name. */
    private static Optional<String> mountPoint(String line, String number, String node) {
        String[] fields = line.split(" ", -1);
        int dash = line.indexOf(" - ");
        if (fields.length < 5 || dash < 0) {
            return Optional.empty();
        }
        String[] source = line.substring(dash + 3).split(" ", -1);
        boolean same = fields[2].equals(number) || (source.length > 1 && source[1].equals(node));
        return same ? Optional.of(fields[4].replace("\\040", " ")) : Optional.empty();
    }

    private Path block(String name) {
        return sys.resolve("class/block").resolve(name);
    }

    private static List<Path> list(Path folder) throws DiskException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        } catch (IOException e) {
            throw new DiskException(folder + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static List<String> lines(Path file) throws DiskException {
        try {
            return Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new DiskException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static String read(Path file, String otherwise) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return otherwise; // no such attribute
        }
    }
}
