package io.prestage.node.cluster;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * How bulletins are written: a byte for their kind, then JSON; but what comes every second or two, reports and summaries, as
 * {@link StatusCodec} has it. A summary's rows come behind a byte that tells whether it is whole, and the fleet in a few numbers.
 */
final class BulletinCodec {
    /** Bytes of a summary before its rows. */
    private static final int HEADER = 2 + FleetBrief.BYTES;

    private static final JsonMapper JSON = JsonMapper.builder().build();

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
}
