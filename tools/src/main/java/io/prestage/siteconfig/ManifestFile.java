package io.prestage.siteconfig;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A manifest on disk, which is the old one or the new one at any moment.
 *
 * @param file where it is; a symbolic link stays one
 */
public record ManifestFile(Path file) {
    /** Reads all of it. */
    public String read() throws SiteConfigException {
        try {
            return decode(file.toString(), Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            throw new SiteConfigException(file + " does not exist: name a manifest with -c", e);
        } catch (SiteConfigException e) {
            throw e;
        } catch (IOException e) {
            throw new SiteConfigException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * The text of such bytes.
     *
     * @param name what they are called in sentences
     */
    public static String decode(String name, byte[] bytes) throws SiteConfigException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new SiteConfigException(name + " is not UTF-8 text: convert it first", e);
        }
    }

    /** Puts another text in its place, flushed, with the same owner and permissions. */
    public void replace(String text) throws SiteConfigException {
        try {
            Path target = file.toRealPath();
            Path draft = Files.createTempFile(target.toAbsolutePath().getParent(), ".prestage-", ".yaml");
            try {
                write(draft, text);
                for (String attribute : new String[] {"unix:uid", "unix:gid", "unix:mode"}) {
                    Files.setAttribute(draft, attribute, Files.getAttribute(target, attribute));
                }
                Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(draft);
            }
        } catch (IOException e) {
            throw new SiteConfigException(file + " cannot be written, and is as it was: " + e.getMessage(), e);
        }
    }

    private static void write(Path draft, String text) throws IOException {
        try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
            ByteBuffer left = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        }
    }
}
