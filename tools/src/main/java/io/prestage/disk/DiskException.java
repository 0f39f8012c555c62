package io.prestage.disk;

import java.io.IOException;

/** Says in one sentence why a disk is not touched, or in what state it was left. */
public final class DiskException extends IOException {
    private static final long serialVersionUID = 1L;

    DiskException(String sentence) {
        super(sentence);
    }

    DiskException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
