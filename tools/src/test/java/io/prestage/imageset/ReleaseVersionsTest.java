package io.prestage.imageset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ReleaseVersionsTest {
    private static ReleaseVersions of(String release, String mce, String acm, String hub, boolean duProfile) {
        return ReleaseVersions.of(
                Optional.ofNullable(release),
                Optional.ofNullable(mce),
                Optional.ofNullable(acm),
                Optional.ofNullable(hub),
                duProfile,
                true);
    }

    @ParameterizedTest
    @CsvSource({"2.5.4,2.0.4", "2.6.0,2.1.0"})
    void theHubVersionStandsForTwoOthers(String hub, String mce) {
        ReleaseVersions versions = of("4.11.5", null, null, hub, true);
        assertEquals(Optional.of(mce), versions.mce());
        assertEquals(Optional.of(hub), versions.acm());
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "4.11,2.0.4,-,-,false,X.Y.Z",
                "4.11.5,2.0,-,-,false,X.Y.Z",
                "4.11.5,2.0.4,2.x,-,false,X.Y.Z",
                "4.11.5-rc.1,2.0.4,-,-,false,X.Y.Z",
                "4.11.5,-,-,-,false,MCE version is missing",
                "4.11.5,2.0.4,-,-,true,--acm-version",
                "4.11.5,2.0.4,-,2.5.4,false,cannot stand together",
                "4.11.5,-,2.5.4,2.5.4,false,cannot stand together",
                "4.11.5,-,-,2.4.4,false,2.5.z and 2.6.z",
                "4.11.5,-,-,2.5,false,2.5.z and 2.6.z"
            })
    void refusesWhatDoesNotFit(String release, String mce, String acm, String hub, boolean duProfile, String expected) {
        IllegalArgumentException refusal =
                assertThrows(IllegalArgumentException.class, () -> of(release, mce, acm, hub, duProfile));
        assertTrue(refusal.getMessage().contains(expected), refusal::getMessage);
    }

    @Test
    void takesImagesAloneWithoutAnyVersion() {
        assertEquals(Optional.empty(), of(null, null, null, null, false).release());
    }
}
