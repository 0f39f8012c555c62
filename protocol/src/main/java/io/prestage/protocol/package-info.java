/** What nodes say to each other and agree on. No sockets, files, clocks or threads. */
package io.prestage.protocol;
