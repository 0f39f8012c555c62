package io.prestage.node.store;

/** Hears of each piece that a former run left good. */
@FunctionalInterface
public interface PieceListener {
    /**
     * Takes note of one piece; called from two threads at once.
     *
     * @param piece its number in the plan
     * @param sha256 its 32 bytes of hash, the listener's own
     */
    void found(int piece, byte[] sha256);
}
