package io.prestage.node.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Shares open files among those who read and write them, and keeps their number bounded.
 *
 * <p>Files in use are never closed; beyond the limit the least recently used idle ones are. Safe for any thread.
 */
final class OpenFiles implements AutoCloseable {
    /** Opens a file that is not open yet. */
    @FunctionalInterface
    interface Opening {
        FileChannel open() throws IOException;
    }

    /** One use of an open file. */
    final class Lease implements AutoCloseable {
        private final Entry entry;
        private final AtomicBoolean released = new AtomicBoolean();

        private Lease(Entry entry) {
            this.entry = entry;
        }

        FileChannel channel() {
            return entry.channel;
        }

        @Override
        public void close() {
            if (released.compareAndSet(false, true)) {
                release(entry);
            }
        }
    }

    private static final class Entry {
        private final FileChannel channel;
        private int users;
        private boolean forgotten;

        private Entry(FileChannel channel) {
            this.channel = channel;
        }
    }

    private final int limit;
    private final Map<Object, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * Opens nothing yet.
     *
     * @param limit files that may stay open while idle or in use
     */
    OpenFiles(int limit) {
        this.limit = limit;
    }

    /**
     * Gives the file of this key, opened if it is not open.
     *
     * @param key compared by {@code equals}
     */
    synchronized Lease acquire(Object key, Opening opening) throws IOException {
        Entry entry = entries.get(key);
        // An interrupted thread closes the file that it reads or writes, for all.
        if (entry == null || !entry.channel.isOpen()) {
            entry = new Entry(opening.open());
            entries.put(key, entry);
        }
        entry.users++;
        closeIdleBeyondLimit();
        return new Lease(entry);
    }

    /** Closes the file of this key as soon as nobody uses it; the next use opens it anew. */
    synchronized void forget(Object key) {
        Entry entry = entries.remove(key);
        if (entry != null) {
            entry.forgotten = true;
            if (entry.users == 0) {
                close(entry);
            }
        }
    }

    /** Files that are open under a key. */
    synchronized int open() {
        return entries.size();
    }

    @Override
    public synchronized void close() {
        List<Object> keys = new ArrayList<>(entries.keySet());
        keys.forEach(this::forget);
    }

    private synchronized void release(Entry entry) {
        entry.users--;
        if (entry.users == 0 && entry.forgotten) {
            close(entry);
        } else {
            closeIdleBeyondLimit();
        }
    }

    private void closeIdleBeyondLimit() {
        Iterator<Entry> oldestFirst = entries.values().iterator();
        while (entries.size() > limit && oldestFirst.hasNext()) {
            Entry entry = oldestFirst.next();
            if (entry.users == 0) {
                oldestFirst.remove();
                close(entry);
            }
        }
    }

    private static void close(Entry entry) {
        try {
            entry.channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close a file", e);
        }
    }
}
