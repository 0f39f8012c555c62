/**
 * Who is here, who owns which fetch, the current plan, the fleet's progress; carried by JGroups.
 *
 * <p>State is soft: every member reports itself to the coordinator every three seconds, and the coordinator publishes what follows
 * from the reports. So a new coordinator needs no hand-over, and what one lost comes back with the next reports.
 */
package io.prestage.node.cluster;
