package io.prestage.cli;

import io.prestage.protocol.Bytes;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the size of a partition: a plain number is GiB. */
final class DiskSizeConverter implements ITypeConverter<Bytes> {
    private static final Pattern NUMBER = Pattern.compile("\\d+(\\.\\d+)?");

    @Override
    public Bytes convert(String text) {
        try {
            return Bytes.parse(NUMBER.matcher(text.strip()).matches() ? text.strip() + "GiB" : text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
