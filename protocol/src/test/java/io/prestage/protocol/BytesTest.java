package io.prestage.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

final class BytesTest {
    @Test
    void readsWhatPeopleWrite() {
        assertEquals(250L << 30, Bytes.parse("250GiB").count());
        assertEquals(3_000_000_000L, Bytes.parse(" 3 GB ").count());
        assertEquals(64 << 10, Bytes.parse("64k").count());
        assertEquals(17, Bytes.parse("17").count());
        assertEquals(3L << 29, Bytes.parse("1.5GiB").count());
        assertEquals(Long.MAX_VALUE, Bytes.parse("9223372036854775807").count());
    }

    @Test
    void quotesWhatIsNoSize() {
        for (String wrong : List.of("", "GiB", "-1", "1,5 GiB", "3 XB", "0x10", "1e9", "8388608TiB", "1..5G")) {
            String sentence = assertThrows(IllegalArgumentException.class, () -> Bytes.parse(wrong))
                    .getMessage();
            assertTrue(sentence.startsWith("'" + wrong + "' is"), sentence);
        }
        assertThrows(IllegalArgumentException.class, () -> new Bytes(-1));
    }

    @Property
    void readsEveryPlainNumberBack(@ForAll @LongRange(min = 0) long count) {
        assertEquals(count, Bytes.parse(Long.toString(count)).count());
    }

    @Property
    void whatItWritesIsWithinRoundingOfTheTruth(@ForAll @LongRange(min = 0, max = 1L << 49) long count) {
        long read = Bytes.parse(new Bytes(count).toString()).count();
        assertTrue(Math.abs(read - count) <= Math.max(0, count * 0.0501), count + " became " + read);
    }

    @Property
    void comparesByCount(@ForAll @IntRange(min = 0) int one, @ForAll @IntRange(min = 0) int other) {
        assertEquals(Integer.compare(one, other), Integer.signum(new Bytes(one).compareTo(new Bytes(other))));
    }

    @Test
    void writesTheNextUnitBeforeFourDigits() {
        assertEquals("1023 B", new Bytes(1023).toString());
        assertEquals("1.0 KiB", new Bytes(1024).toString());
        assertEquals("1.0 MiB", new Bytes((1 << 20) - 1).toString());
        assertEquals("8.0 EiB", new Bytes(Long.MAX_VALUE).toString());
    }
}
