/**
 * The swarm package under a virtual clock and a modelled network.
 *
 * <p>Every decision is made by the classes that run in production; what is modelled here is links, delays, disks and the ways
 * in which servers come, go and misbehave.
 */
package io.prestage.simulation;
