/** A factory LAN on one machine, from network namespaces, for tests and benchmarks. */
package io.prestage.lab;
