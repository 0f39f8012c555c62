/** Carries messages and pieces between peers, with Netty. */
package io.prestage.node.transfer;
