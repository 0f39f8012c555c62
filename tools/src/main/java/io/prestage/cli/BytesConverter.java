package io.prestage.cli;

import io.prestage.protocol.Bytes;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads sizes as people write them. */
final class BytesConverter implements ITypeConverter<Bytes> {
    @Override
    public Bytes convert(String text) {
        try {
            return Bytes.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
