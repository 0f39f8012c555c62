package io.prestage.simulation;

import io.prestage.protocol.Rate;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * One server of a scenario.
 *
 * @param up its uplink
 * @param down its downlink
 * @param source what it has of the content at the start
 * @param joins when it joins, from the start
 * @param conduct how it treats its neighbours, from {@code turns} on; before that it keeps to the protocol
 * @param turns when its conduct becomes what it is
 * @param lingers how long after it holds everything it leaves, if it does
 */
public record ServerModel(
        Rate up,
        Rate down,
        Source source,
        Duration joins,
        Conduct conduct,
        Duration turns,
        Optional<Duration> lingers) {
    /** Where a server has content from. */
    public sealed interface Source {
        /** From its neighbours alone. */
        record Swarm() implements Source {}

        /** It holds everything and brings it into the swarm. */
        record Disk() implements Source {}

        /**
         * It fetches what it owns from the origin.
         *
         * @param rate of its way to the origin
         */
        record Origin(Rate rate) implements Source {}
    }

    /** How a server treats its neighbours. */
    public enum Conduct {
        /** It keeps to the protocol. */
        HONEST,
        /** It hears everything and answers nothing, while its connections stand. */
        MUTE,
        /** Whatever it says or sends comes half a minute late. */
        TARDY,
        /** It claims to hold everything and serves nothing. */
        BOASTER,
        /** What it sends does not match its hash. */
        FORGER,
        /** It is gone without a word; its connections break when that is noticed. */
        GONE
    }

    /** Checks that every part is there. */
    public ServerModel {
        Objects.requireNonNull(up, "up");
        Objects.requireNonNull(down, "down");
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(conduct, "conduct");
    }

    /** An empty server that is there from the start. */
    public static ServerModel empty(Rate link) {
        return new ServerModel(
                link, link, new Source.Swarm(), Duration.ZERO, Conduct.HONEST, Duration.ZERO, Optional.empty());
    }

    /** A seed that holds everything. */
    public static ServerModel full(Rate link) {
        return new ServerModel(
                link, link, new Source.Disk(), Duration.ZERO, Conduct.HONEST, Duration.ZERO, Optional.empty());
    }

    /** A seed that fetches from the origin. */
    public static ServerModel fetching(Rate link, Rate origin) {
        return new ServerModel(
                link, link, new Source.Origin(origin), Duration.ZERO, Conduct.HONEST, Duration.ZERO, Optional.empty());
    }

    /** The same, but it joins later. */
    public ServerModel joining(Duration at) {
        return new ServerModel(up, down, source, at, conduct, turns, lingers);
    }

    /** The same, but from some time on it treats its neighbours so. */
    public ServerModel turning(Conduct into, Duration at) {
        return new ServerModel(up, down, source, joins, into, at, lingers);
    }

    /** The same, but it leaves so long after it holds everything. */
    public ServerModel leaving(Duration after) {
        return new ServerModel(up, down, source, joins, conduct, turns, Optional.of(after));
    }

    /** Whether it brings content into the swarm. */
    boolean isSeed() {
        return !(source instanceof Source.Swarm);
    }

    /** Its way to the origin, if it fetches from there. */
    Optional<Rate> origin() {
        return source instanceof Source.Origin origin ? Optional.of(origin.rate()) : Optional.empty();
    }

    /** Whether it is expected to finish; who sends wrong content may find nobody left who talks to it. */
    boolean isToFinish() {
        return conduct == Conduct.HONEST;
    }
}
