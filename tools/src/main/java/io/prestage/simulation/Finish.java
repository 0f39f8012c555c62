package io.prestage.simulation;

import java.time.Duration;
import java.util.Optional;

/**
 * What came of one server of a scenario.
 *
 * @param server its place in the scenario
 * @param finished when it held everything, from the start; nothing if it did not come to that
 * @param receivedBytes bytes of the pieces that came from other servers
 * @param sentBytes bytes of the pieces that it began to send
 */
public record Finish(int server, Optional<Duration> finished, long receivedBytes, long sentBytes) {}
