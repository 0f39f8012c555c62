package io.prestage.cli;

import io.prestage.lab.Lab;
import io.prestage.lab.LabException;
import io.prestage.lab.LabRegistry;
import io.prestage.lab.LabShape;
import io.prestage.protocol.Rate;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code prestage lab}: a factory LAN on this machine. */
@Command(
        name = "lab",
        description = "A factory LAN on this machine, from network namespaces: hosts h1 to hN and 'origin'.",
        mixinStandardHelpOptions = true,
        subcommands = {
            LabCommand.Up.class,
            LabCommand.Exec.class,
            LabCommand.SetLink.class,
            LabCommand.Add.class,
            LabCommand.Kill.class,
            LabCommand.Down.class,
            LabCommand.ListLabs.class
        },
        synopsisSubcommandLabel = "COMMAND")
public final class LabCommand {
    /** A server whose link differs. */
    record ServerLink(String host, Rate rate) {
        static final class Converter implements ITypeConverter<ServerLink> {
            @Override
            public ServerLink convert(String text) {
                String[] parts = text.split("=", 2);
                if (parts.length < 2) {
                    throw new TypeConversionException("'" + text + "' is not HOST=R: write it like h3=10Mbit/s");
                }
                return new ServerLink(parts[0], new RateConverter().convert(parts[1]));
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
                names = "--link",
                paramLabel = "HOST=R",
                converter = ServerLink.Converter.class,
                description = "Another speed for one server's link, either way; repeatable.")
        private List<ServerLink> links = List.of();

        @Option(
                names = "--registry",
                paramLabel = "DIR",
                description = "Runs a registry on the origin that keeps its content in DIR.")
        private Path registry;

        @Option(names = "--detach", description = "Leaves the lab up; 'prestage lab down' removes it.")
        private boolean detach;

        @Override
        public Integer call() throws LabException, InterruptedException {
            LabShape shape = shape();
            requireHosts(shape);
            Lab lab = Lab.up(shape);
            for (ServerLink link : links) {
                lab.setRate(link.host(), link.rate());
            }
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

        private void requireHosts(LabShape shape) {
            Set<String> named = new HashSet<>();
            for (ServerLink link : links) {
                String host = link.host();
                if (!shape.hosts().contains(host)) {
                    throw new ParameterException(
                            spec.commandLine(),
                            "--link: there is no host " + host + ", only h1 to h" + shape.servers() + " and "
                                    + Lab.ORIGIN);
                }
                if (!named.add(host)) {
                    throw new ParameterException(spec.commandLine(), "--link names " + host + " twice");
                }
            }
        }

        private LabShape shape() {
            try {
                return new LabShape(servers, rate, originRate == null ? rate : originRate);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), e.getMessage(), e);
            }
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
            List<String> words =
                    new ArrayList<>(List.of("sh", "-c", "exec \"$@\"", "sh")); // tells what is missing by 127
            words.addAll(command);
            return chosen(id)
                    .builder(host, words.toArray(String[]::new))
                    .inheritIO()
                    .start()
                    .waitFor();
        }
    }

    @Command(
            name = "set",
            description = {
                "Changes a host's link while the lab runs.",
                "For example: prestage lab set h3 --rate 10Mbit/s; prestage lab set h3 --down"
            },
            mixinStandardHelpOptions = true)
    static final class SetLink implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Option(names = "--lab", paramLabel = "ID", description = "Which lab, if there are several.")
        private String id;

        @Parameters(paramLabel = "HOST", arity = "1..*", description = "h1 to hN, or origin.")
        private List<String> hosts;

        @Option(
                names = "--rate",
                paramLabel = "R",
                converter = RateConverter.class,
                description = "Speed of the link, either way.")
        private Rate rate;

        @Option(
                names = "--upload",
                paramLabel = "R",
                converter = RateConverter.class,
                description = "Speed of what the host sends.")
        private Rate upload;

        @Option(
                names = "--download",
                paramLabel = "R",
                converter = RateConverter.class,
                description = "Speed of what the host receives.")
        private Rate download;

        @ArgGroup
        private Cable cable;

        static final class Cable {
            @Option(names = "--up", description = "Plug the cable in again.")
            private boolean up;

            @Option(names = "--down", description = "Pull the cable.")
            private boolean down;
        }

        @Override
        public Integer call() throws LabException {
            if (rate == null && upload == null && download == null && cable == null) {
                throw new ParameterException(
                        spec.commandLine(), "say what to change: --rate, --upload, --download, --up or --down");
            }
            Lab lab = chosen(id);
            for (String host : hosts) {
                if (rate != null) {
                    lab.setRate(host, rate);
                }
                if (upload != null) {
                    lab.setUpload(host, upload);
                }
                if (download != null) {
                    lab.setDownload(host, download);
                }
                if (cable != null) {
                    lab.setLink(host, cable.up && !cable.down);
                }
            }
            return 0;
        }
    }

    @Command(
            name = "add",
            description = "Puts one more server on the switch while the lab runs; prints its name and address.",
            mixinStandardHelpOptions = true)
    static final class Add implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Option(names = "--lab", paramLabel = "ID", description = "Which lab, if there are several.")
        private String id;

        @Option(
                names = "--rate",
                paramLabel = "R",
                converter = RateConverter.class,
                description = "Speed of its link (as the lab's).")
        private Rate rate;

        @Override
        public Integer call() throws LabException {
            Lab lab = chosen(id);
            String host = lab.addServer(rate == null ? lab.shape().link() : rate);
            spec.commandLine().getOut().println(host + " " + lab.address(host));
            return 0;
        }
    }

    @Command(name = "kill", description = "Ends every process of a host at once.", mixinStandardHelpOptions = true)
    static final class Kill implements Callable<Integer> {
        @Option(names = "--lab", paramLabel = "ID", description = "Which lab, if there are several.")
        private String id;

        @Parameters(paramLabel = "HOST", arity = "1..*", description = "h1 to hN, or origin.")
        private List<String> hosts;

        @Override
        public Integer call() throws LabException {
            Lab lab = chosen(id);
            for (String host : hosts) {
                lab.kill(host);
            }
            return 0;
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
            List<String> swept = Lab.sweep();
            for (Lab lab : named(swept)) {
                lab.down();
            }
            return 0;
        }

        /** The labs to remove beside those whose owners were gone. */
        private List<Lab> named(List<String> swept) throws LabException {
            if (which != null && which.all) {
                return Lab.all();
            }
            String id = which == null ? null : which.id;
            boolean done = id == null ? !swept.isEmpty() && Lab.all().isEmpty() : swept.contains(id);
            return done ? List.of() : List.of(chosen(id));
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
