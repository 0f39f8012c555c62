package io.prestage.node.store;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** A process that fills a folder and says which piece it wrote, until it is killed. */
final class KilledWriter {
    private KilledWriter() {}

    static Fixture fixture() {
        return Fixture.of(3, 900 * Fixture.PIECE + 5, 300 * Fixture.PIECE, 1, 0);
    }

    /**
     * Starts to write.
     *
     * @param args the folder
     */
    public static void main(String[] args) throws Exception {
        Fixture fixture = fixture();
        List<Integer> order = new ArrayList<>();
        for (int piece = 0; piece < fixture.pieces().count(); piece++) {
            order.add(piece);
        }
        Collections.shuffle(order, new Random());
        try (Store store = Store.open(Path.of(args[0]), fixture.plan())) {
            store.recover((piece, sha256) -> {});
            for (int piece : order) {
                if (!store.holds(piece)) {
                    fixture.put(store, piece);
                    System.out.println(piece);
                }
            }
        }
        System.out.println("done");
    }
}
