package io.prestage.node.swarm;

import io.prestage.protocol.NodeId;
import java.util.Collection;

/**
 * What the swarm decides to do. It is called on the swarm's thread, from within an event, and must not call back into it.
 */
public interface Commands {
    /** Tell neighbours, one at the least, that this node holds a piece. May be gathered with others for a while. */
    void announce(Collection<NodeId> peers, int piece);

    /** The same of a piece that these neighbours hold already: they will not ask for it, so that there is no hurry. */
    void mention(Collection<NodeId> peers, int piece);

    /** Tell a neighbour of a piece at once: the neighbour is the only one to be told, and this node's uplink waits for it to ask. */
    void reveal(NodeId peer, int piece);

    /** Ask a neighbour for a piece. */
    void request(NodeId peer, int piece);

    /** Take a request back. */
    void cancel(NodeId peer, int piece);

    /** Tell a neighbour that a piece it asked for will not come. */
    void reject(NodeId peer, int piece);

    /** Send a piece, which is answered by {@link Swarm#uploaded}. */
    void upload(NodeId peer, int piece);

    /**
     * Close the connection to a neighbour and have nothing to do with it any more.
     *
     * @param reason a sentence for the log of either side
     */
    void drop(NodeId peer, String reason);
}
