package io.prestage.node.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OpenFilesTest {
    @TempDir
    private Path folder;

    private final OpenFiles files = new OpenFiles(3);

    @Test
    void sharesOneChannelAmongItsUsers() throws IOException {
        try (OpenFiles.Lease one = acquire("a");
                OpenFiles.Lease other = acquire("a")) {
            assertSame(one.channel(), other.channel());
        }
    }

    @Test
    void closesTheLongestIdleBeyondTheLimit() throws IOException {
        List<FileChannel> channels = new ArrayList<>();
        for (String key : List.of("a", "b", "c", "d", "e")) {
            try (OpenFiles.Lease lease = acquire(key)) {
                channels.add(lease.channel());
            }
        }
        assertEquals(
                List.of(false, false, true, true, true),
                channels.stream().map(FileChannel::isOpen).toList());
    }

    @Test
    void closesNothingThatIsInUse() throws IOException {
        List<OpenFiles.Lease> leases = new ArrayList<>();
        for (String key : List.of("a", "b", "c", "d", "e")) {
            leases.add(acquire(key));
        }
        assertTrue(leases.stream().allMatch(lease -> lease.channel().isOpen()));
        leases.forEach(OpenFiles.Lease::close);
        assertEquals(3, files.open());
    }

    @Test
    void closesAForgottenFileWithItsLastUser() throws IOException {
        OpenFiles.Lease lease = acquire("a");
        files.forget("a");
        assertTrue(lease.channel().isOpen());
        lease.close();
        lease.close();
        assertFalse(lease.channel().isOpen());
    }

    @Test
    void opensAFileAgainThatAnInterruptedThreadClosed() throws IOException {
        try (OpenFiles.Lease broken = acquire("a")) {
            broken.channel().close();
            try (OpenFiles.Lease lease = acquire("a")) {
                assertTrue(lease.channel().isOpen());
            }
        }
    }

    private OpenFiles.Lease acquire(String key) throws IOException {
        Path file = folder.resolve(key);
        if (!Files.exists(file)) {
            Files.createFile(file);
        }
        return files.acquire(key, () -> FileChannel.open(file));
    }
}
