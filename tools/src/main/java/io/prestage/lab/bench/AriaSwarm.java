package io.prestage.lab.bench;

import io.prestage.lab.LabException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** BitTorrent: aria2 on every server, the seed's holding everything, and opentracker beside it. */
final class AriaSwarm implements Contender {
    private static final int TRACKER_PORT = 6969;
    /** 2 to the 18th are 256 KiB, as torrents of this size have it. */
    private static final String PIECE_LENGTH = "18";

    private static final Pattern INFO_HASH = Pattern.compile("Info Hash: ([0-9a-f]{40})");
    private static final Duration REST = Duration.ofSeconds(3);

    @Override
    public String name() {
        return "aria2";
    }

    @Override
    public Optional<String> lacks() {
        return Programs.lacking("aria2c", "opentracker", "mktorrent");
    }

    @Override
    public Optional<String> unfit(BenchCase what) {
        return what.seedIsFull()
                ? Optional.empty()
                : Optional.of("a torrent is made of what the seed holds, and here it has to fetch that first");
    }

    @Override
    public Run run(Race race) throws IOException, InterruptedException {
        Path torrent = race.scratch().resolve("content.torrent");
        Path blobs = race.content().layout().resolve("blobs");
        try (HostProcesses processes =
                        new HostProcesses(race.lab(), race.scratch().resolve("logs"));
                LinkMeter meter = LinkMeter.start(race.lab())) {
            String address = race.lab().address(Race.SEED);
            String announce = "http://" + address + ":" + TRACKER_PORT + "/announce";
            processes.awaitSuccess(
                    processes.start(
                            Race.SEED,
                            List.of(
                                    "mktorrent",
                                    "-l",
                                    PIECE_LENGTH,
                                    "-a",
                                    announce,
                                    "-o",
                                    torrent.toString(),
                                    blobs.toString())),
                    race.patience());
            processes.start(Race.SEED, tracker(race, address, torrent));
            processes.start(Race.SEED, aria(blobs.getParent(), torrent, "--check-integrity=true"));
            TimeUnit.NANOSECONDS.sleep(REST.toNanos()); // it checks what it has and tells the tracker
            processes.requireAlive();
            Instant start = Instant.now();
            Map<String, Path> marks = new LinkedHashMap<>();
            for (String server : race.servers()) {
                Path folder = Files.createDirectories(race.folder(server));
                marks.put(server, folder.resolve("done"));
                Path hook = Files.writeString(folder.resolve("hook"), "#!/bin/sh\ntouch " + marks.get(server) + "\n");
                Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwx------"));
                processes.start(server, aria(folder, torrent, "--on-bt-download-complete=" + hook));
            }
            Map<String, Instant> done = processes.await(marks, race.patience());
            Map<String, Double> finished = new HashMap<>();
            done.forEach((server, at) ->
                    finished.put(server, Duration.between(start, at).toNanos() / 1e9));
            long bytes = race.content().unique().count();
            return new Run(
                    name(),
                    race.what().ideal(bytes),
                    bytes,
                    finished,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(ProcessUse.cpu(processes.all())),
                    Optional.of(ProcessUse.peakMemory(processes.all())),
                    meter.received(race.servers(), start));
        }
    }

    /** Debian's tracker serves torrents of a list only, which it reads without privileges, as seen from a folder it is put into. */
    private static List<String> tracker(Race race, String address, Path torrent)
            throws IOException, InterruptedException {
        Path folder = Files.createDirectory(race.scratch().resolve("tracker"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Process asking = new ProcessBuilder("aria2c", "--no-conf", "-S", torrent.toString()).start();
        String described = new String(asking.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher hash = INFO_HASH.matcher(described);
        if (asking.waitFor() != 0 || !hash.find()) {
            throw new LabException("aria2 cannot read the torrent that mktorrent made: " + described.strip());
        }
        Files.writeString(folder.resolve("list"), hash.group(1) + "\n");
        String port = Integer.toString(TRACKER_PORT);
        return List.of("opentracker", "-i", address, "-p", port, "-P", port, "-d", folder.toString(), "-w", "/list");
    }

    private static List<String> aria(Path folder, Path torrent, String option) {
        return List.of(
                "aria2c",
                "--no-conf",
                "--dir=" + folder,
                "--file-allocation=none",
                "--seed-ratio=0",
                "--enable-dht=false",
                "--enable-dht6=false",
                "--bt-enable-lpd=false",
                "--enable-peer-exchange=true",
                "--console-log-level=error",
                "--summary-interval=0",
                "--show-console-readout=false",
                option,
                torrent.toString());
    }
}
