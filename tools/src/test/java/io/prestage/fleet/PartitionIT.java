package io.prestage.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code prestage partition} on loop devices, as root. */
final class PartitionIT {
    @TempDir
    private Path folder;

    private Path image;
    private String disk;

    @AfterEach
    void detach() throws Exception {
        if (disk != null) {
            Ran.of("partx", "--delete", disk); // says no where there is none
            Ran.of("losetup", "-d", disk).output();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"512", "4096"})
    void makesThePartitionAndFindsItAgain(String sector) throws Exception {
        attach(sector);
        String made = partition("-s", "2", "-n", "5", "-l", "my-data").output();
        assertTrue(made.contains("Partition " + disk + "p5 is being formatted"), made);
        Ran probed = Ran.of("blkid", "-p", "-o", "export", disk + "p5");
        assertTrue(probed.output().contains("TYPE=xfs") && probed.out().contains("PART_ENTRY_NAME=my-data"));
        assertTrue(Ran.of("sgdisk", "-v", disk).output().contains("No problems found"));
        String bytes = bytes();
        String again = partition("-s", "2", "-n", "5", "-l", "my-data").output();
        assertTrue(again.contains("nothing to do"), again);
        assertEquals(bytes, bytes());
    }

    @Test
    void aDiskThatIsNotEmptyIsWipedOnlyWhenTold() throws Exception {
        attach("512");
        Ran.of("mkfs.xfs", "-q", disk).output();
        assertRefused("is not empty, it has a signature of xfs", "-s", "1");
        assertRefused("nobody is there to be asked", "-s", "1", "--force");
        assertTrue(partition("-s", "1", "--force", "--dry-run").output().contains("which loses a signature of xfs"));
        assertTrue(partition("-s", "1", "--force", "--yes").output().contains("will be lost: a signature of xfs"));
        assertRefused("has partition 1 'data' of 1.0 GiB with xfs, which is not the one asked for", "-s", "2");
    }

    @Test
    void signaturesOfLvmAndRaidAreRefused() throws Exception {
        attach("512");
        byte[] lvm = new byte[1024];
        System.arraycopy("LABELONE".getBytes(StandardCharsets.US_ASCII), 0, lvm, 512, 8);
        lvm[512 + 8] = 1; // the label's own sector
        lvm[512 + 20] = 32; // where its contents begin
        System.arraycopy("LVM2 001".getBytes(StandardCharsets.US_ASCII), 0, lvm, 512 + 24, 8);
        Files.write(Path.of(disk), lvm);
        assertRefused("is not empty, it has a signature of LVM2_member", "-s", "1");
        Ran.of("wipefs", "--all", disk).output();
        // Linux RAID's superblock of version 1.2 (md_p.h): at 4 KiB, and says so itself, in sectors.
        ByteBuffer raid = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
        raid.putInt(4096, 0xa92b4efc).putInt(4096 + 4, 1).putLong(4096 + 144, 8);
        Files.write(Path.of(disk), raid.array());
        assertRefused("is not empty, it has a signature of linux_raid_member", "-s", "1");
    }

    @Test
    void aDiskThatRefusesWritesIsRefused() throws Exception {
        attach("512");
        Ran.of("blockdev", "--setro", disk).output();
        try {
            assertRefused("is read-only", "-s", "1");
        } finally {
            Ran.of("blockdev", "--setrw", disk).output(); // the loop device stays so for whoever takes it next
        }
    }

    @Test
    void theOtherNameDoesTheSameAndEndsWithOneWhateverIsWrong() throws Exception {
        attach("512");
        String other = Prestage.PROGRAM.resolveSibling("factory-precaching-cli").toString();
        Ran wrong = Ran.of(other, "partition", "-d", disk, "-l", "a b");
        assertEquals(1, wrong.code(), wrong::toString);
        assertTrue(wrong.err().contains("'a b' cannot be a partition's label"), wrong::toString);
        Ran absent = Ran.of(other, "partition", "-d", "/dev/no-such-disk");
        assertEquals(1, absent.code(), absent::toString);
        Ran.of(other, "partition", "-d", disk, "-s", "1").output();
        String probed = Ran.of("blkid", "-p", "-o", "export", disk + "p1").output();
        assertTrue(probed.contains("TYPE=xfs") && probed.contains("PART_ENTRY_NAME=data"), probed);
    }

