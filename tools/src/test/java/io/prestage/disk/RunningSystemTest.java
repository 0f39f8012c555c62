package io.prestage.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What is refused because of what the kernel says, on a sysfs and procfs laid out as a server's with two disks, for not every machine
 * can make device-mapper devices and RAIDs.
 */
final class RunningSystemTest {
    private static final long SECTORS = 480L << 21; // 480 GiB in the 512 bytes of sysfs

    @TempDir
    private Path recorded;

    private RunningSystem system;

    @BeforeEach
    void record() throws IOException {
        system = new RunningSystem(recorded.resolve("sys"), recorded.resolve("proc"));
        Path disks = recorded.resolve("sys/devices/pci0000:00");
        disk(disks.resolve("block/sda"), "8:0");
        partition(disks.resolve("block/sda"), 1, "8:1");
        partition(disks.resolve("block/sda"), 2, "8:2");
        disk(disks.resolve("block/nvme0n1"), "259:0");
        Files.createDirectories(system.proc().resolve("self"));
        mounts("23 28 0:22 / /sys rw,nosuid shared:7 - sysfs sysfs rw");
        write(system.proc().resolve("swaps"), "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    }

    @Test
    void aDiskThatNobodyUsesIsTaken() throws Exception {
        assertEquals(List.of(), look("nvme0n1").uses());
        assertTrue(plan("nvme0n1") instanceof PartitionPlan.Create);
        assertEquals(Set.of(1, 2), system.partitions(look("sda")));
        assertEquals(Path.of("/dev/nvme0n1p3"), look("nvme0n1").partition(3));
        assertEquals(Path.of("/dev/sda3"), look("sda").partition(3));
    }

    @ParameterizedTest
    @CsvSource({
        "dm-0, LVM-Wx3FJ0aP, LVM",
        "dm-0, CRYPT-LUKS2-51a3-luks, dm-crypt",
        "dm-0, mpath-3600508b4000156d7, multipath",
        "dm-0, part1-mine, device-mapper",
        "md127, '', RAID"
    })
    void aDiskThatIsPartOfAnotherDeviceIsRefused(String holder, String uuid, String kind) throws Exception {
        held("block/sda/sda2", holder, uuid);
        assertRefused("sda", "/dev/sda is in use, /dev/sda2 is part of " + kind + " (" + holder + "): take that apart");
        held("block/nvme0n1", holder, uuid);
        assertRefused("nvme0n1", "/dev/nvme0n1 is part of " + kind);
    }

    @Test
    void theDiskOfTheRunningSystemIsRefusedAsSuchWhateverElseIsOnIt() throws Exception {
        mounts(
                "29 1 8:1 / /boot rw,relatime shared:2 - ext4 /dev/sda1 rw",
                "30 1 8:2 / /srv\\040data rw,relatime shared:3 - xfs /dev/sda2 rw");
        assertRefused("sda", "is the disk of the running system, /dev/sda1 is mounted on /boot: choose another disk");
    }

    @Test
    void theDiskBelowTheSystemsVolumesIsTheRunningSystems() throws Exception {
        held("block/sda/sda2", "dm-0", "LVM-Wx3FJ0aP");
        mounts("28 1 253:0 / / rw,relatime shared:1 - xfs /dev/mapper/rhel-root rw");
        assertRefused("sda", "is the disk of the running system, /dev/dm-0 is mounted on /: choose another disk");
    }

    @Test
    void aDiskThatIsMountedOrSwappedToIsRefused() throws Exception {
        mounts("30 1 8:2 / /srv\\040data rw,relatime shared:3 - xfs /dev/sda2 rw");
        assertRefused("sda", "is mounted, /dev/sda2 on /srv data: unmount it first");
        mounts();
        write(
                system.proc().resolve("swaps"),
                "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/sda2                               partition\t2097148\t\t0\t\t-2\n");
        assertRefused("sda", "is in use, /dev/sda2 is swapped to: end that first (swapoff /dev/sda2)");
    }

    @Test
    void aDiskThatIsReadOnlyIsRefused() throws Exception {
        write(block("nvme0n1").resolve("ro"), "1\n");
        assertRefused("nvme0n1", "is read-only: see to its write protection");
    }

    @Test
    void whatIsNoWholeDiskIsRefused() throws Exception {
        held("block/sda/sda2", "dm-0", "LVM-Wx3FJ0aP");
        assertRefused("sda1", "is a partition, not a whole disk: name the disk, /dev/sda");
        assertRefused("dm-0", "is made by LVM, not a whole disk");
        disk(recorded.resolve("sys/devices/virtual/block/zram0"), "252:0");
        assertRefused("zram0", "is not a disk that keeps what is written to it");
        disk(recorded.resolve("sys/devices/virtual/block/sr0"), "11:0");
        write(block("sr0").resolve("device/type"), "5\n");
        assertRefused("sr0", "is not a disk that keeps what is written to it");
        assertRefused("tty0", "is not a block device");
    }

    private void assertRefused(String disk, String because) {
        DiskException refused = assertThrows(DiskException.class, () -> plan(disk));
        assertTrue(refused.getMessage().contains(because), refused::getMessage);
    }

    /** What would be done to an empty disk, were everything forced. */
    private PartitionPlan plan(String disk) throws DiskException {
        PartitionRequest request = new PartitionRequest(1, new PartitionLabel("data"), Bytes.parse("100GiB"));
        return PartitionPlan.of(look(disk), new DiskContents(List.of(), List.of()), request, true);
    }

    private BlockDevice look(String disk) throws DiskException {
        Path node = Path.of("/dev", disk);
        return system.disk(node, node);
    }

    private Path block(String name) {
        return system.sys().resolve("class/block").resolve(name);
    }

    private void disk(Path device, String number) throws IOException {
        write(device.resolve("size"), SECTORS + "\n");
        write(device.resolve("ro"), "0\n");
        write(device.resolve("dev"), number + "\n");
        write(device.resolve("queue/logical_block_size"), "512\n");
        Files.createDirectories(device.resolve("holders"));
        link(device);
    }

    private void partition(Path disk, int number, String device) throws IOException {
        Path partition = disk.resolve(disk.getFileName().toString() + number);
        write(partition.resolve("partition"), number + "\n");
        write(partition.resolve("dev"), device + "\n");
        Files.createDirectories(partition.resolve("holders"));
        link(partition);
    }

    /** Makes a device of another. */
    private void held(String device, String holder, String uuid) throws IOException {
        Path made = recorded.resolve("sys/devices/virtual/block").resolve(holder);
        if (!Files.exists(made)) {
            disk(made, holder.startsWith("md") ? "9:127" : "253:0");
            write(made.resolve(holder.startsWith("md") ? "md/level" : "dm/uuid"), uuid + "\n");
        }
        Path holders =
                recorded.resolve("sys/devices/pci0000:00").resolve(device).resolve("holders");
        Files.createSymbolicLink(holders.resolve(holder), made);
    }

    private void link(Path device) throws IOException {
        Path link = block(device.getFileName().toString());
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, device);
    }

    private void mounts(String... lines) throws IOException {
        Files.write(system.proc().resolve("self/mountinfo"), List.of(lines));
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
