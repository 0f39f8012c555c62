package io.prestage.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

final class StatusCommandTest {
    @ParameterizedTest
    @CsvSource({
        "status --expect 3, --wait",
        "status --timeout 5s, --wait",
        "status --wait --expect 0, from 1 on",
        "status --wait --timeout soon, --timeout"
    })
    void wrongInputIsOneSentenceThatNamesWhatIsMissingAndExit2(String line, String named) {
        StringWriter err = new StringWriter();
        CommandLine command = Main.commandLine();
        command.setErr(new PrintWriter(err));
        assertEquals(2, command.execute(line.split(" ", -1)));
        assertEquals(1, err.toString().strip().lines().count(), err.toString());
        assertTrue(err.toString().contains(named), err.toString());
    }
}
