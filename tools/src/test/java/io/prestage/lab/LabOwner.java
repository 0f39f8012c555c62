package io.prestage.lab;

import io.prestage.protocol.Rate;

/** A process that owns a lab until it is killed. */
final class LabOwner {
    private LabOwner() {}

    /** Makes a lab with a process in it, says its name, and waits. */
    public static void main(String[] args) throws Exception {
        Lab lab = Lab.up(LabShape.of(2, Rate.parse("100Mbit/s")));
        Process inside = lab.exec("h1", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1000; done");
        inside.getInputStream().read();
        System.out.println(lab.id());
        Thread.currentThread().join();
    }
}
