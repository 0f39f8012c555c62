package io.prestage.disk;

import java.nio.file.Path;
import java.util.List;

/**
 * A disk as the kernel knows it.
 *
 * @param path its node below {@code /dev}, no link
 * @param bytes its size
 * @param sectorBytes of a logical sector, in which partition tables count
 * @param readOnly whether it refuses writes
 * @param uses what the running system does with it
 */
public record BlockDevice(Path path, long bytes, int sectorBytes, boolean readOnly, List<DeviceUse> uses) {
    /** Copies the uses. */
    public BlockDevice {
        uses = List.copyOf(uses);
    }

    /** The node of a partition: a {@code p} comes between where the disk's name ends in a digit. */
    public Path partition(int number) {
        String name = path.toString();
        boolean digit = Character.isDigit(name.charAt(name.length() - 1));
        return Path.of(name + (digit ? "p" : "") + number);
    }
}
