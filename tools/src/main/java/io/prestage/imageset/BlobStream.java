package io.prestage.imageset;

import io.prestage.node.origin.ByteSink;
import io.prestage.node.origin.Descriptor;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.security.MessageDigest;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Turns a blob that is pushed into one that is read, while it is hashed. For one reading thread.
 *
 * <p>A thread of its own fetches; at most {@value #WAITING} chunks wait for the reader.
 */
final class BlobStream extends InputStream {
    private static final int WAITING = 8;
    private static final byte[] END = new byte[0];

    /** Fetches all of the blob. */
    interface Fetch {
        void into(ByteSink sink) throws IOException;
    }

    private final Descriptor blob;
    private final BlockingQueue<byte[]> chunks = new ArrayBlockingQueue<>(WAITING);
    private final MessageDigest sha256 = Digest.sha256();
    private final Thread thread;
    private volatile IOException failure;
    private byte[] chunk = new byte[0];
    private int at;

    BlobStream(Descriptor blob, Fetch fetch) {
        this.blob = blob;
        this.thread = new Thread(() -> run(fetch), "layer-" + blob.digest().brief());
        thread.setDaemon(true);
        thread.start();
    }

    private void run(Fetch fetch) {
        try {
            fetch.into(bytes -> {
                if (bytes.hasRemaining()) {
                    byte[] copy = new byte[bytes.remaining()];
                    bytes.get(copy);
                    put(copy);
                }
            });
        } catch (IOException e) {
            failure = e;
        } catch (RuntimeException e) {
            failure = new IOException("an unexpected error: " + e, e);
        } finally {
            try {
                put(END);
            } catch (IOException e) {
                failure = failure == null ? e : failure;
            }
        }
    }

    private void put(byte[] next) throws InterruptedIOException {
        try {
            chunks.put(next);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException ended = new InterruptedIOException("nobody reads any more");
            ended.initCause(e);
            throw ended;
        }
    }

    @Override
    public int read() throws IOException {
        return fill() ? chunk[at++] & 0xFF : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int read = Math.min(length, chunk.length - at);
        System.arraycopy(chunk, at, into, offset, read);
        at += read;
        return read;
    }

    private boolean fill() throws IOException {
        while (at == chunk.length) {
            if (chunk == END) {
                return false;
            }
            try {
                chunk = chunks.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                InterruptedIOException interrupted = new InterruptedIOException("interrupted while a layer was read");
                interrupted.initCause(e);
                throw interrupted;
            }
            at = 0;
            sha256.update(chunk);
            if (chunk == END && failure != null) {
                throw failure;
            }
        }
        return true;
    }

    /**
     * Reads what is left and compares the digest.
     *
     * @param image whose blob it is, for the sentence
     */
    void verify(String image) throws IOException {
        while (fill()) {
            at = chunk.length;
        }
        if (failure != null) {
            throw failure;
        }
        if (!Digest.ofRaw(sha256.digest()).equals(blob.digest())) {
            throw new IOException(
                    image + " has a layer that is not what its digest " + blob.digest() + " says: push it again");
        }
    }

    /** Lets the fetching end if the reader is done first. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
