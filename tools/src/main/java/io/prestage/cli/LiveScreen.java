package io.prestage.cli;

import io.prestage.node.monitor.FleetView;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.jline.utils.Display;
import org.jline.utils.InfoCmp.Capability;
import org.jline.utils.NonBlockingReader;

/**
 * Shows a fleet on a terminal and takes keys. Only what changed is drawn, so nothing flickers; the terminal is put back as it was
 * when it closes.
 */
final class LiveScreen implements AutoCloseable {
    private static final int ESCAPE = 27;
    private static final int CTRL_C = 3;

    private final Terminal terminal;
    private final Attributes former;
    private final Display display;
    private ServerOrder order;
    private int scrolled;
    private boolean ended;

    LiveScreen(ServerOrder order) throws IOException {
        this.order = order;
        this.terminal = TerminalBuilder.builder().system(true).dumb(true).build();
        this.former = terminal.enterRawMode();
        this.display = new Display(terminal, true);
        terminal.puts(Capability.enter_ca_mode);
        terminal.puts(Capability.cursor_invisible);
        terminal.handle(Signal.INT, signal -> ended = true);
        terminal.flush();
    }

    /** Shows the fleet until a key ends it, or so many looks. */
    void run(FleetWatch fleet, FleetView first, Duration interval, int looks) throws IOException {
        FleetView view = first;
        String trouble = "";
        for (int look = 1; !ended; look++) {
            draw(view, fleet.asked(), trouble);
            long end = System.nanoTime() + interval.toNanos();
            while (!ended && System.nanoTime() - end < 0) {
                if (key(Math.max(1, (end - System.nanoTime()) / 1_000_000))) {
                    draw(view, fleet.asked(), trouble);
                }
            }
            if (look == looks) {
                return;
            }
            try {
                view = fleet.look().fleet();
                trouble = "";
            } catch (IOException e) {
                trouble = e.getMessage();
            }
        }
    }

    @Override
    public void close() throws IOException {
        terminal.puts(Capability.cursor_visible);
        terminal.puts(Capability.exit_ca_mode);
        terminal.flush();
        terminal.setAttributes(former);
        terminal.close();
    }

    private void draw(FleetView view, String asked, String trouble) {
        Size size = terminal.getSize();
        int width = size.getColumns() <= 0 ? 80 : size.getColumns();
        int height = size.getRows() <= 0 ? 24 : size.getRows();
        display.resize(Size.of(width, height));
        TopScreen screen = new TopScreen(Math.max(40, width), order);
        List<TopScreen.Line> lines = new ArrayList<>(screen.head(view));
        List<TopScreen.Line> servers = screen.servers(view);
        int room = Math.max(1, height - lines.size() - 1);
        scrolled = Math.max(0, Math.min(scrolled, servers.size() - room));
        lines.addAll(servers.subList(scrolled, Math.min(servers.size(), scrolled + room)));
        List<AttributedString> styled = new ArrayList<>();
        lines.forEach(line -> styled.add(styled(line, width)));
        while (styled.size() < height - 1) {
            styled.add(AttributedString.EMPTY);
        }
        String foot = trouble.isEmpty() ? "s n d r l sort  arrows scroll  q end   " + asked : trouble;
        styled.add(new AttributedString(
                foot.substring(0, Math.min(foot.length(), width - 1)),
                trouble.isEmpty() ? AttributedStyle.DEFAULT.faint() : color(AttributedStyle.RED)));
        display.update(styled.subList(0, Math.min(height, styled.size())), 0);
    }

    private static AttributedString styled(TopScreen.Line line, int width) {
        String text = line.text().substring(0, Math.min(width, line.text().length()));
        AttributedStyle style = switch (line.kind()) {
            case PLAIN -> AttributedStyle.DEFAULT;
            case HEADING -> AttributedStyle.BOLD;
            case COMPLETE -> color(AttributedStyle.GREEN);
            case FILLING -> color(AttributedStyle.CYAN);
            case WAITING -> AttributedStyle.DEFAULT.faint();
            case STUCK -> color(AttributedStyle.RED).bold();
        };
        return new AttributedString(text, style);
    }

    private static AttributedStyle color(int color) {
        return AttributedStyle.DEFAULT.foreground(color);
    }

    /** Waits for a key; says whether one came. */
    private boolean key(long millis) throws IOException {
        NonBlockingReader reader = terminal.reader();
        int key = reader.read(millis);
        switch (key) {
            case NonBlockingReader.READ_EXPIRED -> {
                return false;
            }
            case NonBlockingReader.EOF, 'q', 'Q', CTRL_C -> ended = true;
            case ' ', 'f' -> scrolled += page();
            case 'b' -> scrolled -= page();
            case 'j' -> scrolled++;
            case 'k' -> scrolled--;
            case ESCAPE -> arrow(reader);
            default -> ServerOrder.of(Character.toLowerCase(key)).ifPresent(this::sort);
        }
        return true;
    }

    private void sort(ServerOrder chosen) {
        order = chosen;
        scrolled = 0;
    }

    /** What follows an escape: an arrow, or nothing if it was the key itself, which ends. */
    private void arrow(NonBlockingReader reader) throws IOException {
        int bracket = reader.read(30);
        if (bracket == NonBlockingReader.READ_EXPIRED) {
            ended = true;
            return;
        }
        int letter = reader.read(30);
        if (letter == 'A') {
            scrolled--;
        } else if (letter == 'B') {
            scrolled++;
        } else if (letter == '5' || letter == '6') {
            scrolled += letter == '6' ? page() : -page();
            if (reader.read(30) != '~') {
                scrolled = 0;
            }
        }
    }

    private int page() {
        return Math.max(1, terminal.getSize().getRows() - 8);
    }
}
