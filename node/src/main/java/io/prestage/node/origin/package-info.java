/** Pulls images and files from registries and HTTP servers. */
package io.prestage.node.origin;
