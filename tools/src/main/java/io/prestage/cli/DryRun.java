package io.prestage.cli;

import io.prestage.imageset.MappingLine;
import io.prestage.imageset.Resolution;
import io.prestage.imageset.WebFile;
import io.prestage.protocol.Bytes;
import io.prestage.protocol.Plan;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Prints what a download would fetch.
 *
 * @param folder of the data partition
 * @param archives whether images would become archives, which hold what they share once each
 */
record DryRun(Path folder, boolean archives) {
    void print(Resolution resolution, PrintWriter out) throws IOException {
        Map<String, Bytes> sizes = resolution.sizes();
        if (archives) { // those that are there are not made again
            sizes.keySet().removeIf(source -> Files.exists(folder.resolve(MappingLine.artifact(source) + ".tgz")));
        }
        sizes.forEach((image, size) -> out.printf("%15d  %s%n", size.count(), image));
        long files = 0;
        for (WebFile file : resolution.files()) {
            if (!file.isAt(folder.resolve(file.name()))) {
                out.printf("%15d  %s%n", file.size(), file.address());
                files += file.size();
            }
        }
        Plan plan = resolution.withoutFiles().planOf(sizes::containsKey, Optional.empty());
        long unique = plan.total().count() + files;
        long present = 0;
        for (Plan.Blob blob : plan.blobs()) {
            Path file =
                    folder.resolve("blobs/sha256").resolve(blob.contentDigest().hex());
            present += !archives && Files.exists(file) && Files.size(file) == blob.size() ? blob.size() : 0;
        }
        long apart = sizes.values().stream().mapToLong(Bytes::count).sum();
        long needed = archives ? unique + apart : unique - present;
        out.printf("%n%d images, %d files%n", sizes.size(), resolution.files().size());
        out.println("total to fetch: " + described(unique - present));
        out.println("space needed: " + described(needed)
                + (archives ? ", of which " + described(unique) + " until the archives are written" : ""));
        resolution.failures().forEach((image, reason) -> out.println("cannot be had: " + image + ": " + reason));
        out.flush();
    }

    private static String described(long bytes) {
        return bytes + " bytes (" + new Bytes(bytes) + ")";
    }
}
