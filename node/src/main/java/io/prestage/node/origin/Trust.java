package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Decides whose certificates are believed: the Java runtime's and the operating system's authorities, the operator's
 * own, and those kept for one host.
 */
final class Trust {
    private final Predicate<String> verifies;
    private final Surroundings surroundings;
    private final List<Certificate> everywhere;

    /**
     * Reads the certificates that count for every host.
     *
     * @param verifies of which hosts the certificates are checked
     * @throws OriginException if {@code --cacert} cannot be read
     */
    Trust(OriginOptions options, Surroundings surroundings, Predicate<String> verifies) throws OriginException {
        this.verifies = verifies;
        this.surroundings = surroundings;
        this.everywhere = options.tlsVerify() ? readEverywhere(options.caCert(), surroundings) : List.of();
    }

    private static List<Certificate> readEverywhere(Optional<Path> caCert, Surroundings surroundings)
            throws OriginException {
        List<Certificate> found = new ArrayList<>();
        try {
            TrustManagerFactory runtime = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            runtime.init((KeyStore) null);
            for (TrustManager manager : runtime.getTrustManagers()) {
                if (manager instanceof X509TrustManager x509) {
                    found.addAll(List.of(x509.getAcceptedIssuers()));
                }
            }
        } catch (GeneralSecurityException e) {
            throw new OriginException(Reason.UNKNOWN_CA, "this Java runtime's certificates cannot be read", e);
        }
        // A runtime built by jlink on another machine does not know the authorities that this system's owner added.
        for (Path bundle : surroundings.systemBundles()) {
            if (Files.isReadable(bundle)) {
                found.addAll(read(bundle));
            }
        }
        if (caCert.isPresent()) {
            found.addAll(read(caCert.get()));
        }
        return List.copyOf(found);
    }

    /** Whether the host has authorities of its own, or needs none where others do. */
    boolean isSpecial(String authority) {
        return !verifies.test(authority)
                || surroundings.certificateFolders().stream()
                        .anyMatch(folder -> Files.isDirectory(folder.resolve(authority)));
    }

    /**
     * How to check the certificate of a host.
     *
     * @param authority host and port, as the reference has it
     * @throws OriginException if the host's own certificates cannot be read
     */
    SSLContext contextFor(String authority) throws OriginException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            if (!verifies.test(authority)) {
                context.init(null, new TrustManager[] {new Anyone()}, null);
                return context;
            }
            List<Certificate> trusted = new ArrayList<>(everywhere);
            for (Path folder : surroundings.certificateFolders()) {
                trusted.addAll(readFolder(folder.resolve(authority)));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store(trusted));
            context.init(null, factory.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            if (e instanceof OriginException known) {
                throw known;
            }
            throw new OriginException(
                    Reason.UNKNOWN_CA, "the certificates to trust for " + authority + " cannot be used", e);
        }
    }

    private static KeyStore store(List<Certificate> trusted) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int number = 0;
        for (Certificate certificate : trusted) {
            store.setCertificateEntry("ca" + number++, certificate);
        }
        return store;
    }

    private static List<Certificate> readFolder(Path folder) throws IOException {
        List<Certificate> found = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.crt")) {
                for (Path file : files) {
                    found.addAll(read(file));
                }
            }
        }
        return found;
    }

    private static List<Certificate> read(Path file) throws OriginException {
        try (InputStream in = Files.newInputStream(file)) {
            List<Certificate> found =
                    List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(in));
            if (found.isEmpty()) {
                throw new OriginException(
                        Reason.UNKNOWN_CA, file + " holds no certificate: it has to be a PEM file of the authority");
            }
            return found;
        } catch (OriginException e) {
            throw e;
        } catch (CertificateException e) {
            throw new OriginException(
                    Reason.UNKNOWN_CA, file + " is not a file of certificates: it has to be PEM of the authority", e);
        } catch (IOException e) {
            throw new OriginException(
                    Reason.UNKNOWN_CA,
                    "the certificates in " + file + " cannot be read: check that the file exists",
                    e);
        }
    }

    /** Believes every certificate; being an extended manager also keeps the runtime from comparing host names. */
    private static final class Anyone extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
