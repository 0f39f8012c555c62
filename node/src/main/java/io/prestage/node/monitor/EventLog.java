package io.prestage.node.monitor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Writes what happens on a node to the log, each with its parts as key and value, and remembers the last of it for the node's
 * page. Safe for every thread.
 */
public final class EventLog {
    /** Enough for a page; what is older stands in the log. */
    private static final int KEPT = 200;

    private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);

    private final UnaryOperator<String> names;
    private final boolean silent;
    private final Deque<Event> last = new ArrayDeque<>();

    private EventLog(UnaryOperator<String> names, boolean silent) {
        this.names = names;
        this.silent = silent;
    }

    /**
     * A log that is written.
     *
     * @param names what a server is called whose node's id is known; the id itself if that is not known
     */
    public static EventLog written(UnaryOperator<String> names) {
        return new EventLog(names, false);
    }

    /** A log that remembers and writes nothing. */
    public static EventLog silent() {
        return new EventLog(id -> id, true);
    }

    /** Takes note of an event. */
    public void add(Event happened) {
        Event event = happened.callingPeer(names);
        synchronized (last) {
            if (last.size() == KEPT) {
                last.removeFirst();
            }
            last.addLast(event);
        }
        if (!silent) {
            write(event);
        }
    }

    private static void write(Event event) {
        Level level = switch (event.severity()) {
            case DETAIL -> Level.DEBUG;
            case INFO -> Level.INFO;
            case WARN -> Level.WARN;
            case ERROR -> Level.ERROR;
        };
        LoggingEventBuilder line = LOG.atLevel(level)
                .addKeyValue("event", event.kind())
                .addKeyValue("what", event.what())
                .addKeyValue("why", event.why())
                .addKeyValue("next", event.next());
        if (event.blob().isPresent()) {
            line = line.addKeyValue("blob", event.blob().get());
        }
        if (event.peer().isPresent()) {
            line = line.addKeyValue("peer", event.peer().get());
        }
        line.log(event.sentence());
    }

    /** The last events, the newest first. */
    public List<Event> last() {
        synchronized (last) {
            List<Event> newest = new ArrayList<>(last);
            Collections.reverse(newest);
            return newest;
        }
    }
}
