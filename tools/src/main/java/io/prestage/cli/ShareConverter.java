package io.prestage.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads parts of a whole as people write them: {@code 10%}, {@code 2.5%} or {@code 0.1}. */
final class ShareConverter implements ITypeConverter<Double> {
    private static final Pattern WRITTEN = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)(%?)");

    @Override
    public Double convert(String text) {
        Matcher written = WRITTEN.matcher(text.strip());
        double share = written.matches() ? Double.parseDouble(written.group(1)) : -1;
        share = written.matches() && !written.group(2).isEmpty() ? share / 100 : share;
        if (share < 0 || share > 1) {
            throw new TypeConversionException("'" + text + "' is not a share: write it like 10% or 0.1");
        }
        return share;
    }
}
