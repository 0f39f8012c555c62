package io.prestage.node.cluster;

import io.prestage.node.cluster.Progress.Phase;
import io.prestage.protocol.Digest;
import io.prestage.protocol.NodeId;
import java.io.DataInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jgroups.util.Bits;
import org.jgroups.util.ByteArrayDataInputStream;
import org.jgroups.util.ByteArrayDataOutputStream;

/**
 * How reports and a summary's rows are written, which every member sends or gets every second or two: numbers in as few bytes as JGroups'
 * {@link Bits} need, texts in UTF-8 behind their length, lists behind their number, the rest in the order of the records' parts.
 *
 * <p>As JSON the same took half of the processor time of watching a fleet, most of it in code that runs once a second and so is never
 * compiled. Stateless.
 */
final class StatusCodec {
    /** Their places are the bytes that stand for them. */
    private static final List<Phase> PHASES =
            List.of(Phase.WAITING, Phase.CHECKING, Phase.FILLING, Phase.COMPLETE, Phase.FAILED);

    private static final List<ServerState> STATES = List.of(
            ServerState.WAITING, ServerState.FILLING, ServerState.COMPLETE, ServerState.STALLED, ServerState.FAILED);

    private StatusCodec() {}

    static byte[] encode(Report report) {
        Writer writer = new Writer(512 + report.pieces().length);
        writer.member(report.member());
        writer.progress(report.progress());
        writer.flag(report.plan().isPresent());
        report.plan().ifPresent(writer::offer);
        writer.bytes(report.pieces());
        writer.feeders(report.feeders());
        return writer.written();
    }

    /**
     * Reads a report.
     *
     * @throws IllegalArgumentException if that is none
     */
    static Report report(byte[] array, int offset, int length) {
        try {
            Reader reader = new Reader(array, offset, length);
            return reader.ended(new Report(
                    reader.member(),
                    reader.progress(),
                    reader.flag() ? Optional.of(reader.offer()) : Optional.empty(),
                    reader.bytes(),
                    reader.feeders()));
        } catch (IOException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("a report that is cut off", e);
        }
    }

    static byte[] encode(List<ServerStatus> servers) {
        Writer writer = new Writer(16 + 160 * servers.size());
        writer.number(servers.size());
        servers.forEach(writer::server);
        return writer.written();
    }

    /**
     * Reads the rows of a summary.
     *
     * @throws IllegalArgumentException if these are none
     */
    static List<ServerStatus> servers(byte[] rows) {
        try {
            Reader reader = new Reader(rows, 0, rows.length);
            int count = reader.count();
            List<ServerStatus> servers = new ArrayList<>();
            for (int server = 0; server < count; server++) {
                servers.add(reader.server());
            }
            return reader.ended(servers);
        } catch (IOException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("a summary that is cut off", e);
        }
    }

    /** Writes one part after the other. */
    private static final class Writer {
        private final ByteArrayDataOutputStream out;

        Writer(int expected) {
            out = new ByteArrayDataOutputStream(expected, true);
        }

        byte[] written() {
            return Arrays.copyOf(out.buffer(), out.position());
        }

        void server(ServerStatus server) {
            member(server.member());
            progress(server.progress());
            flag(server.present());
            flag(server.safeToPowerOff());
            number(server.soleHolderOf());
            out.write(STATES.indexOf(server.state()));
            text(server.reason());
            flag(server.millisLeft().isPresent());
            server.millisLeft().ifPresent(this::number);
            feeders(server.feeders());
        }

        void member(Member member) {
            id(member.id());
            text(member.name());
            text(member.host());
            number(member.swarmPort());
            number(member.httpPort());
            flag(member.seed());
            text(member.withdrawn());
        }

        void progress(Progress progress) {
            out.write(PHASES.indexOf(progress.phase()));
            number(progress.planBytes());
            number(progress.verifiedBytes());
            number(progress.blobs());
            number(progress.blobsComplete());
            number(progress.originBytes());
            number(progress.peerBytes());
            number(progress.sentBytes());
            number(progress.wastedBytes());
            number(progress.bytesPerSecond());
            number(progress.peers());
            number(progress.elapsedMillis());
            text(progress.problem());
        }

