package io.prestage.cli;

import io.prestage.protocol.Rate;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads rates as people write them. */
final class RateConverter implements ITypeConverter<Rate> {
    @Override
    public Rate convert(String text) {
        try {
            return Rate.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
