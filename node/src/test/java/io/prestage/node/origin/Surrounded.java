package io.prestage.node.origin;

import io.prestage.node.origin.Surroundings.Patience;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Surroundings for tests: nothing of this machine, little patience, and pauses that are noted instead of taken. */
final class Surrounded {
    final List<Duration> pauses = new CopyOnWriteArrayList<>();

    Surroundings by(Map<String, String> variables, List<Path> certificateFolders) {
        Patience patience = new Patience(
                Duration.ofSeconds(5),
                Duration.ofMillis(150),
                Duration.ofSeconds(5),
                Duration.ofMillis(300),
                4,
                Duration.ofMillis(100),
                Duration.ofSeconds(1),
                Duration.ofSeconds(60));
        return new Surroundings(variables, certificateFolders, List.of(), patience, pauses::add);
    }

    /** One try, and no more than a moment for it. */
    Surroundings inAHurry() {
        Duration moment = Duration.ofMillis(200);
        Patience patience = new Patience(moment, moment, moment, moment, 1, moment, moment, moment);
        return new Surroundings(Map.of(), List.of(), List.of(), patience, pauses::add);
    }

    Surroundings byNothing() {
        return by(Map.of(), List.of());
    }
}
