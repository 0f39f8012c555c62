package io.prestage.node.origin;

import java.util.Locale;
import java.util.Optional;

/**
 * The machine that an image's programs run on, in the words of the OCI image index.
 *
 * @param os for instance {@code linux}
 * @param architecture for instance {@code amd64} or {@code arm64}
 * @param variant for instance {@code v7}; empty matches any
 */
public record Platform(String os, String architecture, Optional<String> variant) implements PlatformChoice {
    /** Checks that there is an operating system and an architecture. */
    public Platform {
        if (os.isBlank() || architecture.isBlank()) {
            throw new IllegalArgumentException("a platform is written os/architecture, as in linux/amd64");
        }
    }

    /** Linux on the kind of processor that this program runs on. */
    public static Platform current() {
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        String name = switch (arch) {
            case "x86_64", "amd64" -> "amd64";
            case "aarch64", "arm64" -> "arm64";
            default -> arch;
        };
        return new Platform("linux", name, Optional.empty());
    }

    /**
     * Reads {@code os/architecture[/variant]}.
     *
     * @throws IllegalArgumentException with a sentence that quotes the text if it is anything else
     */
    public static Platform parse(String text) {
        String[] parts = text.split("/", -1);
        if (parts.length < 2 || parts.length > 3) {
            throw new IllegalArgumentException("'" + text + "' is not a platform: write linux/amd64 or linux/arm/v7");
        }
        return new Platform(parts[0], parts[1], parts.length == 3 ? Optional.of(parts[2]) : Optional.empty());
    }

    /** Whether what is there runs on this platform. */
    boolean accepts(Platform present) {
        return os.equals(present.os)
                && architecture.equals(present.architecture)
                && (variant.isEmpty() || variant.equals(present.variant) || isDefaultVariant(present));
    }

    /** Every arm64 is v8, so indexes leave it out. */
    private boolean isDefaultVariant(Platform present) {
        return architecture.equals("arm64")
                && present.variant.isEmpty()
                && variant.orElse("").equals("v8");
    }

    @Override
    public String toString() {
        return os + "/" + architecture + variant.map(v -> "/" + v).orElse("");
    }
}
