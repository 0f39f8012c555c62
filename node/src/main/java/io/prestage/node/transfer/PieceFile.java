package io.prestage.node.transfer;

import java.nio.channels.FileChannel;

/**
 * Where a piece lies on disk, from where the kernel sends it.
 *
 * @param channel the open file, which others may read from too
 * @param position bytes from the file's start to the piece
 * @param length bytes of the piece
 * @param release run once the file is needed no more for this piece, sent or not
 */
public record PieceFile(FileChannel channel, long position, int length, Runnable release) {}
