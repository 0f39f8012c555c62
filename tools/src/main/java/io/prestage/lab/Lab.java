package io.prestage.lab;

import io.prestage.protocol.Rate;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A factory LAN on this machine: a network namespace for each server and one for the origin, on a bridge in one more.
 *
 * <p>Hosts are called {@code h1} to {@code hN} and {@code origin}. Every link is shaped at both ends, so that either way has the
 * link's full rate. Nothing of a lab is in the machine's own network, so labs with the same addresses run side by side. A lab goes
 * away with the process that made it, unless it is detached: on {@link #down}, on Ctrl-C, or, after a kill, with the next
 * {@link #sweep}. Needs root, iproute2 and, for registries, docker-registry. Not for two threads at once.
 */
public final class Lab implements AutoCloseable {
    /** The host that is no server. */
    public static final String ORIGIN = "origin";

    private static final String BRIDGE = "bridge";

    /** Hosts that may learn of each other without filling half of the kernel's table of neighbours. */
    private static final int LEARNING_HOSTS = 22;

    /** Container engines have the kernel show every bridge's frames to iptables, which costs time and may drop some. */
    private static final String NO_FILTERING =
            "for each in /proc/sys/net/bridge/bridge-nf-call-*tables; do [ ! -w $each ] || echo 0 > $each; done";

    private static final String ORIGIN_ADDRESS = "10.77.255.254";
    private static final int SECONDS_TO_END = 2;
    private static final Pattern LINK_STATISTICS =
            Pattern.compile("^\\d+: (h\\d+|origin)@.* RX: .*?\\\\ +(\\d+) .* TX: .*?\\\\ +(\\d+) ");

    private LabState state;
    private Optional<Thread> hook = Optional.empty();
    private boolean removed;

    private Lab(LabState state) {
        this.state = state;
    }

    /** Makes a lab that this process owns. Sweeps up abandoned ones first. */
    public static Lab up(LabShape shape) throws LabException {
        SystemCommand.requireRoot();
        SystemCommand.require("ip", "iproute2");
        SystemCommand.require("tc", "iproute2");
        sweep();
        byte[] id = new byte[3];
        new SecureRandom().nextBytes(id);
        try {
            Lab lab = new Lab(LabState.ofThisProcess(HexFormat.of().formatHex(id), shape));
            lab.state.create();
            lab.removeAtExit();
            lab.build();
            return lab;
        } catch (IOException e) {
            throw labException("make a lab", e);
        }
    }

    /** Every lab of this machine. */
    public static List<Lab> all() throws LabException {
        try {
            return LabState.all().stream().map(Lab::new).toList();
        } catch (IOException e) {
            throw labException("list labs", e);
        }
    }

    /** A lab that some process made. */
    public static Lab attach(String id) throws LabException {
        try {
            return LabState.read(id)
                    .map(Lab::new)
                    .orElseThrow(() -> new LabException("there is no lab " + id + ": see 'prestage lab list'"));
        } catch (IOException e) {
            throw labException("find lab " + id, e);
        }
    }

    /**
     * Removes the labs whose owners are gone.
     *
     * @return their ids
     */
    public static List<String> sweep() throws LabException {
        List<String> removed = new ArrayList<>();
        try {
            for (LabState state : LabState.all()) {
                if (state.isAbandoned()) {
                    new Lab(state).remove();
                    removed.add(state.id());
                }
            }
            return removed;
        } catch (IOException e) {
            throw labException("remove abandoned labs", e);
        }
    }

    /** The lab's random name. */
    public String id() {
        return state.id();
    }

    /** What it looks like, as it was made, with the servers that were added. */
    public LabShape shape() {
        return state.shape();
    }

    /** Whether it stays when its owner ends. */
    public boolean isDetached() {
        return state.detached();
    }

    /** The names of the servers. */
    public List<String> servers() {
        return shape().serverNames();
    }

    /** The IPv4 address of a host. */
    public String address(String host) throws LabException {
        requireHost(host);
        return host.equals(ORIGIN) ? ORIGIN_ADDRESS : "10.77.0." + Integer.parseInt(host.substring(1));
    }

    /** Files that live as long as the lab; on a filesystem in memory, so for small ones. */
    public Path folder() {
        return state.folder();
    }

    /** Starts a command on a host. Its process ends with the lab at the latest. */
    public Process exec(String host, String... command) throws LabException {
        try {
            return builder(host, command).start();
        } catch (IOException e) {
            throw labException("run '" + String.join(" ", command) + "' on " + host, e);
        }
    }

    /** What {@link #exec} would start, for the caller to redirect first. */
    public ProcessBuilder builder(String host, String... command) throws LabException {
        requireHost(host);
        List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", namespace(host)));
        words.addAll(Arrays.asList(command));
        return new ProcessBuilder(words);
    }

    /** Starts a registry on the origin. */
    public LabRegistry registry(LabRegistry.Settings settings) throws LabException {
        return LabRegistry.start(this, settings);
    }

    /** Gives a host's link another speed, either way. */
    public void setRate(String host, Rate rate) throws LabException {
        setUpload(host, rate);
        setDownload(host, rate);
    }

    /** Gives what a host sends another speed. */
    public void setUpload(String host, Rate rate) throws LabException {
        requireHost(host);
        shape(namespace(host), "eth0", rate);
    }

    /** Gives what a host receives another speed. */
    public void setDownload(String host, Rate rate) throws LabException {
        requireHost(host);
        shape(namespace(BRIDGE), host, rate);
    }

    /** Pulls a host's cable, or plugs it in again. */
    public void setLink(String host, boolean up) throws LabException {
        requireHost(host);
        SystemCommand.run("ip", "-n", namespace(BRIDGE), "link", "set", host, up ? "up" : "down");
    }

    /** Ends every process of a host at once. What they have written stays, which a power cut might take. */
    public void kill(String host) throws LabException {
        requireHost(host);
        for (List<ProcessHandle> left = processes(host); !left.isEmpty(); left = processes(host)) {
            left.forEach(ProcessHandle::destroyForcibly);
            awaitEnd(left);
        }
    }

    /**
     * Puts one more server on the switch.
     *
     * @param link its link's speed, either way
     * @return its name
     */
    public synchronized String addServer(Rate link) throws LabException {
        try (Closeable alone = state.lock()) {
            LabShape.requireRate(link);
            LabState before = LabState.read(id()).orElseThrow(() -> new LabException("lab " + id() + " is gone"));
            state = before.withOneMore();
            state.replace(); // first, so that whoever removes the lab knows of it
            String host = "h" + shape().servers();
            try {
                SystemCommand.run("ip", "netns", "add", namespace(host));
                plug(host);
                setRate(host, link);
                return host;
            } catch (LabException e) {
                try {
                    removeNamespace(host);
                    if (SystemCommand.run("ip", "-n", namespace(BRIDGE), "-o", "link")
                            .contains(" " + host + "@")) {
                        SystemCommand.run("ip", "-n", namespace(BRIDGE), "link", "del", host);
                    }
                    state = before;
                    state.replace();
                } catch (IOException left) {
                    e.addSuppressed(left); // it goes with the lab
                }
                throw e;
            }
        } catch (IllegalArgumentException e) {
            throw new LabException(e.getMessage(), e);
        } catch (IOException e) {
            throw labException("add a server to lab " + id(), e);
        }
    }

    /**
     * What every host's link has carried so far.
     *
     * @param received bytes on the wire towards the host, frames and all
     * @param sent bytes on the wire from it
     */
    public record Traffic(long received, long sent) {}

    /** What every host's link has carried so far, by host. */
    public Map<String, Traffic> traffic() throws LabException {
        Map<String, Traffic> traffic = new HashMap<>();
        String statistics = SystemCommand.run("ip", "-n", namespace(BRIDGE), "-s", "-o", "link");
        for (String line : statistics.split("\n", -1)) {
            Matcher link = LINK_STATISTICS.matcher(line);
            if (link.find()) {
                // Seen from the switch, what a port receives its host has sent.
                traffic.put(link.group(1), new Traffic(Long.parseLong(link.group(3)), Long.parseLong(link.group(2))));
            }
        }
        return traffic;
    }

    /** Lets the lab outlive this process; {@link #attach} and {@link #down} remove it. */
    public Lab detach() throws LabException {
        try {
            LabState detached = state.asDetached();
            detached.replace();
            forgetHook();
            return new Lab(detached);
        } catch (IOException e) {
            throw labException("detach lab " + id(), e);
        }
    }

    /** Ends every process of the lab and removes it; sweeps up abandoned ones too. Does nothing if it is gone. */
    public void down() throws LabException {
        remove();
        forgetHook();
        sweep();
    }

    /** The same as {@link #down}. */
    @Override
    public void close() throws LabException {
        down();
    }

    // Ctrl-C removes the lab from another thread: before it is built, or once it is.
    private synchronized void build() throws LabException {
        if (removed) {
            throw new LabException("lab " + id() + " was removed before it was made");
        }
        try {
            StringBuilder namespaces = new StringBuilder();
            hosts().forEach(host ->
                    namespaces.append("netns add ").append(namespace(host)).append('\n'));
            namespaces.append("netns add ").append(namespace(BRIDGE)).append('\n');
            SystemCommand.run(List.of("ip", "-batch", "-"), namespaces.toString());
            // Snooping would need a querier, which a lab has not; a plain switch floods.
            String bridge = "link add br0 type bridge mcast_snooping 0\nlink set br0 up\n";
            SystemCommand.run(List.of("ip", "-n", namespace(BRIDGE), "-batch", "-"), bridge);
            SystemCommand.run("ip", "netns", "exec", namespace(BRIDGE), "sh", "-c", NO_FILTERING);
            for (String host : hosts()) {
                plug(host);
                setRate(host, host.equals(ORIGIN) ? shape().origin() : shape().link());
            }
        } catch (LabException e) {
            try {
                down();
            } catch (LabException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    private void plug(String host) throws LabException {
        SystemCommand.run(
                List.of("ip", "-n", namespace(BRIDGE), "-batch", "-"),
                String.format(
                        "link add %s type veth peer name eth0 address %s netns %s%n"
                                + "link set %s master br0%nlink set %s up%n",
                        host, hardwareAddress(host), namespace(host), host, host));
        SystemCommand.run(
                List.of("ip", "-n", namespace(host), "-batch", "-"),
                String.format(
                                "link set lo up%naddr add %s/16 brd + dev eth0%nlink set eth0 up%nroute add 224.0.0.0/4 dev eth0%n",
                                address(host))
                        + neighbours(host));
    }

    /**
     * What tells a host of a large lab the others' hardware addresses. The kernel keeps at most {@code gc_thresh3} neighbours that it
     * learned, 1,024 by default, for all namespaces together, and every host learns of every other; beyond that it refuses to send.
     */
    private String neighbours(String host) throws LabException {
        List<String> others = new ArrayList<>(hosts());
        others.remove(host);
        StringBuilder lines = new StringBuilder();
        for (String other : others.size() < LEARNING_HOSTS ? List.<String>of() : others) {
            lines.append(String.format(
                    "neigh replace %s lladdr %s nud permanent dev eth0%n", address(other), hardwareAddress(other)));
        }
        return lines.toString();
    }

    /** A locally administered one, from the host's address. */
    private String hardwareAddress(String host) throws LabException {
        StringBuilder hardware = new StringBuilder("02:50");
        for (String part : address(host).split("\\.", -1)) {
            hardware.append(String.format(":%02x", Integer.parseInt(part)));
        }
        return hardware.toString();
    }

    private static void shape(String namespace, String device, Rate rate) throws LabException {
        try {
            LabShape.requireRate(rate);
        } catch (IllegalArgumentException e) {
            throw new LabException(e.getMessage(), e);
        }
        // As much as a link of a few hundred Mbit/s needs; more would let a sender overtake the link for a moment.
        SystemCommand.run(
                List.of("tc", "-n", namespace, "-batch", "-"),
                String.format(
                        "qdisc replace dev %s root tbf rate %dbit burst 128k latency 40ms%n",
                        device, rate.bitsPerSecond()));
    }

    private synchronized void remove() throws LabException {
        removed = true;
        try {
            state = LabState.read(id()).orElse(state); // another process may have added servers
            endProcesses();
            // A namespace lives on while a process of it dies, and its veth with it, unless that is deleted by name.
            if (exists(BRIDGE)) {
                for (String link : SystemCommand.run("ip", "-n", namespace(BRIDGE), "-o", "link")
                        .split("\n", -1)) {
                    String name = link.replaceFirst("^\\d+: ", "").replaceFirst("[@:].*", "");
                    if (hosts().contains(name)) {
                        SystemCommand.run("ip", "-n", namespace(BRIDGE), "link", "del", name);
                    }
                }
            }
            for (String host : hosts()) {
                removeNamespace(host);
            }
            removeNamespace(BRIDGE);
            state.remove();
        } catch (IOException e) {
            throw labException("remove lab " + id(), e);
        }
    }

    private void removeNamespace(String host) throws LabException {
        if (exists(host)) {
            SystemCommand.run("ip", "netns", "del", namespace(host));
        }
    }

    private void endProcesses() throws LabException {
        List<ProcessHandle> processes = processes();
        processes.forEach(ProcessHandle::destroy);
        awaitEnd(processes);
        // Those that did not listen, and those that these have started meanwhile.
        for (List<ProcessHandle> left = processes(); !left.isEmpty(); left = processes()) {
            left.forEach(ProcessHandle::destroyForcibly);
            awaitEnd(left);
        }
    }

    private List<ProcessHandle> processes() throws LabException {
        List<ProcessHandle> processes = new ArrayList<>();
        for (String host : hosts()) {
            processes.addAll(processes(host));
        }
        return processes;
    }

    private List<ProcessHandle> processes(String host) throws LabException {
        if (!exists(host)) {
            return List.of();
        }
        return SystemCommand.run("ip", "netns", "pids", namespace(host))
                .lines()
                .map(pid -> ProcessHandle.of(Long.parseLong(pid.strip())))
                .flatMap(Optional::stream)
                .toList();
    }

    private static void awaitEnd(List<ProcessHandle> processes) throws LabException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_TO_END);
        for (ProcessHandle process : processes) {
            try {
                process.onExit().get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                return; // the caller looks again
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LabException("interrupted while a lab was removed", e);
            } catch (ExecutionException e) {
                throw new LabException("cannot wait for process " + process.pid(), e);
            }
        }
    }

    private void removeAtExit() {
        Thread thread = new Thread(
                () -> {
                    try {
                        remove();
                    } catch (LabException e) {
                        System.err.println(e.getMessage());
                    }
                },
                "prestage-lab-" + id());
        Runtime.getRuntime().addShutdownHook(thread);
        hook = Optional.of(thread);
    }

    private void forgetHook() {
        try {
            hook.ifPresent(Runtime.getRuntime()::removeShutdownHook);
        } catch (IllegalStateException e) {
            return; // this runs because the process ends; the hook does the same as the caller did
        } finally {
            hook = Optional.empty();
        }
    }

    private List<String> hosts() {
        return shape().hosts();
    }

    private void requireHost(String host) throws LabException {
        if (!hosts().contains(host)) {
            throw new LabException(
                    "lab " + id() + " has no host " + host + ", only h1 to h" + shape().servers() + " and " + ORIGIN);
        }
    }

    private String namespace(String host) {
        return "prestage-" + id() + "-" + host;
    }

    private boolean exists(String host) {
        return Files.exists(Path.of("/run/netns", namespace(host)));
    }

    private static LabException labException(String doing, IOException cause) {
        return cause instanceof LabException already
                ? already
                : new LabException("cannot " + doing + ": " + cause.getMessage(), cause);
    }
}
