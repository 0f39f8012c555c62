package io.prestage.lab.bench;

import io.prestage.lab.LabShape;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Rate;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What is measured: a seed and empty servers on one switch, and content that all of them are to hold.
 *
 * @param name what it is called
 * @param servers empty ones, beside the seed; 1 to 249
 * @param link each server's link, either way
 * @param origin the registry's link, either way
 * @param size about how many bytes the images have, 1 MiB to 1 TiB
 * @param seedIsFull whether the seed holds everything before the clock starts; otherwise it fetches while the clock runs
 */
public record BenchCase(String name, int servers, Rate link, Rate origin, Bytes size, boolean seedIsFull) {
    /** The cases that have numbers to reach. */
    public static final List<BenchCase> KNOWN = List.of(
            full("lan9", 8, "100Mbit/s", "96MiB"),
            full("lan17", 16, "50Mbit/s", "64MiB"),
            new BenchCase("origin8", 8, Rate.parse("200Mbit/s"), Rate.parse("50Mbit/s"), Bytes.parse("128MiB"), false));

    /** Requires all parts. */
    public BenchCase {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(link, "link");
        Objects.requireNonNull(origin, "origin");
        Objects.requireNonNull(size, "size");
        LabShape.requireRate(link);
        LabShape.requireRate(origin);
        if (servers < 1 || servers >= LabShape.MAX_SERVERS) {
            throw new IllegalArgumentException(
                    "a case has 1 to " + (LabShape.MAX_SERVERS - 1) + " servers beside the seed, not " + servers);
        }
        if (size.count() < 1 << 20 || size.count() > 1L << 40) {
            throw new IllegalArgumentException("a case moves 1MiB to 1TiB, not " + size);
        }
    }

    /** The same in another shape; what is not given stays, but for the registry's link, which is as fast as the others of a full case. */
    public BenchCase with(Optional<Integer> servers, Optional<Rate> link, Optional<Rate> origin, Optional<Bytes> size) {
        Rate links = link.orElse(this.link);
        return new BenchCase(
                name,
                servers.orElse(this.servers),
                links,
                origin.orElse(seedIsFull ? links : this.origin),
                size.orElse(this.size),
                seedIsFull);
    }

    /** A known case. */
    public static Optional<BenchCase> named(String name) {
        return KNOWN.stream().filter(known -> known.name().equals(name)).findFirst();
    }

    /** Seconds that nobody can do it in less: the bytes over the slowest link that all of them must pass. */
    public double ideal(long bytes) {
        return seconds(bytes, seedIsFull ? link : slower());
    }

    /** Seconds that the bytes take over both a server's link and the registry's. */
    double fromRegistry(long bytes) {
        return seconds(bytes, slower());
    }

    private Rate slower() {
        return link.compareTo(origin) < 0 ? link : origin;
    }

    private static double seconds(long bytes, Rate rate) {
        return bytes * (double) Byte.SIZE / rate.bitsPerSecond();
    }

    private static BenchCase full(String name, int servers, String link, String size) {
        return new BenchCase(name, servers, Rate.parse(link), Rate.parse(link), Bytes.parse(size), true);
    }
}
