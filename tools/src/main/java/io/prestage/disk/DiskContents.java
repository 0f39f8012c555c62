package io.prestage.disk;

import io.prestage.protocol.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What is written on a disk, told by wipefs, partx and blkid from its bytes alone.
 *
 * @param partitions of its table, whichever kind that is
 * @param signatures types of filesystems, tables and members of something larger that the disk itself bears
 */
public record DiskContents(List<Partition> partitions, List<String> signatures) {
    /** The type of partitions that hold a Linux filesystem, sgdisk's 8300. */
    static final String LINUX = "0fc63daf-8483-4772-8e79-3d69d8477de4";

    /** What blkid ends with if it finds nothing, and if it finds more than one thing (its manual, "exit status"). */
    private static final int NOTHING_FOUND = 2;

    private static final int AMBIVALENT = 8;

    /** What a partition holds whose formatting was broken off. */
    static final String UNFINISHED = "an unfinished xfs";

    private static final String XFS = "xfs";

    /** Where an XFS's first block says that mkfs.xfs is still at it: sb_inprogress of its on-disk format. */
    private static final int IN_PROGRESS = 126;

    private static final Pattern FIELD = Pattern.compile("([A-Z:-]+)=\"([^\"]*)\"");
    private static final int SECTOR = 512; // the unit of partx

    /**
     * One partition of the table.
     *
     * @param number from 1
     * @param name in the table; empty in tables that know no names
     * @param type a GUID, or what older tables have
     * @param start bytes from the start of the disk
     * @param bytes its size
     * @param content the type of what it holds; nothing if nothing is known in it
     */
    public record Partition(int number, String name, String type, long start, long bytes, Optional<String> content) {
        @Override
        public String toString() {
            return "partition " + number + (name.isEmpty() ? "" : " '" + name + "'") + " of " + new Bytes(bytes)
                    + content.map(found -> " with " + found).orElse("");
        }
    }

    /** Copies the lists. */
    public DiskContents {
        partitions = List.copyOf(partitions);
        signatures = List.copyOf(signatures);
    }

    /** Reads a disk; writes nothing. */
    static DiskContents of(BlockDevice disk) throws DiskException {
        return new DiskContents(partitions(disk), signatures(disk.path().toString()));
    }

    boolean isEmpty() {
        return partitions.isEmpty() && signatures.isEmpty();
    }

    Optional<Partition> named(PartitionLabel label) {
        return partitions.stream()
                .filter(partition -> partition.name().equals(label.name()))
                .findFirst();
    }

    /** What there is to lose, for sentences. */
    String described() {
        Stream<String> found = partitions.isEmpty()
                ? signatures.stream().map(type -> "a signature of " + type)
                : partitions.stream().map(Partition::toString);
        return String.join(", ", found.toList());
    }

    private static List<Partition> partitions(BlockDevice disk) throws DiskException {
        SystemTool shown = SystemTool.run(
                "partx",
                "--pairs",
                "--bytes",
                "--output",
                "NR,START,SECTORS,NAME,TYPE",
                disk.path().toString());
        List<Partition> partitions = new ArrayList<>();
        if (!shown.succeeded()) {
            return partitions; // there is no table
        }
        for (String line : shown.out().lines().toList()) {
            String number = field(line, "NR");
            if (!number.isEmpty()) {
                long start = Long.parseLong(field(line, "START")) * SECTOR;
                long bytes = Long.parseLong(field(line, "SECTORS")) * SECTOR;
                partitions.add(new Partition(
                        Integer.parseInt(number),
                        field(line, "NAME"),
                        field(line, "TYPE"),
                        start,
                        bytes,
                        content(disk, start, bytes)));
            }
        }
        return partitions;
    }

    private static String field(String line, String key) {
        Matcher matcher = FIELD.matcher(line);
        while (matcher.find()) {
            if (matcher.group(1).equals(key)) {
                return matcher.group(2);
            }
        }
        return "";
    }

    /** What a part of a disk holds, though the kernel may not know that part. */
    private static Optional<String> content(BlockDevice disk, long start, long bytes) throws DiskException {
        SystemTool probed = SystemTool.run(
                "blkid",
                "--probe",
                "--output",
                "value",
                "--match-tag",
                "TYPE",
                "--match-tag",
                "PTTYPE", // a table within, such as that of a disk's image
                "--offset",
                Long.toString(start),
                "--size",
                Long.toString(bytes),
                disk.path().toString());
        if (probed.code() == NOTHING_FOUND) {
            return Optional.empty();
        }
        String types = String.join(
                " and ", probed.out().lines().map(String::strip).distinct().toList());
        return switch (probed.code()) {
            case 0 ->
                Optional.of(types.equals(XFS) && isBeingFormatted(disk, start) ? UNFINISHED : types)
                        .filter(type -> !type.isEmpty());
            case AMBIVALENT -> Optional.of("several filesystems' signatures");
            default -> Optional.of("something that blkid cannot tell");
        };
    }

    private static boolean isBeingFormatted(BlockDevice disk, long start) throws DiskException {
        try (FileChannel device = FileChannel.open(disk.path(), StandardOpenOption.READ)) {
            ByteBuffer flag = ByteBuffer.allocate(1);
            return device.read(flag, start + IN_PROGRESS) == 1 && flag.get(0) != 0;
        } catch (IOException e) {
            throw new DiskException(disk.path() + " cannot be read (" + e.getMessage() + "): look at it with dmesg", e);
        }
    }

    private static List<String> signatures(String device) throws DiskException {
        String found = SystemTool.run("wipefs", "--no-act", "--json", device).output();
        Set<String> types = new LinkedHashSet<>();
        if (!found.isBlank()) {
            for (JsonNode signature : JsonMapper.shared().readTree(found).path("signatures")) {
                types.add(signature.path("type").asString(""));
            }
        }
        return List.copyOf(types);
    }
}
