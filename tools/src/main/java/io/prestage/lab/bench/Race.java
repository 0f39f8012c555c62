package io.prestage.lab.bench;

import io.prestage.lab.GeneratedImages;
import io.prestage.lab.Lab;
import io.prestage.lab.LabRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What every contender runs on: the same links, content and registry.
 *
 * @param what the case
 * @param lab its hosts: {@code h1} is the seed, the others are empty
 * @param registry on the lab's origin, with the content
 * @param content the images, and their layout
 * @param scratch a folder for what a contender writes, which is empty before and after each
 */
record Race(BenchCase what, Lab lab, LabRegistry registry, GeneratedImages content, Path scratch) {
    /** The host that has the content, or can get at it. */
    static final String SEED = "h1";

    /** The empty servers. */
    List<String> servers() {
        return lab.servers().stream().filter(host -> !host.equals(SEED)).toList();
    }

    /** A host's folder in the scratch. */
    Path folder(String host) {
        return scratch.resolve(host);
    }

    /** How long anything may take: direct pulls bring the content from the registry once for each server. */
    Duration patience() {
        double once = what.fromRegistry(content.unique().count());
        return Duration.ofSeconds(60 + Math.round(2 * once * (what.servers() + 1)));
    }
}
