package io.prestage.node.registry;

import io.prestage.protocol.Digest;

/**
 * A manifest that a node can serve.
 *
 * @param mediaType what it is
 * @param digest the digest of the content
 * @param content the bytes as they came from the origin, not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // handed to the server, which only reads it
public record StoredManifest(String mediaType, Digest digest, byte[] content) {}
