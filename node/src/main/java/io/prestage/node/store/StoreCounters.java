package io.prestage.node.store;

import java.util.concurrent.atomic.LongAdder;

/** Counts what stores do to the disk, across all plans of a process. Safe for every thread. */
public final class StoreCounters {
    /** Pieces written. */
    public final LongAdder writes = new LongAdder();

    /** Bytes of them. */
    public final LongAdder writtenBytes = new LongAdder();

    /** Nanoseconds that writing them took. */
    public final LongAdder writeNanos = new LongAdder();

    /** Blobs checked against their digests, flushed and made visible. */
    public final LongAdder finishes = new LongAdder();

    /** Nanoseconds that finishing them took. */
    public final LongAdder finishNanos = new LongAdder();
}
