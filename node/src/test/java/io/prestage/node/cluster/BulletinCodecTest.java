package io.prestage.node.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.prestage.protocol.Digest;
import io.prestage.protocol.NodeId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

final class BulletinCodecTest {
    private static final Digest PLAN = Digest.of("plan".getBytes(StandardCharsets.UTF_8));
    private static final PlanOffer OFFER = new PlanOffer(PLAN, 3, "--image a", 1, List.of());
    private static final Member MEMBER = new Member(new NodeId(1, 2), "h2", "10.0.0.2", 7850, 8080, true, "");

    @Example
    void whatIsWrittenIsReadAgain() {
        List<Bulletin> all = List.of(
                new Bulletin.Offered(OFFER, true),
                new Bulletin.Published(new ClusterState(1, Optional.of(OFFER), List.of(MEMBER), List.of())),
                new Bulletin.Voided(PLAN, 2),
                new Bulletin.Asked(PLAN));
        for (Bulletin bulletin : all) {
            assertEquals(bulletin, again(bulletin));
        }
    }

    @Example
    void aReportIsReadAgain() {
        Report report = new Report(MEMBER, Progress.NONE, Optional.of(OFFER), new byte[] {5}, List.of());
        Report read = ((Bulletin.Reported) again(new Bulletin.Reported(report))).report();
        assertEquals(report.member(), read.member());
        assertEquals(report.plan(), read.plan());
        assertEquals(5, read.pieces()[0]);
    }

    @Property(tries = 20)
    void aSummaryTellsWhetherItIsWhole(@ForAll boolean whole) {
        ServerStatus server = ServerStatus.of(MEMBER, Progress.NONE, List.of());
        List<ServerStatus> servers = List.of(server);
        List<ServerStatus> all = whole ? servers : List.of(server, server);
        Bulletin.Summary read = (Bulletin.Summary) again(Bulletin.Summary.of(servers, all));
        assertEquals(FleetBrief.of(all), read.brief());
        assertEquals(whole, read.whole());
        assertEquals(servers, read.servers());
    }

    @Property
    void whatIsNoBulletinIsRefused(@ForAll byte[] bytes) {
        try {
            if (BulletinCodec.decode(bytes, 0, bytes.length) instanceof Bulletin.Summary summary) {
                summary.servers();
            }
        } catch (IllegalArgumentException e) {
            assertEquals(IllegalArgumentException.class, e.getClass());
        }
    }

    @Example
    void anotherKindAndAnEmptyMessageAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> BulletinCodec.decode(new byte[] {99, '{', '}'}, 0, 3));
        assertThrows(IllegalArgumentException.class, () -> BulletinCodec.decode(new byte[0], 0, 0));
    }

    private static Bulletin again(Bulletin bulletin) {
        byte[] written = BulletinCodec.encode(bulletin);
        byte[] within = new byte[written.length + 7];
        System.arraycopy(written, 0, within, 3, written.length);
        return BulletinCodec.decode(within, 3, written.length);
    }
}
