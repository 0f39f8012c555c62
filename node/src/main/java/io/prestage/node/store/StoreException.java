package io.prestage.node.store;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Says in one plain sentence what is wrong with the data partition and what to do about it. */
public class StoreException extends IOException {
    /** What kind of trouble it is, for those who react to it. */
    public enum Reason {
        /** The folder is none, or nothing can be written into it. */
        NOT_WRITABLE,
        /** The folder holds something else: another plan's content, or files that are not Prestage's and would be overwritten. */
        OTHER_PLAN,
        /** Another node, or another store of this process, has the folder. */
        IN_USE,
        /** The filesystem is too small or full; nothing that was counted is lost, and freed space lets it go on. */
        NO_SPACE,
        /** What was read or written is not what it has to be. */
        CORRUPT,
        /** The disk or the filesystem failed. */
        IO
    }

    private static final long FULL = 1 << 20;

    private final Reason reason;

    /**
     * Reports trouble.
     *
     * @param reason its kind
     * @param sentence for the person who can act on it
     */
    public StoreException(Reason reason, String sentence) {
        this(reason, sentence, null);
    }

    /**
     * Reports trouble that another exception told of.
     *
     * @param reason its kind
     * @param sentence for the person who can act on it
     * @param cause kept for the log, or null
     */
    public StoreException(Reason reason, String sentence, Throwable cause) {
        super(sentence, cause);
        this.reason = Objects.requireNonNull(reason, "reason");
    }

    /** What kind of trouble it is. */
    public Reason reason() {
        return reason;
    }

    /**
     * Gives what the operating system said its kind.
     *
     * @param folder the data partition
     * @param doing what failed, to go on "cannot …"
     * @param cause what the operating system said
     */
    static StoreException of(Path folder, String doing, IOException cause) {
        if (cause instanceof StoreException already) {
            return already;
        }
        String said = String.valueOf(cause.getMessage());
        if (said.contains("No space left") || said.contains("quota exceeded") || isFull(folder)) {
            return new StoreException(
                    Reason.NO_SPACE, "cannot " + doing + ": " + folder + " is full; free some space there", cause);
        }
        if (cause instanceof AccessDeniedException || said.contains("Read-only file system")) {
            return new StoreException(
                    Reason.NOT_WRITABLE,
                    "cannot " + doing + ": " + folder
                            + " is not writable; mount it read-write or choose another folder",
                    cause);
        }
        return new StoreException(
                Reason.IO, "cannot " + doing + " in " + folder + ": " + cause + "; check the disk with dmesg", cause);
    }

    // The text of ENOSPC depends on the locale, the free space does not.
    private static boolean isFull(Path folder) {
        try {
            return Files.getFileStore(folder).getUsableSpace() < FULL;
        } catch (IOException e) {
            return false;
        }
    }
}
