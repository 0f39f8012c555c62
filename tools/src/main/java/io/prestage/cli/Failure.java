package io.prestage.cli;

/** Ends a command with exit code 1 and one sentence on stderr. */
final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Failure(String sentence) {
        super(sentence);
    }

    Failure(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
