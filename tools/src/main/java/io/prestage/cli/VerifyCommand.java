package io.prestage.cli;

import io.prestage.node.origin.ImageReference;
import io.prestage.node.origin.OriginOptions;
import io.prestage.node.store.LayoutVerification;
import io.prestage.node.store.LayoutVerification.Kind;
import io.prestage.node.store.LayoutVerification.Problem;
import io.prestage.node.store.LayoutVerification.Result;
import io.prestage.protocol.Bytes;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code prestage verify}: hashes a data partition again. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Hash everything on the data partition again and say what is wrong. Exit 0 only if nothing is.",
        footer = {
            "",
            "Examples:",
            "  prestage verify -f /mnt",
            "  prestage verify -f /mnt --repair --authfile pull-secret.json",
            "  prestage verify -f /mnt --repair --node 10.0.0.17"
        })
final class VerifyCommand implements Callable<Integer> {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    @Option(
            names = {"-f", "--folder"},
            required = true,
            paramLabel = "DIR",
            description = "Folder of the data partition, for instance /mnt.")
    private Path folder;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Option(
            names = "--repair",
            description =
                    "Mend what is damaged or absent, with pieces fetched again from where they were staged from; then verify again.")
    private boolean repair;

    @Option(
            names = "--node",
            paramLabel = "HOST[:PORT]",
            description = "With --repair: fetch it from this node of a fleet that holds the same, not from the origin.")
    private Optional<String> node = Optional.empty();

    @Mixin
    private OriginArguments origin;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        OriginOptions options = origin.options(spec.commandLine());
        if (node.isPresent() && !repair) {
            throw new ParameterException(spec.commandLine(), "--node goes with --repair");
        }
        PrintWriter out = spec.commandLine().getOut();
        Result result = verify();
        if (repair && result.problems().stream().anyMatch(problem -> problem.kind() != Kind.EXTRA)) {
            PrintWriter err = spec.commandLine().getErr();
            print(result, err);
            err.println("fetched " + new Bytes(repair(options, hit(result), err)) + " again");
            result = verify();
        }
        if (json) {
            out.println(JSON.writeValueAsString(result));
        } else {
            print(result, out);
        }
        out.flush();
        return result.isGood() ? 0 : 1;
    }

    /** Returns the bytes that were fetched. */
    private long repair(OriginOptions options, Set<String> hit, PrintWriter err) throws IOException {
        if (node.isEmpty()) {
            return new RepairRun(folder, Optional.empty(), options, err).run(hit);
        }
        OriginOptions plain = new OriginOptions(Optional.empty(), Optional.empty(), false, options.connections());
        return new RepairRun(folder, Optional.of(anyRepository(node.get())), plain, err).run(hit);
    }

    private static Set<String> hit(Result result) {
        return result.problems().stream()
                .filter(problem -> problem.path().startsWith("blobs/"))
                .flatMap(problem -> problem.images().stream())
                .collect(Collectors.toSet());
    }

    private ImageReference anyRepository(String address) {
        try {
            return ImageReference.parse(FleetClient.withPort(address) + "/any");
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--node takes HOST or HOST:PORT, not '" + address + "'");
        }
    }

    private Result verify() throws IOException {
        return LayoutVerification.of(folder, Runtime.getRuntime().availableProcessors(), bytes -> {});
    }

    private void print(Result result, PrintWriter out) {
        for (Problem problem : result.problems()) {
            out.println(problem.kind().name().toLowerCase(Locale.ROOT) + " " + problem.path() + ": "
                    + problem.sentence()
                    + (problem.images().isEmpty() ? "" : " (" + String.join(", ", problem.images()) + ")"));
        }
        String checked = result.images() + " images, " + result.blobs() + " blobs, " + result.bytes();
        out.println(
                result.isGood()
                        ? folder + " is good: " + checked
                        : folder + " has " + result.problems().size() + " problems in " + checked);
    }
}
