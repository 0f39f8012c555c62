package io.prestage.cli;

import io.prestage.lab.Lab;
import io.prestage.lab.LabException;
import io.prestage.lab.LabRegistry;
import io.prestage.lab.LabShape;
import io.prestage.protocol.Rate;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code prestage lab}: a factory LAN on this machine. */
@Command(
        name = "lab",
        description = "A factory LAN on this machine, from network namespaces: hosts h1 to hN and 'origin'.",
        mixinStandardHelpOptions = true,
        subcommands = {LabCommand.Up.class, LabCommand.Exec.class, LabCommand.Down.class, LabCommand.ListLabs.class},
        synopsisSubcommandLabel = "COMMAND")
public final class LabCommand {
    static final class RateConverter implements ITypeConverter<Rate> {
        @Override
        public Rate convert(String text) {
            try {
                return Rate.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    @Command(name = "up", description = "Makes a lab; removes it on Ctrl-C.", mixinStandardHelpOptions = true)
    static final class Up implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Option(names = "--servers", paramLabel = "N", defaultValue = "8", description = "Servers (${DEFAULT-VALUE}).")
        private int servers;

        @Option(
                names = "--rate",
                paramLabel = "R",
                defaultValue = "100Mbit/s",
                converter = RateConverter.class,
                description = "Speed of each link (${DEFAULT-VALUE}).")
        private Rate rate;

        @Option(
                names = "--origin-rate",
                paramLabel = "R",
                converter = RateConverter.class,
                description = "Speed of the origin's link (as the others).")
        private Rate originRate;

        @Option(
                names = "--registry",
                paramLabel = "DIR",
                description = "Runs a registry on the origin that keeps its content in DIR.")
        private Path registry;

        @Option(names = "--detach", description = "Leaves the lab up; 'prestage lab down' removes it.")
        private boolean detach;

        @Override
        public Integer call() throws LabException, InterruptedException {
            Lab lab = Lab.up(new LabShape(servers, rate, originRate == null ? rate : originRate));
            PrintWriter out = spec.commandLine().getOut();
            out.println("lab " + lab.id());
            for (String server : lab.servers()) {
                out.println(server + " " + lab.address(server));
            }
            out.println(Lab.ORIGIN + " " + lab.address(Lab.ORIGIN));
            if (registry != null) {
                out.println("registry "
                        + lab.registry(LabRegistry.Settings.plain(registry)).host());
            }
            out.flush();
            if (detach) {
                lab.detach();
            } else {
                new CountDownLatch(1).await(); // until Ctrl-C, on which the lab removes itself
            }
            return 0;
        }
    }

    @Command(name = "exec", description = "Runs a command on a host.", mixinStandardHelpOptions = true)
    static final class Exec implements Callable<Integer> {
        @Option(names = "--lab", paramLabel = "ID", description = "Which lab, if there are several.")
        private String id;

        @Parameters(index = "0", paramLabel = "HOST", description = "h1 to hN, or origin.")
        private String host;

        @Parameters(index = "1..*", arity = "1..*", paramLabel = "CMD", description = "After --, the command.")
        private List<String> command;

        @Override
        public Integer call() throws Exception {
            return chosen(id)
                    .builder(host, command.toArray(String[]::new))
                    .inheritIO()
                    .start()
                    .waitFor();
        }
    }

    @Command(name = "down", description = "Removes a lab.", mixinStandardHelpOptions = true)
    static final class Down implements Callable<Integer> {
        @ArgGroup
        private Which which;

        static final class Which {
            @Option(names = "--lab", paramLabel = "ID", description = "Which lab, if there are several.")
            private String id;

            @Option(names = "--all", description = "All labs of this machine.")
            private boolean all;
        }

        @Override
        public Integer call() throws LabException {
            Lab.sweep();
            List<Lab> labs = which != null && which.all ? Lab.all() : List.of(chosen(which == null ? null : which.id));
            for (Lab lab : labs) {
                lab.down();
            }
            return 0;
        }
    }

    @Command(name = "list", description = "Lists the labs of this machine.", mixinStandardHelpOptions = true)
    static final class ListLabs implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws LabException {
            PrintWriter out = spec.commandLine().getOut();
            for (Lab lab : Lab.all()) {
                out.println(lab.id() + " " + lab.shape().servers() + " servers, links "
                        + lab.shape().link() + ", origin " + lab.shape().origin()
                        + (lab.isDetached() ? ", detached" : ""));
            }
            out.flush();
            return 0;
        }
    }

    private static Lab chosen(String id) throws LabException {
        if (id != null) {
            return Lab.attach(id);
        }
        List<Lab> labs = Lab.all();
        if (labs.size() != 1) {
            throw new LabException(
                    labs.isEmpty()
                            ? "there is no lab: make one with 'prestage lab up'"
                            : "there are " + labs.size() + " labs: name one with --lab, see 'prestage lab list'");
        }
        return labs.get(0);
    }
}
