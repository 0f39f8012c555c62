package io.prestage.node.transfer;

import io.netty.channel.EventLoop;
import io.prestage.protocol.Message.PieceHeader;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/**
 * Sends pieces as fast as a limit allows: one after the other, because a piece that arrives whole can be passed on, and each in
 * parts, so that the link is free in between. Owned by the transfer's thread.
 */
final class PacedUploads {
    /** How long a part takes at the limit. */
    private static final Duration PART = Duration.ofMillis(4);

    private static final int LEAST_PART = 8 << 10;
    private static final int LARGEST_PART = 256 << 10;

    private record Upload(PeerConnection to, PieceHeader header, PieceFile file) {}

    private final EventLoop loop;
    private final Pacer pacer;
    private final int part;
    private final Queue<Upload> waiting = new ArrayDeque<>();
    /** Bytes of the first one that have gone. */
    private int gone;

    private boolean scheduled;

    PacedUploads(EventLoop loop, Pacer pacer) {
        this.loop = loop;
        this.pacer = pacer;
        this.part = Math.min(LARGEST_PART, Math.max(LEAST_PART, pacer.bytesIn(PART)));
    }

    void add(PeerConnection to, PieceHeader header, PieceFile file) {
        waiting.add(new Upload(to, header, file));
        send();
    }

    /** Gives up what waits. */
    void clear() {
        waiting.forEach(upload -> upload.file.release().run());
        waiting.clear();
        gone = 0;
    }

    private void send() {
        while (!scheduled && !waiting.isEmpty()) {
            long delay = pacer.delay(System.nanoTime());
            if (delay > 0) {
                scheduled = true;
                loop.schedule(this::resume, delay, TimeUnit.NANOSECONDS);
            } else {
                sendPart(waiting.element());
            }
        }
    }

    private void resume() {
        scheduled = false;
        send();
    }

    private void sendPart(Upload upload) {
        if (!upload.to.isOpen()) {
            upload.file.release().run();
            next();
            return;
        }
        if (gone == 0) {
            upload.to.begin(upload.header);
        }
        PieceFile whole = upload.file;
        int length = Math.min(part, whole.length() - gone);
        boolean last = gone + length == whole.length();
        Runnable release = last ? whole.release() : () -> {};
        PieceFile next = new PieceFile(whole.channel(), whole.position() + gone, length, release);
        pacer.count(length, System.nanoTime());
        gone += length;
        if (last) {
            next();
        }
        upload.to.sendPart(upload.header, next, last);
    }

    private void next() {
        waiting.remove();
        gone = 0;
    }
}
