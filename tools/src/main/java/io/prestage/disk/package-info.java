/** Makes a server's data partition: looks at the disk, refuses what would lose something, partitions, formats, mounts. */
package io.prestage.disk;
