package io.prestage.node.store;

import io.prestage.node.store.LayoutVerification.Kind;
import io.prestage.node.store.LayoutVerification.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds lines of the lists that the loading scripts go by which name no image of the partition. */
final class ListCheck {
    private static final List<String> LISTS = List.of("ai-images.txt", "ocp-images.txt");

    private ListCheck() {}

    /** One problem for each such line; a list that cannot be read is another check's. */
    static List<Problem> of(Layout layout, Receipt receipt) {
        Set<String> staged =
                receipt.images().stream().map(Receipt.Image::source).collect(Collectors.toSet());
        List<Problem> problems = new ArrayList<>();
        for (String list : LISTS) {
            for (String line : lines(layout.file(list))) {
                if (!line.isBlank() && !staged.contains(line)) {
                    problems.add(new Problem(
                            Kind.CONTRADICTION,
                            list,
                            list + " names " + line + ", which is not on the partition: run the download again",
                            List.of()));
                }
            }
        }
        return problems;
    }

    private static List<String> lines(Path list) {
        try {
            return Files.readAllLines(list);
        } catch (IOException e) {
            return List.of(); // absent or damaged, which is told where the texts are compared with their digests
        }
    }
}
