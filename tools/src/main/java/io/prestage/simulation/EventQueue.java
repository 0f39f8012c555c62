package io.prestage.simulation;

import java.util.Arrays;

/**
 * What is still to happen, by time: a heap of four children a parent on primitive arrays.
 *
 * <p>Events of the same time come in the order in which they were added, so a run depends on nothing but its inputs. Not
 * thread-safe.
 */
final class EventQueue {
    private static final int CHILDREN = 4;

    private long[] times = new long[1024];
    private long[] orders = new long[1024];
    private int[] kinds = new int[1024];
    private int[] nodes = new int[1024];
    private int[] others = new int[1024];
    private int[] numbers = new int[1024];
    private int[][] payloads = new int[1024][];
    private int size;
    private long added;

    private long time;
    private int kind;
    private int node;
    private int other;
    private int number;
    private int[] payload;

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
    void add(long at, int what, int whose, int with, int which, int[] more) {
        if (size == times.length) {
            grow();
        }
        int hole = size++;
        long order = added++;
        while (hole > 0) {
            int parent = (hole - 1) / CHILDREN;
            if (times[parent] < at || (times[parent] == at && orders[parent] < order)) {
                break;
            }
            move(parent, hole);
            hole = parent;
        }
        times[hole] = at;
        orders[hole] = order;
        kinds[hole] = what;
        nodes[hole] = whose;
        others[hole] = with;
        numbers[hole] = which;
        payloads[hole] = more;
    }

    /** Takes the next event out, to be read with the accessors below; false if there is none. */
    boolean next() {
        if (size == 0) {
            return false;
        }
        time = times[0];
        kind = kinds[0];
        node = nodes[0];
        other = others[0];
        number = numbers[0];
        payload = payloads[0];
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
            move(least, hole);
            hole = least;
        }
        move(last, hole);
        payloads[last] = null;
        return true;
    }

    long time() {
        return time;
    }

    int kind() {
        return kind;
    }

    int node() {
        return node;
    }

    int other() {
        return other;
    }

    int number() {
        return number;
    }

    int[] payload() {
        return payload;
    }

    private boolean before(int one, int other) {
        return times[one] < times[other] || (times[one] == times[other] && orders[one] < orders[other]);
    }

    private void move(int from, int to) {
        times[to] = times[from];
        orders[to] = orders[from];
        kinds[to] = kinds[from];
        nodes[to] = nodes[from];
        others[to] = others[from];
        numbers[to] = numbers[from];
        payloads[to] = payloads[from];
    }

    private void grow() {
        int more = size * 2;
        times = Arrays.copyOf(times, more);
        orders = Arrays.copyOf(orders, more);
        kinds = Arrays.copyOf(kinds, more);
        nodes = Arrays.copyOf(nodes, more);
        others = Arrays.copyOf(others, more);
        numbers = Arrays.copyOf(numbers, more);
        payloads = Arrays.copyOf(payloads, more);
    }
}
