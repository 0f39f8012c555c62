/** The fleet, and others that do its job, measured on a lab's shaped links. */
package io.prestage.lab.bench;
