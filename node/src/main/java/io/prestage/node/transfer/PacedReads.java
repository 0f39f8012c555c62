package io.prestage.node.transfer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Reads from all peers no faster than a limit allows: while too much has come, nothing is read, and TCP holds the senders up.
 * Owned by the transfer's thread.
 */
final class PacedReads {
    private final EventLoop loop;
    private final Pacer pacer;
    private final Set<Channel> channels = new LinkedHashSet<>();
    private boolean paused;
    private int turn;
    private int largest;

    PacedReads(EventLoop loop, Pacer pacer) {
        this.loop = loop;
        this.pacer = pacer;
    }

    /** A handler for one connection, before all others. */
    ChannelInboundHandlerAdapter handler() {
        return new Meter();
    }

    /** How long a connection may have to wait for its turn: until every other one has read as much as ever one did. */
    Duration round() {
        return pacer.timeOf((long) largest * channels.size());
    }

    private void count(int bytes) {
        largest = Math.max(largest, bytes);
        long now = System.nanoTime();
        pacer.count(bytes, now);
        long delay = pacer.delay(now);
        if (delay > 0 && !paused) {
            paused = true;
            channels.forEach(channel -> channel.config().setAutoRead(false));
            loop.schedule(this::resume, delay, TimeUnit.NANOSECONDS);
        }
    }

    private void resume() {
        long delay = pacer.delay(System.nanoTime());
        if (delay > 0) {
            loop.schedule(this::resume, delay, TimeUnit.NANOSECONDS);
            return;
        }
        paused = false;
        List<Channel> inTurn = new ArrayList<>(channels);
        Collections.rotate(inTurn, turn++); // the first may use up what is allowed
        for (Channel channel : inTurn) {
            if (!paused) {
                channel.config().setAutoRead(true);
            }
        }
    }

    private final class Meter extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext context) {
            channels.add(context.channel());
            if (paused) {
                context.channel().config().setAutoRead(false);
            }
            context.fireChannelActive();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            channels.remove(context.channel());
            context.fireChannelInactive();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object read) {
            int bytes = ((ByteBuf) read).readableBytes();
            context.fireChannelRead(read);
            count(bytes);
        }
    }
}
