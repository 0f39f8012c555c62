package io.prestage.simulation;

import java.util.Arrays;

/**
 * What is still to happen, by time: a heap of four children a parent.
 *
 * <p>The heap holds nothing but times and the numbers of the slots that say what happens, so that an event that moves up or down
 * moves twelve bytes. Events of the same time come in the order in which they were added, so a run depends on nothing but its
 * inputs. Not thread-safe.
 */
final class EventQueue {
    private static final int CHILDREN = 4;

    /** Numbers that one slot has: kind, node, other, number. */
    private static final int FACTS = 4;

    private static final int FIRST = 1024;

    private long[] times = new long[FIRST];
    private int[] slots = new int[FIRST];
    private int size;

    private int[] facts = new int[FIRST * FACTS];
    private long[] orders = new long[FIRST];
    private long[][] payloads = new long[FIRST][];

    /** Slots that were used and are not any more, the last one used first. */
    private int[] free = new int[FIRST];

    private int freed;
    private int slotsUsed;
    private long added;

    private long time;
    private int taken;
    private long[] payload;

    /** Adds an event that needs no more than three numbers. */
    void add(long at, int what, int whose, int with, int which) {
        add(at, what, whose, with, which, null);
    }

    /**
     * Adds an event.
     *
     * @param at when, in nanoseconds
     * @param what kind of event
     * @param whose the node that it happens to
     * @param with another node, or anything
     * @param which a piece, or anything
     * @param more what else belongs to it, or null
     */
    void add(long at, int what, int whose, int with, int which, long[] more) {
        if (size == times.length) {
            grow();
        }
        int slot = freed > 0 ? free[--freed] : slotsUsed++;
        int fact = slot * FACTS;
        facts[fact] = what;
        facts[fact + 1] = whose;
        facts[fact + 2] = with;
        facts[fact + 3] = which;
        payloads[slot] = more;
        orders[slot] = added++;
        int hole = size++;
        while (hole > 0) {
            int parent = (hole - 1) / CHILDREN;
            if (times[parent] <= at) { // what was added earlier comes first
                break;
            }
            times[hole] = times[parent];
            slots[hole] = slots[parent];
            hole = parent;
        }
        times[hole] = at;
        slots[hole] = slot;
    }

    /** Takes the next event out, to be read with the accessors below until one is added; false if there is none. */
    boolean next() {
        if (size == 0) {
            return false;
        }
        time = times[0];
        int slot = slots[0];
        taken = slot * FACTS;
        payload = payloads[slot];
        payloads[slot] = null;
        free[freed++] = slot;
        int last = --size;
        int hole = 0;
        while (true) {
            int first = hole * CHILDREN + 1;
            if (first >= last) {
                break;
            }
            int least = first;
            for (int child = first + 1; child < Math.min(first + CHILDREN, last); child++) {
                if (before(child, least)) {
                    least = child;
                }
            }
            if (before(last, least)) {
                break;
            }
            times[hole] = times[least];
            slots[hole] = slots[least];
            hole = least;
        }
        times[hole] = times[last];
        slots[hole] = slots[last];
        return true;
    }

    long time() {
        return time;
    }

    int kind() {
        return facts[taken];
    }

    int node() {
        return facts[taken + 1];
    }

    int other() {
        return facts[taken + 2];
    }

    int number() {
        return facts[taken + 3];
    }

    long[] payload() {
        return payload;
    }

    private boolean before(int one, int other) {
        return times[one] < times[other] || (times[one] == times[other] && orders[slots[one]] < orders[slots[other]]);
    }

    private void grow() {
        int more = size * 2;
        times = Arrays.copyOf(times, more);
        slots = Arrays.copyOf(slots, more);
        facts = Arrays.copyOf(facts, more * FACTS);
        orders = Arrays.copyOf(orders, more);
        payloads = Arrays.copyOf(payloads, more);
        free = Arrays.copyOf(free, more);
    }
}
