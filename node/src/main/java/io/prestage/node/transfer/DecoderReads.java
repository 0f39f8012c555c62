package io.prestage.node.transfer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;

/** Has a connection's bytes read to where its decoder wants them, so that reading allocates nothing. */
final class DecoderReads extends DefaultMaxMessagesRecvByteBufAllocator {
    private final FrameDecoder decoder;

    DecoderReads(FrameDecoder decoder) {
        this.decoder = decoder;
    }

    @Override
    @SuppressWarnings("deprecation") // the interface's own type, which has no other
    public Handle newHandle() {
        return new MaxMessageHandle() {
            @Override
            public ByteBuf allocate(ByteBufAllocator any) {
                return decoder.target();
            }

            @Override
            public int guess() {
                return Transfer.READ_BYTES;
            }
        };
    }
}
