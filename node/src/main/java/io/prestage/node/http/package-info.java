/**
 * A small HTTP server for what a node shows: files without copying, short answers, and streams of events; and what Java's client
 * lacks.
 */
package io.prestage.node.http;
