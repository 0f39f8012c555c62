package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks one of docker's credential programs ({@code docker-credential-NAME get}) for a registry's credentials. */
final class CredentialProgram {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final int LONGEST_ANSWER = 1 << 20;
    private static final long PATIENCE_SECONDS = 30;

    private final String name;
    private final String program;

    private CredentialProgram(String name, String program) {
        this.name = name;
        this.program = program;
    }

    /**
     * A program of the environment's {@code PATH}.
     *
     * @throws OriginException if there is none, or the name could lead to another folder's program
     */
    static CredentialProgram named(String name, Surroundings surroundings) throws OriginException {
        if (!NAME.matcher(name).matches()) {
            throw new OriginException(
                    Reason.UNAUTHORIZED,
                    "'" + name + "' in the credentials file is not the name of a credential program");
        }
        String full = "docker-credential-" + name;
        for (String folder : surroundings.variable("PATH").orElse("").split(":", -1)) {
            Path candidate = Path.of(folder.isEmpty() ? "." : folder, full);
            if (Files.isExecutable(candidate)) {
                return new CredentialProgram(full, candidate.toString());
            }
        }
        throw missing(full, null);
    }

    /** What the program knows for the registry; empty if it knows nothing. */
    Optional<Credential> get(String registry) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(program, "get")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw missing(name, e);
        }
        try {
            return answer(process, registry);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted while " + name + " ran");
            interrupted.initCause(e);
            throw interrupted;
        } finally {
            process.destroyForcibly();
        }
    }

    private static OriginException missing(String name, Exception cause) {
        return new OriginException(
                Reason.UNAUTHORIZED,
                "the credentials file names " + name + ", which cannot be run: install it or log in with podman",
                cause);
    }

    private Optional<Credential> answer(Process process, String registry) throws IOException, InterruptedException {
        try (OutputStream question = process.getOutputStream()) {
            question.write(registry.getBytes(StandardCharsets.UTF_8));
        }
        byte[] answer;
        try (InputStream output = process.getInputStream()) {
            answer = output.readNBytes(LONGEST_ANSWER);
        }
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new OriginException(Reason.UNAUTHORIZED, name + " does not end: log in with podman instead");
        }
        if (process.exitValue() != 0) {
            String text = new String(answer, StandardCharsets.UTF_8).strip();
            if (text.contains("credentials not found")) {
                return Optional.empty();
            }
            throw new OriginException(
                    Reason.UNAUTHORIZED, name + " gives no credentials for " + registry + ": it says '" + text + "'");
        }
        return Optional.of(decode(answer, registry));
    }

    private Credential decode(byte[] answer, String registry) throws OriginException {
        try {
            JsonNode json = JsonMapper.shared().readTree(answer);
            String user = json.path("Username").asString("");
            String secret = json.path("Secret").asString("");
            // The protocol's mark for a secret that is an identity token.
            return user.equals("<token>") ? new Credential.IdentityToken(secret) : new Credential.Login(user, secret);
        } catch (JacksonException e) {
            throw new OriginException(
                    Reason.UNAUTHORIZED, name + " does not answer in JSON for " + registry + ": log in with podman", e);
        }
    }
}
