package io.prestage.cli;

import io.prestage.node.cluster.Progress;
import io.prestage.node.cluster.ServerState;
import io.prestage.node.cluster.ServerStatus;
import io.prestage.node.monitor.FleetTotals;
import io.prestage.node.monitor.FleetView;
import io.prestage.protocol.Bytes;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code prestage status}: how far the fleet is. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Show every server of the fleet, as any of its nodes knows it.",
        footer = {
            "",
            "Example, wait until 40 servers are complete, at most two hours:",
            "  prestage status --node 10.0.0.17 --wait --expect 40 --timeout 2h"
        })
final class StatusCommand implements Callable<Integer> {
    private static final long LOOK_MILLIS = 500;

    @Option(
            names = "--node",
            paramLabel = "HOST[:PORT]",
            description = "Node to ask. Default: the one on this machine.")
    private Optional<String> node = Optional.empty();

    @Option(names = "--json", description = "Print the node's answer as JSON.")
    private boolean json;

    @Option(names = "--wait", description = "Wait until the servers are complete; exit 1 if they are not in time.")
    private boolean wait;

    @Option(
            names = "--expect",
            paramLabel = "N",
            description = "With --wait: complete servers to wait for. Default: every server that is there.")
    private Optional<Integer> expect = Optional.empty();

    @Option(
            names = "--timeout",
            paramLabel = "D",
            converter = SpanConverter.class,
            description = "With --wait: how long to wait, for instance 90s or 2h. Default: for ever.")
    private Optional<Duration> timeout = Optional.empty();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (expect.filter(servers -> servers < 1).isPresent()) {
            throw new ParameterException(spec.commandLine(), "--expect takes a number of servers from 1 on");
        }
        if (!wait && (expect.isPresent() || timeout.isPresent())) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--expect and --timeout need --wait; without it the fleet is shown as it is now");
        }
        try (FleetWatch fleet = new FleetWatch(node.orElseGet(
                () -> BindAddress.find(Optional.empty()).address().getHostAddress()))) {
            tell(fleet);
        }
        return 0;
    }

    private void tell(FleetWatch watch) throws IOException {
        FleetAnswer answer = wait ? awaited(watch) : watch.look();
        FleetView fleet = answer.fleet();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(answer.json());
        } else {
            print(fleet, out);
        }
        out.flush();
        if (wait && !isReached(fleet)) {
            throw new Failure(fleet.complete() + " servers are complete after "
                    + timeout.orElseThrow().toSeconds() + " s, not "
                    + expect.map(String::valueOf)
                            .orElse("all of " + fleet.servers().size()));
        }
    }

    private boolean isReached(FleetView fleet) {
        return expect.map(servers -> fleet.complete() >= servers).orElse(fleet.complete() > 0 && !fleet.isFilling());
    }

    /** The first answer that tells of what is waited for, or the last one before the time is up. */
    private FleetAnswer awaited(FleetWatch watch) throws IOException {
        long start = System.nanoTime();
        while (true) {
            FleetAnswer answer = null;
            IOException trouble = null;
            try {
                answer = watch.look();
            } catch (IOException e) {
                trouble = e; // the node may only be starting
            }
            long waited = System.nanoTime() - start;
            boolean late = timeout.filter(span -> waited >= span.toNanos()).isPresent();
            if (late && trouble != null) {
                throw trouble;
            }
            if (answer != null && (late || isReached(answer.fleet()))) {
                return answer;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for the fleet", e);
            }
        }
    }

    private static void print(FleetView fleet, PrintWriter out) {
        if (fleet.members() == 0) {
            out.println("this node is not a member of cluster " + fleet.cluster()
                    + " yet: it waits for one of its --peers");
            return;
        }
        out.printf(
                Locale.ROOT,
                "cluster %s: %d members, %d seeds, %d complete%n",
                fleet.cluster(),
                fleet.members(),
                fleet.seeds(),
                fleet.complete());
        FleetTotals totals = fleet.totals();
        out.printf(
                Locale.ROOT,
                "%s of %s staged, from the origin %s, %d stalled, %d failed%s%n",
                TopScreen.amount(totals.verifiedBytes()),
                TopScreen.amount(totals.planBytes()),
                TopScreen.amount(totals.originBytes()),
                fleet.in(ServerState.STALLED),
                fleet.in(ServerState.FAILED),
                fleet.millisLeft()
                        .map(millis -> ", " + TopScreen.span(millis) + " left")
                        .orElse(""));
        out.println(fleet.plan().map(plan -> "plan " + plan.plan()).orElse("no plan yet: no seed has offered one"));
        out.printf(
                Locale.ROOT,
                "%-24s %-16s %-9s %5s %12s %14s  %s%n",
                "SERVER",
                "ADDRESS",
                "STATE",
                "DONE",
                "BYTES",
                "RATE",
                "SAFE TO POWER OFF");
        for (ServerStatus server : fleet.servers()) {
            Progress progress = server.progress();
            long percent = progress.planBytes() == 0 ? 0 : 100 * progress.verifiedBytes() / progress.planBytes();
            out.printf(
                    Locale.ROOT,
                    "%-24s %-16s %-9s %4d%% %12s %14s  %s%n",
                    server.member().name() + (server.member().seed() ? " (seed)" : ""),
                    server.member().host(),
                    server.state().label(),
                    percent,
                    new Bytes(progress.verifiedBytes()),
                    server.present() ? ProgressLine.pace(progress) : "-",
                    safety(server));
            String trouble = server.reason().isEmpty() ? server.member().withdrawn() : server.reason();
            if (!trouble.isEmpty()) {
                out.println("    " + trouble);
            }
        }
    }

    private static String safety(ServerStatus server) {
        if (!server.present()) {
            return server.progress().complete() ? "has left" : "has left incomplete";
        }
        if (server.safeToPowerOff()) {
            return "yes";
        }
        if (!server.progress().complete()) {
            return "no: not complete";
        }
        return "no: sole holder of " + server.soleHolderOf() + " pieces";
    }
}
