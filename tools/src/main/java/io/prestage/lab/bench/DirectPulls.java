package io.prestage.lab.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Every server for itself: each copies all images from the registry with skopeo, into one layout, so shared layers only once. */
final class DirectPulls implements Contender {
    @Override
    public String name() {
        return "skopeo";
    }

    @Override
    public Optional<String> lacks() {
        return Programs.lacking("skopeo");
    }

    @Override
    public Run run(Race race) throws IOException, InterruptedException {
        try (HostProcesses processes =
                        new HostProcesses(race.lab(), race.scratch().resolve("logs"));
                LinkMeter meter = LinkMeter.start(race.lab())) {
            Instant start = Instant.now();
            Map<String, Path> marks = new LinkedHashMap<>();
            for (String server : race.servers()) {
                Path folder = Files.createDirectories(race.folder(server));
                marks.put(server, folder.resolve("done"));
                processes.start(server, List.of("sh", "-ec", script(race, folder)));
            }
            Map<String, Instant> done = processes.await(marks, race.patience());
            double cpu = ProcessUse.cpu(processes.all());
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
                    Optional.of(cpu),
                    Optional.empty(),
                    meter.received(race.servers(), start));
        }
    }

    // It stays when it is done, so that its use of the processor can be read.
    private static String script(Race race, Path folder) {
        String copies = race.content().tags().stream()
                .map(image -> "skopeo --insecure-policy copy -q --src-tls-verify=false docker://"
                        + race.registry().host() + "/" + image + " oci:" + folder.resolve("layout") + ":" + image)
                .collect(Collectors.joining("\n"));
        return copies + "\ntouch " + folder.resolve("done") + "\nwhile :; do sleep 1; done\n";
    }
}
