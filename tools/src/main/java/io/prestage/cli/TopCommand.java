package io.prestage.cli;

import io.prestage.node.monitor.FleetView;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code prestage top}: the fleet, live in a terminal. */
@Command(
        name = "top",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Show the fleet live, as any of its nodes knows it; if that node dies, another is asked.",
            "Where standard output is no terminal, prints the same as plain text, once or as often as --frames says."
        },
        footer = {
            "",
            "Keys: s state, n name, d done, r rate, l time left; arrows, space and b scroll; q ends.",
            "Example:",
            "  prestage top --node 10.0.0.17"
        })
final class TopCommand implements Callable<Integer> {
    private static final int PLAIN_WIDTH = 80;

    @Option(
            names = "--node",
            paramLabel = "HOST[:PORT]",
            description = "Node to ask. Default: the one on this machine.")
    private Optional<String> node = Optional.empty();

    @Option(
            names = "--sort",
            paramLabel = "BY",
            defaultValue = "state",
            converter = ServerOrder.Converter.class,
            description = "state, name, done, rate or left. Default: ${DEFAULT-VALUE}.")
    private ServerOrder order;

    @Option(
            names = "--interval",
            paramLabel = "D",
            defaultValue = "1s",
            converter = SpanConverter.class,
            description = "Time between two looks. Default: ${DEFAULT-VALUE}.")
    private Duration interval;

    @Option(names = "--frames", paramLabel = "N", description = "End after so many looks.")
    private Optional<Integer> frames = Optional.empty();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (frames.isPresent() && frames.get() < 1) {
            throw new ParameterException(spec.commandLine(), "--frames takes a number from 1 on");
        }
        if (interval.toMillis() < 100) {
            throw new ParameterException(spec.commandLine(), "--interval takes 100ms or more");
        }
        try (FleetWatch fleet = new FleetWatch(node.orElseGet(
                () -> BindAddress.find(Optional.empty()).address().getHostAddress()))) {
            show(fleet);
        }
        return 0;
    }

    private void show(FleetWatch fleet) throws IOException {
        FleetView first = fleet.look().fleet(); // fails here, before the screen changes, if nobody answers
        if (Terminal.isStdout()) {
            try (LiveScreen screen = new LiveScreen(order)) {
                screen.run(fleet, first, interval, frames.orElse(Integer.MAX_VALUE));
            }
        } else {
            print(fleet, first, frames.orElse(1));
        }
    }

    private void print(FleetWatch fleet, FleetView first, int most) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        TopScreen screen = new TopScreen(PLAIN_WIDTH, order);
        FleetView view = first;
        for (int frame = 1; ; frame++) {
            screen.head(view).forEach(line -> out.println(line.text()));
            screen.servers(view).forEach(line -> out.println(line.text()));
            out.println();
            out.flush();
            if (frame == most || out.checkError()) {
                return;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(interval.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            view = fleet.look().fleet();
        }
    }
}
