package io.prestage.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads lengths of time as people write them: {@code 30s}, {@code 10m}, {@code 2h}, {@code 500ms}. */
final class SpanConverter implements ITypeConverter<Duration> {
    private static final Pattern WRITTEN = Pattern.compile("(\\d{1,9})(ms|s|m|min|h|d)?");

    @Override
    public Duration convert(String text) {
        Matcher written = WRITTEN.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!written.matches()) {
            throw new TypeConversionException("'" + text + "' is not a length of time: write it like 30s, 10m or 2h");
        }
        long count = Long.parseLong(written.group(1));
        String unit = written.group(2) == null ? "s" : written.group(2);
        return switch (unit) {
            case "ms" -> Duration.ofMillis(count);
            case "s" -> Duration.ofSeconds(count);
            case "h" -> Duration.ofHours(count);
            case "d" -> Duration.ofDays(count);
            default -> Duration.ofMinutes(count);
        };
    }
}
