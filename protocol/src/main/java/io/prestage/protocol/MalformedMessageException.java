package io.prestage.protocol;

/** Says that a peer sent what no correct peer sends; the connection cannot go on. */
public final class MalformedMessageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what is wrong, as a sentence for the log
     */
    public MalformedMessageException(String message) {
        super(message);
    }
}
