package io.prestage.node.swarm;

import io.prestage.protocol.Digest;
import io.prestage.protocol.Message;
import io.prestage.protocol.Message.Have;
import io.prestage.protocol.Message.Held;
import io.prestage.protocol.Message.PieceHeader;
import io.prestage.protocol.Message.Request;
import io.prestage.protocol.MessageCodec;
import io.prestage.protocol.PieceSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a node does for every piece and message beside moving the bytes: code, decode, keep sets of pieces, pick.
 *
 * <p>Run by {@code mvn -q -pl node -am -DskipTests -Pbenchmarks test}; {@code docs/performance.md} has figures.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
@State(Scope.Thread)
public class HotPathBenchmark {
    /** Pieces of the plan: a small one, one of 3 GB, the largest. */
    @Param({"1000", "3000", "100000"})
    private int pieces;

    private final SplittableRandom random = new SplittableRandom(1);
    private final Have have = have(16);
    private final ByteBuffer haveFrame = MessageCodec.encode(have);
    private final PieceHeader header = new PieceHeader(7, Digest.of(new byte[] {1}), 1 << 16);
    private final ByteBuffer headerFrame = MessageCodec.encode(header);
    private RarestFirst picker;
    private PieceSet neighbour;

    /** A node in the middle of a filling: half of the pieces are open, 16 neighbours announced half of all pieces each. */
    @Setup
    public void fill() {
        picker = new RarestFirst(pieces);
        neighbour = new PieceSet(pieces);
        for (int piece = 0; piece < pieces; piece++) {
            for (int peer = 0; peer < 16; peer++) {
                if (random.nextBoolean()) {
                    picker.announced(piece);
                }
            }
            if (random.nextBoolean()) {
                neighbour.add(piece);
            }
            if (random.nextBoolean()) {
                picker.close(piece);
            }
        }
    }

    @Benchmark
    public ByteBuffer encodeHave() {
        return MessageCodec.encode(have);
    }

    @Benchmark
    public Optional<Message> decodeHave() {
        return MessageCodec.decode(haveFrame.get(4), haveFrame.slice(MessageCodec.PREFIX, haveFrame.remaining() - 5));
    }

    @Benchmark
    public ByteBuffer encodeRequest() {
        return MessageCodec.encode(new Request(7));
    }

    @Benchmark
    public PieceHeader decodePieceHeader() {
        return MessageCodec.decodePieceHeader(
                headerFrame.slice(MessageCodec.PREFIX, MessageCodec.PIECE_HEADER), headerFrame.getInt(0));
    }

    @Benchmark
    public int pickAnyOfTheRarest() {
        return picker.pick(neighbour, false, random);
    }

    @Benchmark
    public int pickTheFirstOfTheRarest() {
        return picker.pick(neighbour, true, random);
    }

    /** A piece is asked for, and announced by one more neighbour, and open again. */
    @Benchmark
    public void closeAnnounceOpen() {
        int piece = random.nextInt(pieces);
        boolean open = picker.isOpen(piece);
        picker.close(piece);
        picker.announced(piece);
        picker.lost(piece);
        if (open) {
            picker.open(piece);
        }
    }

    @Benchmark
    public boolean addAndRemoveOfASet() {
        int piece = random.nextInt(pieces);
        return neighbour.add(piece) ? neighbour.remove(piece) : neighbour.contains(piece);
    }

    private static Have have(int entries) {
        List<Held> held = new ArrayList<>();
        for (int entry = 0; entry < entries; entry++) {
            held.add(new Held(entry * 3, entry * 0x9E3779B97F4A7C15L));
        }
        return new Have(held);
    }
}
