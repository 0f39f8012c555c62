package io.prestage.node.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.Digest;
import io.prestage.protocol.NodeId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

final class StatusCodecTest {
    private static final List<String> TEXTS =
            List.of("", "h2", "10.0.0.2", "no route to quay.io: check the cable", "Größe 日本");

    @Property(tries = 300)
    void aReportIsReadAsItWasWritten(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] pieces = new byte[random.nextInt(700)];
        random.nextBytes(pieces);
        Optional<PlanOffer> plan = random.nextBoolean() ? Optional.of(offer(random)) : Optional.empty();
        Report report = new Report(member(random), progress(random), plan, pieces, feeders(random));
        byte[] written = StatusCodec.encode(report);
        byte[] within = new byte[written.length + 9];
        System.arraycopy(written, 0, within, 4, written.length);
        Report read = StatusCodec.report(within, 4, written.length);
        assertEquals(report.member(), read.member());
        assertEquals(report.progress(), read.progress());
        assertEquals(report.plan(), read.plan());
        assertArrayEquals(report.pieces(), read.pieces());
        assertEquals(report.feeders(), read.feeders());
    }

    @Property(tries = 100)
    void rowsAreReadAsTheyWereWritten(@ForAll long seed, @ForAll @IntRange(max = 50) int count) {
        SplittableRandom random = new SplittableRandom(seed);
        List<ServerStatus> servers = servers(random, count);
        assertEquals(servers, StatusCodec.servers(StatusCodec.encode(servers)));
    }

    @Property(tries = 200)
    void whatIsCutOffOrHasMoreIsRefused(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] rows = StatusCodec.encode(servers(random, 1 + random.nextInt(5)));
        byte[] shorter = Arrays.copyOf(rows, random.nextInt(rows.length));
        byte[] longer = Arrays.copyOf(rows, rows.length + 1);
        assertThrows(IllegalArgumentException.class, () -> StatusCodec.servers(shorter));
        assertThrows(IllegalArgumentException.class, () -> StatusCodec.servers(longer));
    }

    @Property(tries = 500)
    void garbageIsRefused(@ForAll byte[] garbage) {
        for (Runnable reading : List.<Runnable>of(
                () -> StatusCodec.servers(garbage), () -> StatusCodec.report(garbage, 0, garbage.length))) {
            try {
                reading.run();
            } catch (IllegalArgumentException e) {
                assertTrue(!e.getMessage().isEmpty());
            }
        }
    }

    @Example
    void aRowIsSmall() {
        SplittableRandom random = new SplittableRandom(1);
        Progress filling = new Progress(
                Progress.Phase.FILLING,
                7_000_000_000L,
                3_500_000_000L,
                412,
                200,
                0,
                3_600_000_000L,
                3_400_000_000L,
                1_000_000,
                117_000_000,
                16,
                30_000,
                "");
        Member member = new Member(NodeId.random(random), "SN-4711-0815", "10.20.30.40", 7850, 8080, false, "");
        Feeder feeder = new Feeder(NodeId.random(random), 30_000_000);
        ServerStatus row = ServerStatus.of(member, filling, List.of(feeder, feeder, feeder, feeder));
        int bytes = StatusCodec.encode(List.of(row)).length;
        assertTrue(bytes < 220, "a row has " + bytes + " bytes");
    }

    private static List<ServerStatus> servers(SplittableRandom random, int count) {
        List<ServerStatus> servers = new ArrayList<>();
        for (int server = 0; server < count; server++) {
            servers.add(new ServerStatus(
                    member(random),
                    progress(random),
                    random.nextBoolean(),
                    random.nextBoolean(),
                    number(random),
                    any(List.of(ServerState.values()), random),
                    text(random),
                    random.nextBoolean() ? Optional.of(random.nextLong()) : Optional.empty(),
                    feeders(random)));
        }
        return servers;
    }

    private static Member member(SplittableRandom random) {
        return new Member(
                NodeId.random(random),
                text(random),
                text(random),
                random.nextInt(65536),
                random.nextInt(65536),
                random.nextBoolean(),
                text(random));
    }

    private static Progress progress(SplittableRandom random) {
        return new Progress(
                any(List.of(Progress.Phase.values()), random),
                random.nextLong(),
                random.nextLong(1L << random.nextInt(1, 63)),
                number(random),
                number(random),
                random.nextLong(1L << 40),
                random.nextLong(1L << 40),
                random.nextLong(1L << 40),
                random.nextLong(1L << 20),
                random.nextLong(1L << 30),
                number(random),
                random.nextLong(1L << 30),
                text(random));
    }

    private static PlanOffer offer(SplittableRandom random) {
        List<Digest> replaced = new ArrayList<>();
        for (int plan = 0; plan < random.nextInt(3); plan++) {
            replaced.add(digest(random));
        }
        return new PlanOffer(
                digest(random), number(random), "x".repeat(random.nextInt(100_000)), 1 + number(random) / 2, replaced);
    }

    private static Digest digest(SplittableRandom random) {
        byte[] content = new byte[8];
        random.nextBytes(content);
        return Digest.of(content);
    }

    private static List<Feeder> feeders(SplittableRandom random) {
        List<Feeder> feeders = new ArrayList<>();
        for (int feeder = random.nextInt(Feeder.MOST + 1); feeder > 0; feeder--) {
            feeders.add(new Feeder(NodeId.random(random), random.nextLong(1L << 32)));
        }
        return feeders;
    }

    private static int number(SplittableRandom random) {
        return random.nextInt() >>> random.nextInt(1, 31);
    }

    private static String text(SplittableRandom random) {
        return any(TEXTS, random);
    }

    private static <T> T any(List<T> values, SplittableRandom random) {
        return values.get(random.nextInt(values.size()));
    }
}
