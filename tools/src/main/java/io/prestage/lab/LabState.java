package io.prestage.lab;

import io.prestage.protocol.Rate;
import java.io.Closeable;
import java.io.IOException;
import java.io.StringReader;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * What is known of a lab across processes, kept in {@code /run/prestage-lab/<id>/lab.properties}.
 *
 * @param id the lab's random name
 * @param shape what it looks like
 * @param owner the process that made it
 * @param ownerStart when that process started, in the kernel's ticks since boot, so that another one of that number is not taken for it
 * @param detached whether it outlives its owner
 */
record LabState(String id, LabShape shape, long owner, long ownerStart, boolean detached) {
    static final Path ROOT = Path.of("/run/prestage-lab");

    private static final String FILE = "lab.properties";
    private static final String LOCK = "lock";

    static LabState ofThisProcess(String id, LabShape shape) throws IOException {
        long pid = ProcessHandle.current().pid();
        return new LabState(id, shape, pid, startOf(pid).orElseThrow(), false);
    }

    LabState asDetached() {
        return new LabState(id, shape, owner, ownerStart, true);
    }

    LabState withOneMore() {
        return new LabState(
                id, new LabShape(shape.servers() + 1, shape.link(), shape.origin()), owner, ownerStart, detached);
    }

    Path folder() {
        return ROOT.resolve(id);
    }

    /** Whether nobody is left to remove the lab. */
    boolean isAbandoned() throws IOException {
        return !detached && !startOf(owner).equals(Optional.of(ownerStart));
    }

    /** Makes the lab known; its folder appears with its state in it. */
    void create() throws IOException {
        Files.createDirectories(ROOT);
        Path draft = Files.createTempDirectory(ROOT, ".new-");
        Files.writeString(draft.resolve(FILE), text());
        Files.move(draft, folder(), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Waits until no other process changes the lab, and keeps others from it. */
    Closeable lock() throws IOException {
        FileChannel channel =
                FileChannel.open(folder().resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        channel.lock();
        return channel;
    }

    void replace() throws IOException {
        Path draft = folder().resolve(FILE + ".new");
        Files.writeString(draft, text());
        Files.move(draft, folder().resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Forgets the lab with all files that it kept; the state goes last. */
    void remove() throws IOException {
        try (Stream<Path> walk = Files.walk(folder())) {
            List<Path> files = new ArrayList<>(walk.toList());
            Collections.reverse(files);
            files.remove(folder().resolve(FILE));
            files.remove(folder());
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException e) {
            return; // another process removed it
        }
        Files.deleteIfExists(folder().resolve(FILE));
        Files.deleteIfExists(folder());
    }

    /** Every lab of this machine, in the order of their names. */
    static List<LabState> all() throws IOException {
        List<LabState> states = new ArrayList<>();
        if (!Files.isDirectory(ROOT)) {
            return states;
        }
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(
                ROOT, entry -> !entry.getFileName().toString().startsWith("."))) {
            for (Path folder : folders) {
                read(folder.getFileName().toString()).ifPresent(states::add);
            }
        }
        states.sort((one, other) -> one.id.compareTo(other.id));
        return states;
    }

    static Optional<LabState> read(String id) throws IOException {
        Properties text = new Properties();
        try {
            text.load(new StringReader(Files.readString(ROOT.resolve(id).resolve(FILE))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        return Optional.of(new LabState(
                id,
                new LabShape(
                        Integer.parseInt(text.getProperty("servers")),
                        new Rate(Long.parseLong(text.getProperty("link"))),
                        new Rate(Long.parseLong(text.getProperty("origin")))),
                Long.parseLong(text.getProperty("owner")),
                Long.parseLong(text.getProperty("owner-start")),
                Boolean.parseBoolean(text.getProperty("detached"))));
    }

    private String text() {
        return String.format(
                "servers=%d%nlink=%d%norigin=%d%nowner=%d%nowner-start=%d%ndetached=%s%n",
                shape.servers(),
                shape.link().bitsPerSecond(),
                shape.origin().bitsPerSecond(),
                owner,
                ownerStart,
                detached);
    }

    // Field 22 of stat(5); the second one, the command's name, may hold spaces and parentheses.
    private static Optional<Long> startOf(long pid) throws IOException {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return fields[0].equals("Z") ? Optional.empty() : Optional.of(Long.valueOf(fields[19]));
        } catch (IOException e) {
            if (Files.exists(Path.of("/proc", Long.toString(pid)))) {
                throw e;
            }
            return Optional.empty();
        }
    }
}
