package io.prestage.node.transfer;

import io.prestage.protocol.Digest;
import io.prestage.protocol.Message;
import io.prestage.protocol.NodeId;
import java.util.Optional;

/** What happens on the connections to peers. Every method is called on the transfer's one thread. */
public interface PeerEvents {
    /**
     * A peer is connected, and both sides have said who they are.
     *
     * @param plan the plan that it can serve, if it has one
     */
    void connected(NodeId peer, Optional<Digest> plan);

    /** A peer that was connected is not any more. */
    void disconnected(NodeId peer);

    /** A peer says something that is neither a hello nor a ping. */
    void said(NodeId peer, Message message);

    /** A piece came; its buffer is the receiver's to release. */
    void received(NodeId peer, ReceivedPiece piece);

    /**
     * A piece has been handed to the network.
     *
     * @param bytes of the piece
     */
    void sent(NodeId peer, int piece, int bytes);
}
