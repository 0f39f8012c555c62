/** Metrics, events, the fleet's view, the pages of a node. */
package io.prestage.node.monitor;
