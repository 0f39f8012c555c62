package io.prestage.node.origin;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** What a credentials file holds for a registry. */
sealed interface Credential {
    /** A name and a password. */
    record Login(String user, String password) implements Credential {
        /** The value of an {@code Authorization} or {@code Proxy-Authorization} header. */
        String basic() {
            return "Basic "
                    + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String toString() {
            return "login of " + user;
        }
    }

    /** An OAuth2 refresh token. */
    record IdentityToken(String token) implements Credential {
        @Override
        public String toString() {
            return "identity token";
        }
    }
}
