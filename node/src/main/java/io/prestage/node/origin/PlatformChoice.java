package io.prestage.node.origin;

/** Which manifests of a multi-platform image are wanted: one {@link Platform}'s, or all. */
public sealed interface PlatformChoice permits Platform, PlatformChoice.All {
    /** Every manifest that the index names, attestations included. */
    record All() implements PlatformChoice {}
}
