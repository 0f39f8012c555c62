package io.prestage.node.transfer;

import io.netty.buffer.ByteBuf;
import io.prestage.protocol.Message.PieceHeader;

/**
 * A piece as it came from a peer, not verified yet.
 *
 * @param header which piece, and the hash that it should have
 * @param content its bytes, a direct buffer that whoever receives this has to release
 */
public record ReceivedPiece(PieceHeader header, ByteBuf content) {}
