package io.prestage.node.cluster;

import io.prestage.protocol.Digest;
import io.prestage.protocol.NodeId;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * How bulletins are written: a byte for their kind, then JSON; but what comes every second or two, reports and summaries, as
 * {@link StatusCodec} has it. A summary's rows come behind a byte that tells whether it is whole, and the fleet in a few numbers.
 */
final class BulletinCodec {
    /** Bytes of a summary before its rows. */
    private static final int HEADER = 2 + FleetBrief.BYTES;

    /** Writes lists as what they are declared as, and makes out no class of lists on its own, in the moment when a plan comes. */
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(MapperFeature.USE_STATIC_TYPING).build();

    /** The kinds; their place is the byte that stands for them. */
    private static final List<Class<? extends Bulletin>> KINDS = List.of(
            Bulletin.Reported.class,
            Bulletin.Offered.class,
            Bulletin.Published.class,
            Bulletin.Summary.class,
            Bulletin.Voided.class,
            Bulletin.Asked.class);

    private BulletinCodec() {}

    static byte[] encode(Bulletin bulletin) {
        byte kind = (byte) KINDS.indexOf(bulletin.getClass());
        if (bulletin instanceof Bulletin.Summary summary) {
            ByteBuffer written = ByteBuffer.allocate(HEADER + summary.rows().length);
            written.put(kind).put((byte) (summary.whole() ? 1 : 0));
            summary.brief().write(written);
            return written.put(summary.rows()).array();
        }
        byte[] body = bulletin instanceof Bulletin.Reported reported
                ? StatusCodec.encode(reported.report())
                : JSON.writeValueAsBytes(bulletin);
        return ByteBuffer.allocate(1 + body.length).put(kind).put(body).array();
    }

    /**
     * Reads a bulletin, but for the rows of a summary.
     *
     * @throws IllegalArgumentException if that is none
     */
    static Bulletin decode(byte[] array, int offset, int length) {
        if (length < 2 || array[offset] < 0 || array[offset] >= KINDS.size()) {
            throw new IllegalArgumentException("not a bulletin, or one of another version of this program");
        }
        Class<? extends Bulletin> kind = KINDS.get(array[offset]);
        if (kind == Bulletin.Summary.class) {
            if (length < HEADER) {
                throw new IllegalArgumentException("a summary that is cut off");
            }
            return new Bulletin.Summary(
                    array[offset + 1] == 1,
                    FleetBrief.read(ByteBuffer.wrap(array, offset + 2, FleetBrief.BYTES)),
                    Arrays.copyOfRange(array, offset + HEADER, offset + length));
        }
        if (kind == Bulletin.Reported.class) {
            return new Bulletin.Reported(StatusCodec.report(array, offset + 1, length - 1));
        }
        try {
            return JSON.readValue(array, offset + 1, length - 1, kind);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(e.getOriginalMessage(), e);
        }
    }

    /** Writes and reads what only a cluster with a plan says, so that the runtime has linked and compiled it by then. */
    static void rehearse() {
        Digest plan = Digest.of(new byte[0]);
        PlanOffer offer = new PlanOffer(plan, 1, "rehearsal", 1, List.of(plan));
        Member member = new Member(new NodeId(0, 1), "rehearsal", "127.0.0.1", 0, 0, true, "");
        ClusterState state = new ClusterState(1, Optional.of(offer), List.of(member), List.of(0));
        for (Bulletin said : List.of(
                new Bulletin.Offered(offer, false),
                new Bulletin.Published(state),
                new Bulletin.Voided(plan, 0),
                new Bulletin.Asked(plan))) {
            byte[] written = encode(said);
            decode(written, 0, written.length);
        }
    }
}
