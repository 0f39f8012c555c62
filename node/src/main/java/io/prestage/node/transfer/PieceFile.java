package io.prestage.node.transfer;

import java.nio.channels.FileChannel;

/**
 * Where a piece lies on disk, from where the kernel sends it.
 *
 * @param channel the open file, which is closed once the piece has been sent
 * @param position bytes from the file's start to the piece
 * @param length bytes of the piece
 */
public record PieceFile(FileChannel channel, long position, int length) {}
