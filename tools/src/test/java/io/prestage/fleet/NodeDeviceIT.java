package io.prestage.fleet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.lab.Lab;
import io.prestage.lab.LabRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** {@code prestage node --device} on a loop disk, filled by a seed over a network. Needs root. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class NodeDeviceIT {
    private static final long SOME = 12L << 20; // bytes; of 48 MiB, which take 4 s at 100 Mbit/s
    private static final Pattern FROM_PEERS = Pattern.compile("from peers (\\d+) bytes");

    private Fleet fleet;
    private LabRegistry registry;
    private Stock stock;
    private Path folder;
    private String disk;
    private int starts;

    @BeforeAll
    void up() throws Exception {
        Ran.require("sgdisk", "gdisk");
        Ran.require("xfs_io", "xfsprogs");
        fleet = Fleet.up(NodeDeviceIT.class, 2, "100Mbit/s", "1Gbit/s");
        stock = Stock.in(fleet.scratch(), images -> List.of(Stock.image(images, "team/app", 12, 4 << 20)));
        registry = fleet.registry(stock.storage());
        fleet.seed("h1", stock.references(fleet.lab().address(Lab.ORIGIN) + ":" + LabRegistry.PORT));
        folder = fleet.folder("h2");
    }

    @BeforeEach
    void attach() throws Exception {
        Path image = fleet.scratch().resolve("disk.img");
        Files.deleteIfExists(image);
        Ran.of("truncate", "-s", "1G", image.toString()).output();
        disk = Ran.of("losetup", "-f", "--show", image.toString()).output().strip();
    }

    @AfterEach
    void detach() throws Exception {
        if (isMounted()) {
            Ran.of("umount", folder.toString()).output();
        }
        Ran.of("partx", "--delete", disk);
        Ran.of("losetup", "-d", disk).output();
    }

    @AfterAll
    void down() throws Exception {
        fleet.clear();
        if (registry != null) {
            registry.close();
        }
        fleet.close();
    }

    @Test
    void makesThePartitionFillsItGivesItBackAndGoesOnAfterARestart() throws Exception {
        Prestage first = node();
        awaitSome();
        assertTrue(isMounted());
        first.stop();
        assertFalse(isMounted(), first::toString);
        assertTrue(first.output().contains("is being formatted"), first::toString);
        assertGoesOn();
        Prestage third = node();
        third.assertSucceeds(Fleet.PATIENCE); // there is nothing left to do
        assertEquals(0, fromPeers(third), third::toString);
        assertFalse(isMounted(), third::toString);
    }

    @Test
    void aSignalThatComesWithTheMountGivesThePartitionBackToo() throws Exception {
        Prestage early = node();
        await().atMost(Fleet.PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(this::isMounted);
        early.stop();
        assertFalse(isMounted(), early::toString);
        Prestage second = node();
        second.assertSucceeds(Fleet.PATIENCE);
        assertFalse(isMounted(), second::toString);
    }

    @Test
    void whatAPowerCutLeavesIsTakenUpAgain() throws Exception {
        Prestage cut = node();
        awaitSome();
        Ran.of("xfs_io", "-x", "-c", "shutdown -f", folder.toString()).output();
        assertEquals(1, cut.exitCode(Fleet.PATIENCE), cut::toString);
        List<String> said =
                cut.errors().lines().filter(line -> !line.contains(" INFO ")).toList();
        assertTrue(said.size() <= 2, cut::toString); // one in the log, and the last
        assertTrue(said.get(said.size() - 1).startsWith("prestage: cannot "), cut::toString);
        assertTrue(said.get(said.size() - 1).contains("check the disk with dmesg"), cut::toString);
        assertFalse(cut.errors().contains("\tat "), cut::toString);
        assertFalse(isMounted(), cut::toString);
        assertGoesOn();
    }

    /** Starts it again: it has to keep what is there, end well, unmount, and leave a partition that is good. */
    private void assertGoesOn() throws Exception {
        Prestage second = node();
        second.assertSucceeds(Fleet.PATIENCE);
        assertFalse(second.output().contains("is being formatted"), second::toString);
        assertTrue(fromPeers(second) < stock.unique(), second::toString);
        assertFalse(isMounted(), second::toString);
        Ran.of("mount", disk + "p1", folder.toString()).output();
        String verified =
                Ran.of(Prestage.command("verify", "-f", folder.toString())).output();
        assertTrue(verified.contains("is good: 1 images"), verified);
        Ran.of("umount", folder.toString()).output();
    }

    private void awaitSome() {
        fleet.awaitProgress("h2", "under way", progress -> progress.verifiedBytes() > SOME);
    }

    /** In the network of its host, and in this process' own mounts: {@code ip netns exec} would give it others. */
    private Prestage node() throws IOException {
        List<String> command = new ArrayList<>(
                List.of("nsenter", "--mount=/proc/" + ProcessHandle.current().pid() + "/ns/mnt"));
        command.addAll(
                List.of(Prestage.command("node", "-f", folder.toString(), "--device", disk, "--size", "600MiB")));
        command.addAll(List.of("--name", "h2", "--insecure", "--exit-when-complete"));
        ProcessBuilder builder = fleet.lab().builder("h2", command.toArray(String[]::new));
        return Prestage.start(builder, fleet.scratch().resolve("logs"), "device-" + ++starts);
    }

    private boolean isMounted() throws IOException {
        return Files.readString(Path.of("/proc/self/mounts")).contains(disk + "p");
    }

    private static long fromPeers(Prestage process) {
        Matcher matcher = FROM_PEERS.matcher(process.output());
        assertTrue(matcher.find(), process::toString);
        return Long.parseLong(matcher.group(1));
    }
}
