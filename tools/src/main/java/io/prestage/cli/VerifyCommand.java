package io.prestage.cli;

import io.prestage.node.store.LayoutVerification;
import io.prestage.node.store.LayoutVerification.Problem;
import io.prestage.node.store.LayoutVerification.Result;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code prestage verify}: hashes a data partition again. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Hash everything on the data partition again and say what is wrong. Exit 0 only if nothing is.",
        footer = {"", "Example:", "  prestage verify -f /mnt"})
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

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Result result = LayoutVerification.of(folder, Runtime.getRuntime().availableProcessors(), bytes -> {});
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JSON.writeValueAsString(result));
        } else {
            print(result, out);
        }
        out.flush();
        return result.isGood() ? 0 : 1;
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
