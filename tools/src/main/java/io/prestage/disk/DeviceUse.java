package io.prestage.disk;

/** How the running system uses a disk or a part of it. */
public sealed interface DeviceUse {
    /** Which device is used: the disk, a partition of it, or what is made of that. */
    String device();

    /** A filesystem of it is mounted. */
    record Mounted(String device, String point) implements DeviceUse {}

    /** It is swapped to. */
    record Swap(String device) implements DeviceUse {}

    /**
     * Another device is made of it.
     *
     * @param holder the kernel's name of that
     * @param kind LVM, RAID and the like
     */
    record Held(String device, String holder, String kind) implements DeviceUse {}
}
