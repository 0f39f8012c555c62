package io.prestage.cli;

import io.prestage.disk.PartitionLabel;
import io.prestage.disk.PartitionRequest;
import io.prestage.protocol.Bytes;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Checks what options say of a data partition. */
final class PartitionArguments {
    private PartitionArguments() {}

    /**
     * The partition that they ask for.
     *
     * @param command the command that they are of, which wrong usage is blamed on
     */
    static PartitionRequest request(int number, String label, Bytes size, CommandLine command) {
        try {
            return new PartitionRequest(number, new PartitionLabel(label), size);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, e.getMessage(), e);
        }
    }
}
