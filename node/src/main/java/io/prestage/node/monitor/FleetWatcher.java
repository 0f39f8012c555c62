package io.prestage.node.monitor;

import io.prestage.node.cluster.FleetBrief;

/** Looks at the fleet as it fills, once a second. Called by one thread at a time. */
public interface FleetWatcher {
    /** Whether it wants to look at all servers, which is not for nothing, though there is little to be told of them. */
    boolean isCurious(FleetBrief fleet);

    /** Looks at the fleet as it is now. */
    void seen(FleetView fleet);
}
