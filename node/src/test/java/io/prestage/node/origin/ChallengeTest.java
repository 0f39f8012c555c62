package io.prestage.node.origin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ChallengeTest {
    @Test
    void readsQuotedCommasAndSeveralChallengesOfOneHeader() {
        List<Challenge> found = Challenge.parse(List.of(
                "Bearer realm=\"https://a.io/token\",service=\"a, \\\"b\\\"\",scope=\"repository:x:pull,push\", Basic realm=x",
                "Negotiate"));
        assertEquals(
                List.of(
                        new Challenge(
                                "bearer",
                                Map.of(
                                        "realm", "https://a.io/token",
                                        "service", "a, \"b\"",
                                        "scope", "repository:x:pull,push")),
                        new Challenge("basic", Map.of("realm", "x")),
                        new Challenge("negotiate", Map.of())),
                found);
    }

    @Test
    void takesAnEmptyParameterForNone() {
        assertEquals(
                Optional.empty(),
                Challenge.parse(List.of("Bearer realm=\"x\",scope=\"\"")).get(0).parameter("scope"));
    }
}
