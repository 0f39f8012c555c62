package io.prestage.protocol;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A speed of transfer, as people write it.
 *
 * @param bitsPerSecond bits a second, more than 0
 */
public record Rate(long bitsPerSecond) implements Comparable<Rate> {
    private static final Pattern WRITTEN = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([kmg]?)(i?)(bit|b|B)(?:/s|ps)?");
    private static final Map<String, Long> DECIMAL = Map.of("", 1L, "k", 1_000L, "m", 1_000_000L, "g", 1_000_000_000L);
    private static final Map<String, Long> BINARY = Map.of("", 1L, "k", 1L << 10, "m", 1L << 20, "g", 1L << 30);

    /** Checks that something moves. */
    public Rate {
        if (bitsPerSecond <= 0) {
            throw new IllegalArgumentException("a rate is more than 0 bit/s, not " + bitsPerSecond);
        }
    }

    /**
     * Reads {@code 200Mbit/s}, {@code 100mbit}, {@code 300MB/s} or {@code 12MiB/s}.
     *
     * @throws IllegalArgumentException if it is none of these, with a sentence that quotes it
     */
    public static Rate parse(String text) {
        String plain = text.strip().toLowerCase(Locale.ROOT);
        Matcher written = WRITTEN.matcher(plain);
        if (!written.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a rate: write it like 200Mbit/s or 300MB/s");
        }
        long unit = (written.group(3).isEmpty() ? DECIMAL : BINARY).get(written.group(2));
        int bits = written.group(4).equals("bit") ? 1 : Byte.SIZE;
        BigDecimal perSecond = new BigDecimal(written.group(1))
                .multiply(BigDecimal.valueOf(unit))
                .multiply(BigDecimal.valueOf(bits))
                .setScale(0, RoundingMode.HALF_UP);
        if (perSecond.signum() == 0 || perSecond.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new IllegalArgumentException("'" + text + "' is no rate that a link can have");
        }
        return new Rate(perSecond.longValueExact());
    }

    /** What is reached by so many bytes in so long; at least 1 bit/s. */
    public static Rate of(Bytes moved, Duration took) {
        double seconds = Math.max(took.toNanos(), 1) / 1e9;
        return new Rate(Math.max(1, Math.round(moved.count() * (double) Byte.SIZE / seconds)));
    }

    /** Whole bytes a second, rounded down. */
    public long bytesPerSecond() {
        return bitsPerSecond / Byte.SIZE;
    }

    @Override
    public int compareTo(Rate other) {
        return Long.compare(bitsPerSecond, other.bitsPerSecond);
    }

    /** With a decimal unit and one decimal, like {@code 94.1 Mbit/s}. */
    @Override
    public String toString() {
        String[] names = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s"};
        double value = bitsPerSecond;
        int unit = 0;
        while (value >= 999.95 && unit < names.length - 1) {
            value /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", value, names[unit]);
    }
}
