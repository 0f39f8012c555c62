/** The one place where the parts of a node are put together. */
package io.prestage.node;
