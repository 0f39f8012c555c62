package io.prestage.node.monitor;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsTest {
    @Test
    void tellsHowMuchOfTheProcessorsTheProcessUses() {
        try (Metrics metrics = new Metrics()) {
            String text = metrics.text();
            assertTrue(text.contains("\nprocess_cpu_time_ns_total "), text);
            assertTrue(text.contains("\nsystem_cpu_count "), text);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"jvm_threads_states", "process_cpu_usage", "system_cpu_usage"})
    void leavesOutWhatCostsMoreThanAllOthers(String name) {
        try (Metrics metrics = new Metrics()) {
            assertFalse(metrics.text().contains(name), name);
        }
    }
}
