package io.prestage.lab;

import java.io.IOException;

/** Says in one plain sentence why a lab could not be made, used or removed. */
public final class LabException extends IOException {
    /** Reports trouble. */
    public LabException(String sentence) {
        super(sentence);
    }

    /** Reports trouble that another exception told of. */
    public LabException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
