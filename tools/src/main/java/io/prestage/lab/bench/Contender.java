package io.prestage.lab.bench;

import java.io.IOException;
import java.util.Optional;

/** A way of getting the content onto all servers. */
interface Contender {
    /** What it is called in results. */
    String name();

    /** Which program it lacks on this machine; nothing if it can run. */
    Optional<String> lacks();

    /** Why a case tells nothing of it; nothing if it can be compared. */
    default Optional<String> unfit(BenchCase what) {
        return Optional.empty();
    }

    /**
     * Fills the empty servers once, and leaves them empty again.
     *
     * @param race says when the clock starts and who has finished; measures the links meanwhile
     */
    Run run(Race race) throws IOException, InterruptedException;
}
