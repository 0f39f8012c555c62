package io.prestage.lab;

import io.prestage.protocol.Rate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a lab looks like: servers on one switch, each behind its own link, and an origin behind another.
 *
 * @param servers 1 to 250
 * @param link the speed of each server's link, either way
 * @param origin the speed of the origin's link, either way
 */
public record LabShape(int servers, Rate link, Rate origin) {
    /** The most servers of a lab. */
    public static final int MAX_SERVERS = 250;

    /** The shaper allows bursts of 128 KiB, whose time on a faster link the kernel rounds to nothing. */
    private static final long MAX_BITS_PER_SECOND = 1_000_000_000_000L;

    /** Checks the number. */
    public LabShape {
        if (servers < 1 || servers > MAX_SERVERS) {
            throw new IllegalArgumentException("a lab has 1 to " + MAX_SERVERS + " servers, not " + servers);
        }
        requireRate(link);
        requireRate(origin);
    }

    /**
     * Checks a link's speed; the kernel counts in bytes a second.
     *
     * @throws IllegalArgumentException if it is less than one, or more than the kernel can shape
     */
    public static void requireRate(Rate rate) {
        if (rate.bytesPerSecond() < 1 || rate.bitsPerSecond() > MAX_BITS_PER_SECOND) {
            throw new IllegalArgumentException("a link carries 8 bit/s to 1 Tbit/s, not " + rate);
        }
    }

    /** The names of the servers. */
    public List<String> serverNames() {
        return IntStream.rangeClosed(1, servers)
                .mapToObj(server -> "h" + server)
                .toList();
    }

    /** The names of all hosts: the servers', and the origin's. */
    public List<String> hosts() {
        List<String> hosts = new ArrayList<>(serverNames());
        hosts.add(Lab.ORIGIN);
        return hosts;
    }

    /** A lab whose origin has a link like every other. */
    public static LabShape of(int servers, Rate link) {
        return new LabShape(servers, link, link);
    }
}
