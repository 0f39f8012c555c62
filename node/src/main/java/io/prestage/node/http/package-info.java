/** A small HTTP server for what a node shows: files without copying, short answers, and streams of events. */
package io.prestage.node.http;
