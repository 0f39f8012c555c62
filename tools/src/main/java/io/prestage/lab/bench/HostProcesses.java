package io.prestage.lab.bench;

import io.prestage.lab.Lab;
import io.prestage.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Processes on a lab's hosts, and their output; closing ends them. */
final class HostProcesses implements AutoCloseable {
    private static final long LOOK_MILLIS = 50;

    private record Started(String host, Process process, Path log) {}

    private final Lab lab;
    private final Path logs;
    private final List<Started> started = new ArrayList<>();

    /**
     * Starts nothing yet.
     *
     * @param logs a folder to keep their output in
     */
    HostProcesses(Lab lab, Path logs) throws IOException {
        this.lab = lab;
        this.logs = Files.createDirectories(logs);
    }

    Process start(String host, List<String> command) throws IOException {
        Path log = logs.resolve(host + "-" + started.size() + ".log");
        Process process = lab.builder(host, command.toArray(String[]::new))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        started.add(new Started(host, process, log));
        return process;
    }

    Collection<Process> all() {
        return started.stream().map(Started::process).toList();
    }

    /**
     * Waits until each of these files is there.
     *
     * @param files by host
     * @return when each was last written
     * @throws IOException if a process ends before, or time runs out
     */
    Map<String, Instant> await(Map<String, Path> files, Duration patience) throws IOException, InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        Map<String, Instant> there = new LinkedHashMap<>();
        while (there.size() < files.size()) {
            for (Map.Entry<String, Path> file : files.entrySet()) {
                if (!there.containsKey(file.getKey()) && Files.exists(file.getValue())) {
                    there.put(
                            file.getKey(),
                            Files.getLastModifiedTime(file.getValue()).toInstant());
                }
            }
            requireAlive();
            if (System.nanoTime() - end > 0) {
                throw late(there, files, patience);
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
        return there;
    }

    private LabException late(Map<String, Instant> there, Map<String, Path> files, Duration patience)
            throws IOException {
        List<String> missing =
                files.keySet().stream().filter(host -> !there.containsKey(host)).toList();
        String said = "";
        for (Started each : started) {
            if (each.host.equals(missing.get(0))) {
                said = last(each.log);
            }
        }
        return new LabException("after " + patience.toSeconds() + " s these were not done: "
                + String.join(", ", missing) + "; the first of them said last: " + said);
    }

    /**
     * Fails if one has ended.
     *
     * @throws IOException with the last line that it printed
     */
    void requireAlive() throws IOException {
        for (Started each : started) {
            if (!each.process.isAlive()) {
                throw new LabException(
                        each.host + " ended with code " + each.process.exitValue() + ": " + last(each.log));
            }
        }
    }

    /** Waits for one to end well. */
    void awaitSuccess(Process process, Duration patience) throws IOException, InterruptedException {
        if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS) || process.exitValue() != 0) {
            Started of = started.stream()
                    .filter(each -> each.process.equals(process))
                    .findFirst()
                    .orElseThrow();
            throw new LabException(of.host + " did not succeed: " + last(of.log));
        }
        started.removeIf(each -> each.process.equals(process));
    }

    @Override
    public void close() {
        started.forEach(each -> each.process.destroy());
        for (Started each : started) {
            try {
                if (!each.process.waitFor(5, TimeUnit.SECONDS)) {
                    each.process.destroyForcibly().waitFor();
                }
            } catch (InterruptedException e) {
                each.process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }

    private static String last(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log);
        return lines.isEmpty() ? "it printed nothing" : lines.get(lines.size() - 1);
    }
}
