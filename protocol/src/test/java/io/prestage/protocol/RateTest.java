package io.prestage.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

final class RateTest {
    @Test
    void readsWhatPeopleWrite() {
        assertEquals(200_000_000, Rate.parse("200Mbit/s").bitsPerSecond());
        assertEquals(100_000_000, Rate.parse("100mbit").bitsPerSecond());
        assertEquals(2_400_000_000L, Rate.parse("300MB/s").bitsPerSecond());
        assertEquals(8L * (12 << 20), Rate.parse("12 MiB/s").bitsPerSecond());
        assertEquals(1_500_000, Rate.parse("1.5Mbit").bitsPerSecond());
        assertEquals(10_000_000_000L, Rate.parse("10Gbit/s").bitsPerSecond());
        assertEquals(300_000_000, Rate.parse("300MB/s").bytesPerSecond());
    }

    @Test
    void quotesWhatIsNoRate() {
        for (String wrong : List.of("", "fast", "-1Mbit", "0bit/s", "100", "1 parsec", "99999999999GB/s", "1MB/h")) {
            String sentence = assertThrows(IllegalArgumentException.class, () -> Rate.parse(wrong))
                    .getMessage();
            assertTrue(sentence.startsWith("'" + wrong + "' is"), sentence);
        }
        assertThrows(IllegalArgumentException.class, () -> new Rate(0));
    }

    @Property
    void whatItWritesIsWithinRoundingOfTheTruth(@ForAll @LongRange(min = 1, max = 1_000_000_000_000L) long bits) {
        long read = Rate.parse(new Rate(bits).toString()).bitsPerSecond();
        assertTrue(Math.abs(read - bits) <= bits * 0.0501, bits + " became " + read);
    }

    @Property
    void measuresWhatMoved(
            @ForAll @LongRange(min = 1, max = 1L << 40) long bytes, @ForAll @LongRange(min = 1, max = 86_400) long s) {
        Rate rate = Rate.of(new Bytes(bytes), Duration.ofSeconds(s));
        assertEquals(Math.max(1, 8.0 * (double) bytes / (double) s), (double) rate.bitsPerSecond(), 0.51);
    }

    @Test
    void nothingInNoTimeIsStillARate() {
        assertEquals(1, Rate.of(new Bytes(0), Duration.ZERO).bitsPerSecond());
    }
}
