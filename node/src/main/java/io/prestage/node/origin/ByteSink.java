package io.prestage.node.origin;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes the bytes of a blob's range, in order. */
@FunctionalInterface
public interface ByteSink {
    /**
     * Takes the next bytes.
     *
     * @param chunk the bytes, read-only; the sink may keep it
     * @throws IOException if the bytes cannot be taken; the fetch ends with this very exception
     */
    void accept(ByteBuffer chunk) throws IOException;
}
