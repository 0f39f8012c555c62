package io.prestage.node.monitor;

import io.prestage.node.cluster.FleetBrief;

/** Looks at the fleet as it fills, once a second. */
public interface FleetWatcher {
    /**
     * Whether it wants to look at all servers, which is not for nothing, though there is little to be told of them. Callable from
     * any thread.
     *
     * @param before the fleet when this was last asked
     */
    boolean isCurious(FleetBrief before, FleetBrief now);

    /** Looks at the fleet as it is now. Called by one thread at a time. */
    void seen(FleetView fleet);
}
