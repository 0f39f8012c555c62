package io.prestage.node.transfer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.prestage.protocol.Rate;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class PacedReadsTest {
    @Test
    void aRoundGivesEveryConnectionTimeForTheLargestRead() {
        EmbeddedChannel first = new EmbeddedChannel();
        PacedReads reads = new PacedReads(first.eventLoop(), new Pacer(Rate.parse("64kB/s")));
        first.pipeline().addLast(reads.handler());
        first.pipeline().fireChannelActive();
        EmbeddedChannel second = new EmbeddedChannel(reads.handler());
        assertEquals(Duration.ZERO, reads.round());
        for (int bytes : new int[] {1_000, 32_000, 10}) {
            second.writeInbound(Unpooled.wrappedBuffer(new byte[bytes]));
        }
        assertEquals(Duration.ofSeconds(1), reads.round());
        first.pipeline().fireChannelInactive();
        assertEquals(Duration.ofMillis(500), reads.round());
        first.finishAndReleaseAll();
        second.finishAndReleaseAll();
    }
}
