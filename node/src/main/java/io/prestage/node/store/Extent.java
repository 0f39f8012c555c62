package io.prestage.node.store;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Where some content lies: a file, or a part of an archive.
 *
 * @param file what to open
 * @param offset bytes before the content
 * @param size bytes of the content
 */
public record Extent(Path file, long offset, long size) {
    private static final int LARGEST = 64 << 20;

    /**
     * All of a small content.
     *
     * @throws IOException if it is larger than 64 MiB or cannot be read
     */
    byte[] readAll() throws IOException {
        if (size > LARGEST) {
            throw new IOException(file + " holds a file of " + size + " bytes where a small one is expected");
        }
        ByteBuffer content = ByteBuffer.allocate((int) size);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (content.hasRemaining()) {
                if (channel.read(content, offset + content.position()) < 0) {
                    throw new EOFException(file + " is cut off");
                }
            }
        }
        return content.array();
    }
}
