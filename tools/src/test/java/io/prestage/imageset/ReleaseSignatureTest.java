package io.prestage.imageset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prestage.protocol.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bouncycastle.bcpg.CompressionAlgorithmTags;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.bouncycastle.bcpg.PublicKeyAlgorithmTags;
import org.bouncycastle.bcpg.PublicKeyPacket;
import org.bouncycastle.crypto.generators.RSAKeyPairGenerator;
import org.bouncycastle.crypto.params.RSAKeyGenerationParameters;
import org.bouncycastle.openpgp.PGPCompressedDataGenerator;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPKeyPair;
import org.bouncycastle.openpgp.PGPLiteralData;
import org.bouncycastle.openpgp.PGPLiteralDataGenerator;
import org.bouncycastle.openpgp.PGPPublicKeyRing;
import org.bouncycastle.openpgp.PGPPublicKeyRingCollection;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureGenerator;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentSignerBuilder;
import org.bouncycastle.openpgp.operator.bc.BcPGPKeyPair;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("JavaUtilDate") // what Bouncy Castle takes
final class ReleaseSignatureTest {
    private static final Digest PAYLOAD = Digest.of("payload".getBytes(StandardCharsets.UTF_8));
    private static final PGPKeyPair KEY = key();
    private static final ReleaseSignature TRUST = trust(KEY);

    private static PGPKeyPair key() {
        RSAKeyPairGenerator generator = new RSAKeyPairGenerator();
        generator.init(new RSAKeyGenerationParameters(BigInteger.valueOf(65537), new SecureRandom(), 2048, 80));
        try {
            return new BcPGPKeyPair(
                    PublicKeyPacket.VERSION_4,
                    PublicKeyAlgorithmTags.RSA_GENERAL,
                    generator.generateKeyPair(),
                    new Date());
        } catch (PGPException e) {
            throw new IllegalStateException(e);
        }
    }

    private static ReleaseSignature trust(PGPKeyPair key) {
        PGPPublicKeyRing ring = new PGPPublicKeyRing(List.of(key.getPublicKey()));
        return new ReleaseSignature(new PGPPublicKeyRingCollection(List.of(ring)));
    }

    private static String statement(Digest digest, String type) {
        return "{\"critical\":{\"type\":\"" + type + "\",\"image\":{\"docker-manifest-digest\":\"" + digest
                + "\"},\"identity\":{\"docker-reference\":\"quay.io/openshift-release-dev/ocp-release\"}}}";
    }

    /** A signed message as gpg makes it. */
    private static byte[] signed(PGPKeyPair key, int hash, String statement) throws IOException, PGPException {
        byte[] content = statement.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        PGPCompressedDataGenerator compression = new PGPCompressedDataGenerator(CompressionAlgorithmTags.ZIP);
        try (OutputStream out = compression.open(message)) {
            PGPSignatureGenerator signature = new PGPSignatureGenerator(
                    new BcPGPContentSignerBuilder(key.getPublicKey().getAlgorithm(), hash), key.getPublicKey());
            signature.init(PGPSignature.BINARY_DOCUMENT, key.getPrivateKey());
            signature.generateOnePassVersion(false).encode(out);
            try (OutputStream literal =
                    new PGPLiteralDataGenerator().open(out, PGPLiteralData.BINARY, "", content.length, new Date())) {
                literal.write(content);
            }
            signature.update(content);
            signature.generate().encode(out);
        }
        return message.toByteArray();
    }

    private static byte[] good() throws IOException, PGPException {
        return signed(KEY, HashAlgorithmTags.SHA256, statement(PAYLOAD, "atomic container signature"));
    }

    @Test
    void acceptsWhatATrustedKeySignedForThisPayload() throws Exception {
        assertEquals(Optional.empty(), TRUST.objection(good(), PAYLOAD));
    }

    @Test
    void refusesAnotherKeyAnotherPayloadAndAnotherKindOfStatement() throws Exception {
        assertTrue(trust(key()).objection(good(), PAYLOAD).orElseThrow().contains("not trusted"));
        Digest other = Digest.of(new byte[] {1});
        assertTrue(TRUST.objection(good(), other).orElseThrow().contains("another image"));
        byte[] kind = signed(KEY, HashAlgorithmTags.SHA256, statement(PAYLOAD, "something"));
        assertTrue(TRUST.objection(kind, PAYLOAD).isPresent());
        byte[] text = signed(KEY, HashAlgorithmTags.SHA256, "hello");
        assertTrue(TRUST.objection(text, PAYLOAD).isPresent());
    }

    @Test
    void refusesAWeakHash() throws Exception {
        byte[] weak = signed(KEY, HashAlgorithmTags.SHA1, statement(PAYLOAD, "atomic container signature"));
        assertTrue(TRUST.objection(weak, PAYLOAD).isPresent());
    }

    @Property(tries = 300)
    void neverAcceptsAMessageWithAChangedBit(@ForAll @IntRange(max = 1 << 20) int place) throws Exception {
        byte[] message = good();
        byte[] changed = message.clone();
        int bit = place % (changed.length * 8);
        changed[bit / 8] ^= (byte) (1 << bit % 8);
        Optional<String> objection = TRUST.objection(changed, PAYLOAD);
        // A few bits mean nothing: of the packet headers' lengths, of the literal's date.
        if (objection.isEmpty()) {
            assertEquals(Optional.empty(), TRUST.objection(message, PAYLOAD));
        }
        assertTrue(TRUST.objection(changed, Digest.of(changed)).isPresent());
    }

    @Test
    void refusesGarbage() {
        for (byte[] garbage : List.of(new byte[0], new byte[100], "{}".getBytes(StandardCharsets.UTF_8))) {
            assertTrue(TRUST.objection(garbage, PAYLOAD).isPresent());
        }
    }

    @Test
    void trustsRedHatsReleaseKeyByDefault() throws Exception {
        var key = ReleaseSignature.ofRedHat().keys().getKeyRings().next().getPublicKey();
        assertEquals(
                "567E347AD0044ADE55BA8A5F199E2F91FD431D51",
                HexFormat.of().withUpperCase().formatHex(key.getFingerprint()));
        assertTrue(key.isMasterKey());
    }

    @Test
    void namesAKeyFileThatIsNone(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("key.asc"), "no key");
        for (Path wrong : List.of(file, folder.resolve("absent"))) {
            IOException refusal = assertThrows(IOException.class, () -> ReleaseSignature.of(wrong));
            assertTrue(refusal.getMessage().contains(wrong.toString()), refusal::getMessage);
        }
    }
}
