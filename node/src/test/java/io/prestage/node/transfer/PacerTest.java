package io.prestage.node.transfer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.Rate;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class PacerTest {
    private static final long SECOND = 1_000_000_000;

    @Property
    void neverLetsMoreGoThanTheRateAndAMoment(
            @ForAll @IntRange(min = 1, max = 10_000) int kilobytes,
            @ForAll @LongRange(min = Long.MAX_VALUE / 2, max = Long.MAX_VALUE) long start,
            @ForAll @Size(min = 1, max = 200) List<@IntRange(min = 1, max = 100_000) Integer> parts,
            @ForAll @IntRange(max = 50) int late) {
        Rate rate = new Rate(kilobytes * 8_000L);
        Pacer pacer = new Pacer(rate);
        long now = start;
        long gone = 0;
        long largest = 0;
        for (int part : parts) {
            now += pacer.delay(now);
            assertEquals(0, pacer.delay(now));
            pacer.count(part, now);
            gone += part;
            largest = Math.max(largest, part);
            double allowed = rate.bytesPerSecond() * ((now - start) / (double) SECOND + 0.021) + largest + 1;
            assertTrue(gone <= allowed, gone + " bytes, allowed " + allowed);
            now += late * 1_000_000L;
        }
    }

    @Test
    void makesUpForWakingLate() {
        Pacer pacer = new Pacer(Rate.parse("1MB/s"));
        long now = 0;
        long gone = 0;
        while (now < 10 * SECOND) {
            now += pacer.delay(now) + 3_000_000; // as timers are
            pacer.count(10_000, now);
            gone += 10_000;
        }
        assertEquals(1, gone / 1e7, 0.01);
    }
}
