/**
 * The decisions: who asks whom for which piece, when.
 *
 * <p>Pure: events in, commands out. Time comes in with the events, randomness through a generator, and nothing here starts a
 * thread, opens a file or knows a socket; so the same classes run under Netty and under a virtual clock.
 */
package io.prestage.node.swarm;
