package io.prestage.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One run of the packaged program that goes on while a test looks at it. */
final class Prestage {
    /** The program as it is shipped. */
    static final Path PROGRAM = Path.of(System.getProperty("prestage.built", "target/prestage"), "bin", "prestage");

    private final Process process;
    private final Path out;
    private final Path err;

    private Prestage(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /**
     * Starts it.
     *
     * @param builder runs {@link #PROGRAM}
     * @param logs where its output is kept
     * @param name what the files there are called
     */
    static Prestage start(ProcessBuilder builder, Path logs, String name) throws IOException {
        Files.createDirectories(logs);
        Path out = logs.resolve(name + ".out");
        Path err = logs.resolve(name + ".err");
        return new Prestage(
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start(), out, err);
    }

    /** The command line of the program with such arguments. */
    static String[] command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(PROGRAM.toString()));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    /** The number of its process. */
    long pid() {
        return process.pid();
    }

    /** Whether it is still running. */
    boolean isAlive() {
        return process.isAlive();
    }

    /** What it has printed so far. */
    String output() {
        return text(out);
    }

    /** What it has complained about so far. */
    String errors() {
        return text(err);
    }

    /** Its exit code, once it ends. */
    int exitCode(Duration patience) throws InterruptedException {
        if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("still running after " + patience.toSeconds() + " s:\n" + this);
        }
        return process.exitValue();
    }

    /** Fails unless it ends well. */
    void assertSucceeds(Duration patience) throws InterruptedException {
        assertEquals(0, exitCode(patience), this::toString);
    }

    /** Ends it as a power cut would. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Ends it as {@code kill} does, and waits. */
    void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            kill();
            throw new AssertionError("did not end on SIGTERM:\n" + this);
        }
    }

    /** Ends it as Ctrl-C does. */
    void interrupt() throws IOException, InterruptedException {
        signal("INT");
    }

    /** Sends it a signal. */
    void signal(String name) throws IOException, InterruptedException {
        Ran.of("kill", "-" + name, Long.toString(process.pid())).output();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "(" + file + " cannot be read: " + e.getMessage() + ")";
        }
    }

    @Override
    public String toString() {
        return out.getFileName() + ":\n" + output() + errors();
    }
}
