package io.prestage.protocol;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes, as people write it.
 *
 * @param count bytes, 0 or more
 */
public record Bytes(long count) implements Comparable<Bytes> {
    private static final Pattern WRITTEN = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([a-z]*)");
    private static final Map<String, Long> UNITS = Map.ofEntries(
            Map.entry("", 1L),
            Map.entry("b", 1L),
            Map.entry("kb", 1_000L),
            Map.entry("mb", 1_000_000L),
            Map.entry("gb", 1_000_000_000L),
            Map.entry("tb", 1_000_000_000_000L),
            Map.entry("k", 1L << 10),
            Map.entry("m", 1L << 20),
            Map.entry("g", 1L << 30),
            Map.entry("t", 1L << 40),
            Map.entry("kib", 1L << 10),
            Map.entry("mib", 1L << 20),
            Map.entry("gib", 1L << 30),
            Map.entry("tib", 1L << 40));

    /** Checks the sign. */
    public Bytes {
        if (count < 0) {
            throw new IllegalArgumentException("a number of bytes is not negative: " + count);
        }
    }

    /**
     * Reads {@code 250GiB}, {@code 3 GB}, {@code 64k} (1,024 each, as dd and truncate read it) or a plain number.
     *
     * @throws IllegalArgumentException if it is none of these or exceeds 2⁶³ − 1 bytes, with a sentence that quotes it
     */
    public static Bytes parse(String text) {
        Matcher written = WRITTEN.matcher(text.strip().toLowerCase(Locale.ROOT));
        Long unit = written.matches() ? UNITS.get(written.group(2)) : null;
        if (unit == null) {
            throw new IllegalArgumentException("'" + text + "' is not a size: write it like 250GiB, 96MiB or 3GB");
        }
        BigDecimal count = new BigDecimal(written.group(1))
                .multiply(BigDecimal.valueOf(unit))
                .setScale(0, RoundingMode.HALF_UP);
        if (count.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new IllegalArgumentException("'" + text + "' is more than can be counted");
        }
        return new Bytes(count.longValueExact());
    }

    @Override
    public int compareTo(Bytes other) {
        return Long.compare(count, other.count);
    }

    /** With a binary unit and one decimal, like {@code 96.0 MiB}; below 1 KiB as {@code 17 B}. */
    @Override
    public String toString() {
        if (count < 1 << 10) {
            return count + " B";
        }
        String[] names = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
        double value = count / 1024.0;
        int unit = 0;
        while (value >= 1023.95 && unit < names.length - 1) {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", value, names[unit]);
    }
}
