package io.prestage.cli;

import io.prestage.imageset.StagingPlanner;
import io.prestage.imageset.StagingRequest;
import io.prestage.node.DiskOrigin;
import io.prestage.node.NodeOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code prestage seed}: fetches images once and shares them with the fleet. */
@Command(
        name = "seed",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Resolve images, fetch every blob once, share it with all nodes. Stays until stopped.",
        footer = {
            "",
            "Example, on the one server that reaches the registry:",
            "  prestage seed -f /mnt --image quay.io/org/app:1.2 --insecure --expect 40 --exit-when-complete"
        })
final class SeedCommand implements Callable<Integer> {
    @Mixin
    private NodeArguments node;

    @Mixin
    private OriginArguments origin;

    @Mixin
    private WhatArguments what;

    @Option(
            names = "--from",
            paramLabel = "DIR|TAR",
            description =
                    "Seed what another partition, or an archive of 'prestage export', holds; no registry is asked.")
    private Optional<Path> from = Optional.empty();

    @Option(names = "--expect", paramLabel = "N", description = "Servers that will be filled, this one included.")
    private Optional<Integer> expect = Optional.empty();

    @Option(
            names = "--exit-when-complete",
            description = "Exit 0 once this server, and as many as --expect says, are complete.")
    private boolean exitWhenComplete;

    @Option(names = "--replace", description = "Take the place of another plan that the cluster is staging.")
    private boolean replace;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (expect.isPresent() && expect.get() < 1) {
            throw new ParameterException(spec.commandLine(), "--expect takes a number of servers from 1 on");
        }
        if (from.isPresent() && what.asksForAnything()) {
            throw new ParameterException(
                    spec.commandLine(), "--from says what to seed: leave out the options that name anything else");
        }
        NodeOptions.Seed seed;
        if (from.isPresent()) {
            seed = DiskOrigin.at(from.get()).seed(replace);
        } else {
            StagingRequest request = what.request(node.folder, spec.commandLine());
            if (what.generatesOnly()) {
                return 0;
            }
            seed = new NodeOptions.Seed(
                    request.line(), new StagingPlanner(request), origin.options(spec.commandLine()), replace);
        }
        return new NodeRun(exitWhenComplete, NodeRun.expected(expect), Duration.ZERO, node.logFormat)
                .run(
                        node.options(Optional.of(seed), spec.commandLine()),
                        spec.commandLine().getOut());
    }
}
