package io.prestage.node.swarm;

import io.prestage.protocol.NodeId;

/** Hashes that every node computes alike: the finalizer of SplitMix64, which no release of Java can change. */
final class Mixing {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private Mixing() {}

    /** The hash of a node for one of many purposes, such as one ring of many. */
    static long of(NodeId node, long purpose) {
        return mix(mix(mix(purpose * GOLDEN) ^ node.high()) ^ node.low());
    }

    /** Spreads every bit of the input over all bits of the output. */
    static long mix(long bits) {
        long z = bits + GOLDEN;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
