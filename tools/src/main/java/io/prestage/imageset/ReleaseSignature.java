package io.prestage.imageset;

import io.prestage.node.origin.OriginException;
import io.prestage.node.origin.OriginException.Reason;
import io.prestage.node.origin.WebFiles;
import io.prestage.protocol.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.bouncycastle.openpgp.PGPCompressedData;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPLiteralData;
import org.bouncycastle.openpgp.PGPOnePassSignature;
import org.bouncycastle.openpgp.PGPOnePassSignatureList;
import org.bouncycastle.openpgp.PGPPublicKey;
import org.bouncycastle.openpgp.PGPPublicKeyRingCollection;
import org.bouncycastle.openpgp.PGPRuntimeOperationException;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureList;
import org.bouncycastle.openpgp.PGPUtil;
import org.bouncycastle.openpgp.bc.BcPGPObjectFactory;
import org.bouncycastle.openpgp.operator.bc.BcKeyFingerprintCalculator;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentVerifierBuilderProvider;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Decides whether a release is signed by somebody who is trusted.
 *
 * <p>A signature is an OpenPGP signed message (RFC 9580: compressed data, one-pass signature, literal data, signature) around a
 * "simple signing" statement of containers/image, which names the payload's digest.
 *
 * @param keys whose signatures count
 */
record ReleaseSignature(PGPPublicKeyRingCollection keys) {
    /** Where Red Hat keeps the signatures of its releases. */
    static final String PUBLIC = "https://mirror.openshift.com/pub/openshift-v4/signatures/openshift/release";

    /** Red Hat's release key 2, fingerprint 567E 347A D004 4ADE 55BA 8A5F 199E 2F91 FD43 1D51. */
    private static final String BUNDLED_KEY = "redhat-release-key-2.asc";

    /** A store holds at most so many signatures of one payload. */
    private static final int MOST = 10;

    private static final int LARGEST = 1 << 20;
    private static final String TYPE = "atomic container signature";

    /** Red Hat's release key. */
    static ReleaseSignature ofRedHat() throws IOException {
        try (InputStream key = ReleaseSignature.class.getResourceAsStream(BUNDLED_KEY)) {
            return new ReleaseSignature(keys(key));
        } catch (PGPException e) {
            throw new IOException("the key that this program brings along cannot be read: install it again", e);
        }
    }

    /**
     * The keys of a file, armoured or not.
     *
     * @throws IOException if there are none in it
     */
    static ReleaseSignature of(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException("the release key " + file + " is a folder: name a file of it with --release-key");
        }
        try (InputStream in = Files.newInputStream(file)) {
            PGPPublicKeyRingCollection keys = keys(in);
            if (keys.size() == 0) {
                throw new IOException(file + " holds no OpenPGP public key: export one with 'gpg --export --armor'");
            }
            return new ReleaseSignature(keys);
        } catch (NoSuchFileException e) {
            throw new IOException("the release key " + file + " does not exist: check --release-key", e);
        } catch (PGPException | PGPRuntimeOperationException | IllegalArgumentException e) {
            throw new IOException(
                    file + " is not a file of OpenPGP public keys: export one with 'gpg --export --armor'", e);
        }
    }

    private static PGPPublicKeyRingCollection keys(InputStream in) throws IOException, PGPException {
        return new PGPPublicKeyRingCollection(PGPUtil.getDecoderStream(in), new BcKeyFingerprintCalculator());
    }

    /**
     * Looks for a good signature of a payload, one after the other.
     *
     * @param store address below which the signatures are
     * @throws IOException if there is none, naming why the last one does not count
     */
    void check(WebFiles files, String store, Digest payload) throws IOException {
        String base = store.endsWith("/") ? store : store + "/";
        String last = "";
        for (int number = 1; number <= MOST; number++) {
            URI address;
            try {
                address = URI.create(base + "sha256=" + payload.hex() + "/signature-" + number);
            } catch (IllegalArgumentException e) {
                throw new IOException("'" + store + "' is not an address of signatures: check --signature-url", e);
            }
            byte[] message;
            try {
                message = files.read(address, Map.of(), LARGEST);
            } catch (OriginException e) {
                if (e.reason() != Reason.NOT_FOUND) {
                    throw e;
                }
                break;
            }
            Optional<String> objection = objection(message, payload);
            if (objection.isEmpty()) {
                return;
            }
            last = " (" + address + " " + objection.get() + ")";
        }
        throw new IOException("the release " + payload + " has no signature that counts at " + base + last
                + ": check that the release is genuine, or name another key with --release-key");
    }

    /** What is wrong with a message as a signature of a payload; nothing if it counts. */
    Optional<String> objection(byte[] message, Digest payload) {
        try {
            BcPGPObjectFactory objects =
                    new BcPGPObjectFactory(PGPUtil.getDecoderStream(new ByteArrayInputStream(message)));
            Object first = objects.nextObject();
            if (first instanceof PGPCompressedData compressed) {
                objects = new BcPGPObjectFactory(compressed.getDataStream());
                first = objects.nextObject();
            }
            if (!(first instanceof PGPOnePassSignatureList announced)
                    || !(objects.nextObject() instanceof PGPLiteralData literal)) {
                return Optional.of("is not a signed message");
            }
            byte[] statement = literal.getInputStream().readNBytes(LARGEST);
            if (!(objects.nextObject() instanceof PGPSignatureList signatures)) {
                return Optional.of("is not a signed message");
            }
            Optional<String> unsigned = unsigned(announced, signatures, statement);
            return unsigned.isPresent() ? unsigned : contradiction(statement, payload);
        } catch (IOException | PGPException | PGPRuntimeOperationException | IllegalStateException e) {
            return Optional.of("is not a signed message that can be read");
        } catch (RuntimeException e) {
            return Optional.of("is damaged"); // the library meets some damage with exceptions of its parts
        }
    }

    private Optional<String> unsigned(PGPOnePassSignatureList announced, PGPSignatureList signatures, byte[] statement)
            throws PGPException {
        List<String> strangers = new ArrayList<>();
        for (int at = 0; at < Math.min(announced.size(), signatures.size()); at++) {
            PGPOnePassSignature onePass = announced.get(at);
            PGPSignature signature = signatures.get(signatures.size() - 1 - at); // they nest
            PGPPublicKey key = keys.getPublicKey(onePass.getKeyID());
            if (key == null || key.hasRevocation()) {
                strangers.add(Long.toHexString(onePass.getKeyID()));
                continue;
            }
            boolean strong = signature.getSignatureType() == PGPSignature.BINARY_DOCUMENT
                    && signature.getHashAlgorithm() != HashAlgorithmTags.MD5
                    && signature.getHashAlgorithm() != HashAlgorithmTags.SHA1;
            onePass.init(new BcPGPContentVerifierBuilderProvider(), key);
            onePass.update(statement);
            if (strong && onePass.verify(signature)) {
                return Optional.empty();
            }
            return Optional.of("does not verify: it was changed after it was signed");
        }
        return Optional.of("is by the key " + String.join(", ", strangers) + ", which is not trusted");
    }

    private static Optional<String> contradiction(byte[] statement, Digest payload) {
        try {
            JsonNode critical = JsonMapper.shared().readTree(statement).path("critical");
            String digest =
                    critical.path("image").path("docker-manifest-digest").asString("");
            if (!critical.path("type").asString("").equals(TYPE)) {
                return Optional.of("signs something else than an image");
            }
            return digest.equals(payload.toString())
                    ? Optional.empty()
                    : Optional.of("is that of another image, " + digest);
        } catch (JacksonException e) {
            return Optional.of("signs something that is not JSON");
        }
    }
}
