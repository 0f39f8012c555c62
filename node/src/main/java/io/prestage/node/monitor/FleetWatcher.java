package io.prestage.node.monitor;

/** Looks at the fleet as it fills. Called by one thread at a time. */
public interface FleetWatcher {
    /** Whether it wants to look every second, not every five. */
    boolean isUrgent();

    /** Looks at the fleet as it is now. */
    void seen(FleetView fleet);
}
