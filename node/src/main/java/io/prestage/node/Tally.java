package io.prestage.node;

import io.prestage.node.origin.OriginException.Reason;
import io.prestage.protocol.NodeId;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Counts what a node has moved since it started. Safe for every thread. */
final class Tally {
    final LongAdder originBytes = new LongAdder();
    final LongAdder peerBytes = new LongAdder();
    final LongAdder sentBytes = new LongAdder();
    final LongAdder registryBytes = new LongAdder();
    final LongAdder wastedBytes = new LongAdder();
    final LongAdder piecesVerified = new LongAdder();
    final Map<String, LongAdder> piecesRejected =
            counters(Stream.of(Rejection.values()).map(Rejection::label));
    final Map<String, LongAdder> originErrors =
            counters(Stream.of(Reason.values()).map(Reason::label));

    /** Bytes of pieces by the peer that sent them. */
    final Map<NodeId, LongAdder> receivedFrom = new ConcurrentHashMap<>();

    /** Why a piece was not taken. */
    enum Rejection {
        /** It has another length than the plan says. */
        LENGTH,
        /** It does not match its hash. */
        HASH,
        /** Its hash is another than was stated before. */
        CONTRADICTION,
        /** It matched its hash, and its blob does not match its digest. */
        DIGEST;

        /** The value of the metric label {@code reason}. */
        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A peer sent a piece of such a length. */
    void received(NodeId peer, int bytes) {
        peerBytes.add(bytes);
        receivedFrom.computeIfAbsent(peer, any -> new LongAdder()).add(bytes);
    }

    /** A piece was not taken. */
    void rejected(Rejection reason) {
        piecesRejected.get(reason.label()).increment();
    }

    /** A request to the origin failed. */
    void originFailed(Reason reason) {
        originErrors.get(reason.label()).increment();
    }

    private static Map<String, LongAdder> counters(Stream<String> reasons) {
        return reasons.collect(Collectors.toUnmodifiableMap(reason -> reason, reason -> new LongAdder()));
    }
}
