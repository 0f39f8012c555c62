package io.prestage.imageset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.prestage.protocol.Digest;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FileRequestTest {
    private static final Digest DIGEST = Digest.of(new byte[0]);

    @Test
    void readsAnAddressWithAndWithoutItsDigest() {
        FileRequest plain = FileRequest.parse("https://mirror.example/rhcos/4.14/rhcos-live-rootfs.x86_64.img");
        assertEquals("rhcos-live-rootfs.x86_64.img", plain.name());
        assertEquals(Optional.empty(), plain.digest());
        FileRequest pinned = FileRequest.parse("http://h:81/a%20b.bin?x=1#sha256=" + DIGEST.hex());
        assertEquals("a b.bin", pinned.name());
        assertEquals(Optional.of(DIGEST), pinned.digest());
        assertEquals(pinned, FileRequest.parse(pinned.toString()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "file",
                "ftp://h/f",
                "https://h",
                "https://h/folder/",
                "https://h/f#md5=1",
                "https://h/f#sha256=1",
                "http:// /f"
            })
    void refusesWhatIsNoFilesAddress(String text) {
        assertThrows(IllegalArgumentException.class, () -> FileRequest.parse(text));
    }

    @Test
    void findsAFileInAPublishedList() {
        String other = "1".repeat(64);
        String list = other + "  other.img\n" + DIGEST.hex() + " *dir/file.img\n";
        assertEquals(Optional.of(DIGEST), WebFile.listed(list, "file.img"));
        assertEquals(Optional.of(DIGEST), WebFile.listed(DIGEST.hex() + "\n", "file.img"));
        assertEquals(Optional.empty(), WebFile.listed(list, "absent.img"));
        assertEquals(Optional.empty(), WebFile.listed("<html>", "file.img"));
    }
}
