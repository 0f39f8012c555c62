package io.prestage.node.origin;

import io.prestage.node.origin.OriginException.Reason;
import io.prestage.node.origin.RegistryCaller.Question;
import io.prestage.protocol.Digest;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/**
 * Pulls manifests and ranges of blobs from any registry of the OCI distribution specification.
 *
 * <p>Every method may be called by many threads at a time, blocks its caller, and ends with an
 * {@link InterruptedIOException} soon after the calling thread is interrupted. What may pass is tried again, with
 * growing delays, for about a minute without progress; the {@link OriginException} that is thrown in the end says in one
 * sentence what to do.
 */
public final class RegistryClient implements AutoCloseable {
    /** Bytes of the largest manifest that is accepted, the least that the distribution specification wants of a registry. */
    public static final int LARGEST_MANIFEST = 4 << 20;

    private final Surroundings surroundings;
    private final Transport transport;
    private final RegistryCaller caller;
    private final RangeReader ranges;
    private final Registries registries;
    private final LongConsumer received;
    private final Consumer<Reason> failed;

    /** Where a repository's content was found last, so that a mirror that lacks it is not asked each time. */
    private final Map<String, Integer> found = new ConcurrentHashMap<>();

    /**
     * A client that uses this machine's credentials, certificates, mirrors and proxies.
     *
     * @param received told how many bytes of blobs come in, wanted or not, by several threads at a time
     * @throws OriginException if a file that the options name cannot be used
     */
    public RegistryClient(OriginOptions options, LongConsumer received) throws OriginException {
        this(options, received, reason -> {});
    }

    /**
     * A client that uses this machine's credentials, certificates and proxies, and counts what goes wrong.
     *
     * @param received told how many bytes of blobs come in, wanted or not, by several threads at a time
     * @param failed told of every failed request, also of those that another try mends; by several threads at a time
     * @throws OriginException if a file that the options name cannot be used
     */
    public RegistryClient(OriginOptions options, LongConsumer received, Consumer<Reason> failed)
            throws OriginException {
        this(options, received, failed, Surroundings.ofThisMachine());
    }

    RegistryClient(OriginOptions options, LongConsumer received, Consumer<Reason> failed, Surroundings surroundings)
            throws OriginException {
        this.failed = failed;
        this.surroundings = surroundings;
        this.received = received;
        this.ranges = new RangeReader(surroundings, options.connections(), failed);
        Credentials credentials = new Credentials(options.authFile(), surroundings);
        this.registries = new Registries(options.registriesConf(), surroundings);
        this.transport = new Transport(options, surroundings, registries::isInsecure);
        this.caller = new RegistryCaller(transport, new Authorizer(transport, credentials, InstantSource.system()));
    }

    /**
     * The manifest or index that a reference names.
     *
     * @throws OriginException if it cannot be had, or its bytes are not those that the registry's digest or the
     *     reference's names
     */
    public Manifest manifest(ImageReference image) throws IOException {
        return anywhere(image, (place, around) -> manifest(place, around));
    }

    private Manifest manifest(ImageReference place, Surroundings around) throws IOException {
        Retries retries = new Retries(around, failed);
        while (true) {
            try {
                return ManifestAnswer.check(place, requestManifest(place));
            } catch (OriginException e) {
                retries.after(e);
            }
        }
    }

    /** Asks one place for an image. */
    private interface Asking<T> {
        T of(ImageReference place, Surroundings around) throws IOException;
    }

    /** Asks the mirrors of an image and then its own registry, the one that had it last before the others. */
    private <T> T anywhere(ImageReference image, Asking<T> asking) throws IOException {
        List<ImageReference> places = registries.places(image);
        if (places.size() == 1) {
            return asking.of(places.get(0), surroundings);
        }
        List<Integer> order = new ArrayList<>();
        Optional.ofNullable(found.get(image.name()))
                .filter(at -> at < places.size())
                .ifPresent(order::add);
        for (int at = 0; at < places.size(); at++) {
            if (!order.contains(at)) {
                order.add(at);
            }
        }
        List<OriginException> refusals = new ArrayList<>();
        for (int at : order) {
            boolean last = refusals.size() == places.size() - 1;
            try {
                T answer = asking.of(places.get(at), last ? surroundings : surroundings.trying(1));
                found.put(image.name(), at);
                return answer;
            } catch (OriginException e) {
                refusals.add(e);
            }
        }
        OriginException telling = refusals.stream()
                .filter(OriginException::mayPass)
                .findFirst()
                .orElse(refusals.get(refusals.size() - 1));
        throw new OriginException(
                telling.reason(),
                image + " cannot be had, neither from its mirrors nor from its registry: "
                        + refusals.stream()
                                .map(Throwable::getMessage)
                                .distinct()
                                .collect(Collectors.joining("; ")),
                telling);
    }

    /**
     * The manifest of a repository that has this digest.
     *
     * @param repository its tag and digest do not count
     * @throws OriginException if it cannot be had or its bytes do not match
     */
    public Manifest manifest(ImageReference repository, Digest digest) throws IOException {
        return manifest(repository.at(digest));
    }

    private ManifestAnswer requestManifest(ImageReference image) throws IOException {
        Question question = new Question(
                image,
                image.toString(),
                "manifests/" + image.reference(),
                Map.of("Accept", MediaTypes.ACCEPT),
                n -> {});
        try (Response response = caller.ask(question)) {
            byte[] content = response.body()
                    .readAll(LARGEST_MANIFEST)
                    .orElseThrow(() -> new OriginException(
                            Reason.PROTOCOL,
                            "the manifest of " + image + " is larger than " + LARGEST_MANIFEST
                                    + " bytes, which no registry need accept: check that it is an image"));
            return new ManifestAnswer(
                    content, response.header("Content-Type"), response.header("Docker-Content-Digest"));
        } catch (OriginException | InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw ranges.broken(image.registry(), "the manifest of " + image, e);
        }
    }

    /**
     * Reads a range of a blob.
     *
     * <p>The sink is called by the calling thread. A connection that breaks or stalls is replaced by one that begins
     * where the sink is. The bytes are not verified: that is for whoever has the whole blob.
     *
     * @param repository where the blob is; its tag and digest do not count
     * @param size bytes of the whole blob
     * @param from first byte, 0 ≤ from ≤ to
     * @param to the byte after the last, at most {@code size}
     * @throws OriginException if the bytes cannot be had
     * @throws IOException what the sink throws
     */
    public void fetch(ImageReference repository, Digest blob, long size, long from, long to, ByteSink sink)
            throws IOException {
        Progress sunk = new Progress(from);
        anywhere(repository.at(blob), (place, around) -> {
            String what = "blob " + blob.brief() + " of " + place.name();
            RangeTransfer rest = new RangeTransfer(place.registry(), what, size, sunk.position, to, bytes -> {
                int count = bytes.remaining();
                sink.accept(bytes);
                sunk.position += count;
            });
            ranges.read(
                    rest, headers -> caller.ask(new Question(place, what, "blobs/" + blob, headers, received)), around);
            return sunk;
        });
    }

    /** How far a range has come, whichever place its bytes came from. */
    private static final class Progress {
        private long position;

        Progress(long from) {
            this.position = from;
        }
    }

    /**
     * The files of HTTP servers, reached the same way and counted together with blobs.
     *
     * @return open as long as this client is
     */
    public WebFiles files() {
        return new WebFiles(transport, ranges, surroundings, received, failed);
    }

    /** Ends all transfers; threads in them get an exception. */
    @Override
    public void close() {
        transport.close();
    }
}
