package io.prestage.imageset;

import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;

/** Reads no half of a character of two units at the end of a buffer, where the YAML parser would fail on it. */
final class WholeCharacters extends FilterReader {
    WholeCharacters(Reader in) {
        super(in);
    }

    @Override
    public int read(char[] buffer, int offset, int length) throws IOException {
        if (length < 2) {
            return super.read(buffer, offset, length);
        }
        int read = super.read(buffer, offset, length - 1);
        if (read > 0 && Character.isHighSurrogate(buffer[offset + read - 1])) {
            read += Math.max(0, super.read(buffer, offset + read, 1));
        }
        return read;
    }
}