        void offer(PlanOffer offer) {
            out.write(offer.plan().raw());
            number(offer.blobs());
            text(offer.request());
            number(offer.generation());
            number(offer.replaced().size());
            offer.replaced().forEach(plan -> out.write(plan.raw()));
        }

        void feeders(List<Feeder> feeders) {
            number(feeders.size());
            for (Feeder feeder : feeders) {
                id(feeder.id());
                number(feeder.bytesPerSecond());
            }
        }

        void id(NodeId id) {
            out.writeLong(id.high());
            out.writeLong(id.low());
        }

        void text(String text) {
            bytes(text.getBytes(StandardCharsets.UTF_8));
        }

        void bytes(byte[] bytes) {
            number(bytes.length);
            out.write(bytes);
        }

        void flag(boolean flag) {
            out.write(flag ? 1 : 0);
        }

        void number(long number) {
            try {
                Bits.writeLongCompressed(number, out);
            } catch (IOException e) {
                throw new UncheckedIOException("memory does not fail", e);
            }
        }
    }

    /** Reads one part after the other, and nothing beyond the end. */
    private static final class Reader {
        private final ByteArrayDataInputStream in;

        Reader(byte[] array, int offset, int length) {
            in = new ByteArrayDataInputStream(array, offset, length);
        }

        <T> T ended(T read) {
            if (in.available() > 0) {
                throw new IllegalArgumentException("more than a report or a summary has");
            }
            return read;
        }

        ServerStatus server() throws IOException {
            return new ServerStatus(
                    member(),
                    progress(),
                    flag(),
                    flag(),
                    integer(),
                    oneOf(STATES),
                    text(),
                    flag() ? Optional.of(number()) : Optional.empty(),
                    feeders());
        }

        Member member() throws IOException {
            return new Member(id(), text(), text(), integer(), integer(), flag(), text());
        }

        Progress progress() throws IOException {
            return new Progress(
                    oneOf(PHASES),
                    number(),
                    number(),
                    integer(),
                    integer(),
                    number(),
                    number(),
                    number(),
                    number(),
                    number(),
                    integer(),
                    number(),
                    text());
        }

        PlanOffer offer() throws IOException {
            Digest plan = digest();
            int blobs = integer();
            String request = text();
            int generation = integer();
            int count = count();
            List<Digest> replaced = new ArrayList<>();
            for (int other = 0; other < count; other++) {
                replaced.add(digest());
            }
            return new PlanOffer(plan, blobs, request, generation, replaced);
        }

        List<Feeder> feeders() throws IOException {
            int count = count();
            List<Feeder> feeders = new ArrayList<>();
            for (int feeder = 0; feeder < count; feeder++) {
                feeders.add(new Feeder(id(), number()));
            }
            return feeders;
        }

        NodeId id() throws IOException {
            return new NodeId(in.readLong(), in.readLong());
        }

        Digest digest() throws IOException {
            byte[] raw = new byte[Digest.LENGTH];
            in.readFully(raw);
            return Digest.ofRaw(raw);
        }

        String text() throws IOException {
            return new String(bytes(), StandardCharsets.UTF_8);
        }

        byte[] bytes() throws IOException {
            byte[] bytes = new byte[count()];
            in.readFully(bytes);
            return bytes;
        }

        boolean flag() throws IOException {
            return in.readByte() != 0;
        }

        <T> T oneOf(List<T> values) throws IOException {
            int place = in.readUnsignedByte();
            if (place >= values.size()) {
                throw new IllegalArgumentException("a state that this version does not know");
            }
            return values.get(place);
        }

        /** A number of things of which each takes a byte or more. */
        int count() throws IOException {
            long count = number();
            if (count < 0 || count > in.available()) {
                throw new IllegalArgumentException("a length beyond the end");
            }
            return (int) count;
        }

        int integer() throws IOException {
            return (int) number();
        }

        long number() throws IOException {
            return Bits.readLongCompressed((DataInput) in);
        }
    }
}
