package io.prestage.disk;

import java.util.regex.Pattern;

/**
 * The GPT name of a data partition, by which the installer keeps it and the loading scripts find it.
 *
 * <p>Only letters, digits, dot, dash and underscore: the installer reads the name as a pattern, udev escapes everything else in
 * {@code /dev/disk/by-partlabel}, and units and scripts hold it unquoted. A GPT name has at most 36 characters (UEFI 2.10, 5.3.3).
 *
 * @param name 1 to 36 characters
 */
public record PartitionLabel(String name) {
    /** What it is unless somebody says otherwise. */
    public static final String DEFAULT = "data";

    private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9_.][A-Za-z0-9_.-]{0,35}");

    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException with a sentence that quotes it
     */
    public PartitionLabel {
        if (!ALLOWED.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name
                    + "' cannot be a partition's label: take 1 to 36 letters, digits, dots, dashes and underscores,"
                    + " no dash first");
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
