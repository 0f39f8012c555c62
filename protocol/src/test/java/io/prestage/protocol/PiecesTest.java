package io.prestage.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class PiecesTest {
    @Property
    void everyByteOfEveryBlobIsInExactlyOnePiece(
            @ForAll @IntRange(min = 1, max = 64) int pieceSize,
            @ForAll @Size(max = 12) List<@LongRange(min = 0, max = 300) Long> sizes) {
        Pieces pieces = new Pieces(pieceSize, sizes);
        assertEquals(sizes.size(), pieces.blobs());
        int next = 0;
        for (int blob = 0; blob < sizes.size(); blob++) {
            assertEquals(next, pieces.first(blob));
            long offset = 0;
            for (; next < pieces.end(blob); next++) {
                assertEquals(blob, pieces.blob(next));
                assertEquals(offset, pieces.offset(next));
                assertTrue(pieces.length(next) >= 1 && pieces.length(next) <= pieceSize);
                offset += pieces.length(next);
            }
            assertEquals(sizes.get(blob), offset);
            assertEquals(sizes.get(blob), pieces.size(blob));
        }
        assertEquals(next, pieces.count());
    }

    @Test
    void blobsOfNoneOneAndAFullPiecesBytes() {
        Pieces pieces = new Pieces(4, List.of(0L, 1L, 4L, 8L, 9L, 0L));
        assertEquals(7, pieces.count());
        assertEquals(pieces.first(0), pieces.end(0));
        assertEquals(1, pieces.length(0));
        assertEquals(4, pieces.length(1));
        assertEquals(4, pieces.length(3));
        assertEquals(1, pieces.length(6));
        assertEquals(7, pieces.first(5));
    }

    @Test
    void refusesWhatCannotBeCut() {
        assertThrows(IllegalArgumentException.class, () -> new Pieces(0, List.of()));
        assertThrows(IllegalArgumentException.class, () -> new Pieces(4, List.of(-1L)));
        assertThrows(IllegalArgumentException.class, () -> new Pieces(4, List.of(-8L)));
        assertThrows(IllegalArgumentException.class, () -> new Pieces(1, List.of(Long.MAX_VALUE)));
        assertThrows(IllegalArgumentException.class, () -> new Pieces(1, List.of((long) Pieces.MAX, 1L)));
        assertEquals(Pieces.MAX, new Pieces(1, List.of((long) Pieces.MAX)).count());
    }

    @Test
    void offsetsOfHugeBlobsDoNotOverflow() {
        Pieces pieces = new Pieces(Plan.MAX_PIECE, List.of(1L << 42));
        int last = pieces.count() - 1;
        assertEquals(1L << 42, pieces.offset(last) + pieces.length(last));
    }
}
