/** The OCI distribution API, pull only, that every node serves. */
package io.prestage.node.registry;
