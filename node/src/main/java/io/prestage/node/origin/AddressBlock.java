package io.prestage.node.origin;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;

/** A range of IP addresses in the form {@code 10.0.0.0/8}. */
record AddressBlock(InetAddress start, int bits) {
    private static final Pattern LITERAL = Pattern.compile("[0-9.]+|\\[?[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\\]?");

    /** Reads the range; empty if the text is none. */
    static Optional<AddressBlock> parse(String text) {
        int slash = text.indexOf('/');
        Optional<InetAddress> start = literal(text.substring(0, slash));
        try {
            int bits = Integer.parseInt(text.substring(slash + 1));
            return start.filter(a -> bits >= 0 && bits <= 8 * a.getAddress().length)
                    .map(a -> new AddressBlock(a, bits));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Whether the host is an address in the range; names are not looked up. */
    boolean contains(String host) {
        return literal(host).map(InetAddress::getAddress).filter(this::contains).isPresent();
    }

    private boolean contains(byte[] address) {
        byte[] mine = start.getAddress();
        if (mine.length != address.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> (bit % 8);
            if ((mine[bit / 8] & mask) != (address[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }

    private static Optional<InetAddress> literal(String text) {
        if (!LITERAL.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(text));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }
}