    @Test
    void aDiskInUseIsRefusedWhateverIsForced() throws Exception {
        attach("512");
        partition("-s", "2").output();
        Path point = Files.createDirectory(folder.resolve("mount"));
        Ran.of("mount", disk + "p1", point.toString()).output();
        Ran busy = partition("-s", "1", "--force", "--yes");
        Ran.of("umount", point.toString()).output();
        assertEquals(1, busy.code());
        assertTrue(busy.err().contains("is mounted, " + disk + "p1 on " + point), busy::toString);
        Ran.of("mkswap", "-f", disk + "p1").output();
        Ran.of("swapon", disk + "p1").output();
        Ran swapped = partition("-s", "1", "--force", "--yes");
        Ran.of("swapoff", disk + "p1").output();
        assertEquals(1, swapped.code());
        assertTrue(swapped.err().contains("is swapped to"), swapped::toString);
    }

    @Test
    void whatIsNoWholeDiskOrTooSmallIsRefused() throws Exception {
        attach("512");
        assertRefused("is too small", "-s", "5");
        partition("-s", "2").output();
        Ran part = Ran.of(Prestage.command("partition", "-d", disk + "p1", "-s", "1"));
        assertTrue(part.code() == 1 && part.err().contains("is a partition, not a whole disk"), part::toString);
        Ran file = Ran.of(Prestage.command("partition", "-d", image.toString(), "-s", "1"));
        assertTrue(file.code() == 1 && file.err().contains("is not a block device"), file::toString);
        Ran absent = Ran.of(Prestage.command("partition", "-d", "/dev/no-such-disk", "-s", "1"));
        assertTrue(absent.code() == 1 && absent.err().contains("does not exist"), absent::toString);
        Ran wrong = Ran.of(Prestage.command("partition", "-d", disk, "-l", "a b"));
        assertEquals(2, wrong.code(), wrong::toString);
    }

    @Test
    void formattingThatWasBrokenOffIsDoneAgain() throws Exception {
        attach("512");
        partition("-s", "2").output();
        Ran.of("xfs_db", "-x", "-c", "sb 0", "-c", "write -d inprogress 1", disk + "p1")
                .output();
        assertTrue(partition("-s", "2", "--dry-run").output().contains("would format " + disk + "p1"));
        assertTrue(partition("-s", "2").output().contains("is being formatted"));
        assertTrue(partition("-s", "2").output().contains("nothing to do"));
    }

    @Test
    void whatAPartitionHoldsIsNotTakenForNothingThoughItIsNoFilesystem() throws Exception {
        attach("512");
        partition("-s", "2").output();
        Ran.of("wipefs", "--all", disk + "p1").output();
        Ran.of("sgdisk", "--clear", "--new=1:2048:4096", disk + "p1").output();
        assertRefused("with gpt", "-s", "2");
    }

    @Test
    void aFileThatIsCalledLikeADiskIsNoDisk() throws Exception {
        attach("512");
        Path file = folder.resolve(Path.of(disk).getFileName());
        Ran.of("truncate", "-s", "3G", file.toString()).output();
        Ran refused = Ran.of(Prestage.command("partition", "-d", file.toString(), "-s", "1"));
        assertEquals(1, refused.code(), refused::toString);
        assertTrue(
                refused.err().startsWith("prestage: " + file + " is not the disk that it is called like: "),
                refused::toString);
    }

    @Test
    void whatCannotBePrintedIsNoSuccess() throws Exception {
        attach("512");
        ProcessBuilder full = new ProcessBuilder(Prestage.command("partition", "-d", disk, "-s", "1", "--dry-run"))
                .redirectOutput(Path.of("/dev/full").toFile());
        Process process = full.start();
        String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, process.waitFor(), said);
        assertTrue(said.contains("could not be written"), said);
    }

    private void assertRefused(String because, String... options) throws Exception {
        String before = bytes();
        Ran refused = partition(options);
        assertEquals(1, refused.code(), refused::toString);
        assertTrue(refused.err().contains(because), refused::toString);
        assertEquals(1, refused.err().lines().count(), refused::toString);
        assertEquals(before, bytes());
    }

    private Ran partition(String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("partition", "-d", disk));
        arguments.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(Prestage.command(arguments.toArray(String[]::new)));
        return Ran.of(builder.redirectInput(Path.of("/dev/null").toFile()));
    }

    private String bytes() throws Exception {
        Ran.of("blockdev", "--flushbufs", disk).output();
        // Where tar finds holes there is nothing to read.
        return Ran.of("sh", "-c", "tar --sparse --mtime=@0 -cf - -C / '." + image + "' | sha256sum")
                .output();
    }

    private void attach(String sector) throws Exception {
        Ran.require("sgdisk", "gdisk");
        image = folder.resolve("disk.img");
        Ran.of("truncate", "-s", "3G", image.toString()).output();
        disk = Ran.of("losetup", "-b", sector, "-f", "--show", image.toString())
                .output()
                .strip();
    }
}
