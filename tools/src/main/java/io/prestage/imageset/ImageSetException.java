package io.prestage.imageset;

import java.io.IOException;
import org.snakeyaml.engine.v2.exceptions.Mark;

/** Says in one sentence what is wrong in a file that people write, and where. */
final class ImageSetException extends IOException {
    private static final long serialVersionUID = 1L;

    ImageSetException(String sentence) {
        super(sentence);
    }

    ImageSetException(String sentence, Throwable cause) {
        super(sentence, cause);
    }

    /** Something wrong at a place of a file, which is told counting from 1 as editors do. */
    static ImageSetException at(String file, Mark mark, String sentence, Throwable cause) {
        return new ImageSetException(
                file + ", line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1) + ": " + sentence,
                cause);
    }
}
