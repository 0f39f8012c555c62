package io.prestage.node;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what a node has moved since it started. Safe for every thread. */
final class Tally {
    final LongAdder originBytes = new LongAdder();
    final LongAdder peerBytes = new LongAdder();
    final LongAdder sentBytes = new LongAdder();
    final LongAdder registryBytes = new LongAdder();
    final LongAdder wastedBytes = new LongAdder();
    final LongAdder piecesVerified = new LongAdder();
    final Map<String, LongAdder> piecesRejected = new ConcurrentHashMap<>();
    final Map<String, LongAdder> originErrors = new ConcurrentHashMap<>();

    /** A piece was not taken, for a reason of one word. */
    void rejected(String reason) {
        piecesRejected.computeIfAbsent(reason, any -> new LongAdder()).increment();
    }

    /** The origin failed, for a reason of one word. */
    void originFailed(String reason) {
        originErrors.computeIfAbsent(reason, any -> new LongAdder()).increment();
    }
}
