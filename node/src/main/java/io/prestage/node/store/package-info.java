/** The data partition: partial pieces, verified blobs, the OCI layout. */
package io.prestage.node.store;
