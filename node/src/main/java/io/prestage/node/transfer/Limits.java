package io.prestage.node.transfer;

import io.prestage.protocol.Rate;
import java.util.Objects;
import java.util.Optional;

/**
 * How much of its link a node may use for content, messages about it included.
 *
 * @param upload what it sends to peers, all together; nothing for as much as the link takes
 * @param download what it receives from peers, all together; the same again for what it receives from an origin
 */
public record Limits(Optional<Rate> upload, Optional<Rate> download) {
    /** As much as the link takes. */
    public static final Limits NONE = new Limits(Optional.empty(), Optional.empty());

    /** Requires both. */
    public Limits {
        Objects.requireNonNull(upload, "upload");
        Objects.requireNonNull(download, "download");
    }
}
