package io.prestage.cli;

import io.prestage.node.monitor.FleetView;

/**
 * What a node answered.
 *
 * @param json as it came
 * @param fleet what that says
 */
record FleetAnswer(String json, FleetView fleet) {}
