/** The commands: each parses, calls, prints. */
package io.prestage.cli;
