package io.prestage.node;

import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What a server is known by.
 *
 * <p>Forty live images are all called {@code localhost}, so the host's name says nothing: the chassis' serial number does, or
 * else the hardware address of the interface.
 *
 * @param name what people see
 * @param serial the DMI serial number, if the firmware has one
 * @param addresses the hardware addresses of all interfaces
 */
public record ServerName(String name, Optional<String> serial, List<String> addresses) {
    private static final Path SERIAL = Path.of("/sys/class/dmi/id/product_serial");

    /** What firmware says when nobody set a serial number. */
    private static final Set<String> PLACEHOLDERS = Set.of(
            "",
            "none",
            "not specified",
            "not applicable",
            "default string",
            "system serial number",
            "0",
            "unknown",
            "to be filled by o.e.m.",
            "n/a",
            "123456789",
            "0123456789");

    /** Copies the list. */
    public ServerName {
        addresses = List.copyOf(addresses);
    }

    /**
     * Finds this server's.
     *
     * @param given the name that the user chose, if any
     * @param network the interface that the node is reached through, if it is known
     */
    public static ServerName find(Optional<String> given, Optional<NetworkInterface> network) {
        Optional<String> serial = readSerial(SERIAL);
        List<String> addresses = hardwareAddresses();
        Optional<String> own = network.flatMap(ServerName::address);
        String name = given.or(() -> serial)
                .or(() -> own)
                .or(() -> addresses.stream().findFirst())
                .orElse("localhost");
        return new ServerName(name, serial, addresses);
    }

    /** The serial number in such a file; nothing if it holds none or cannot be read, which takes root. */
    static Optional<String> readSerial(Path file) {
        try {
            String serial = Files.readString(file).strip();
            return PLACEHOLDERS.contains(serial.toLowerCase(Locale.ROOT)) ? Optional.empty() : Optional.of(serial);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static List<String> hardwareAddresses() {
        List<String> addresses = new ArrayList<>();
        try {
            NetworkInterface.networkInterfaces()
                    .forEach(network -> address(network).ifPresent(addresses::add));
        } catch (SocketException e) {
            return List.of();
        }
        return addresses;
    }

    private static Optional<String> address(NetworkInterface network) {
        try {
            byte[] address = network.getHardwareAddress();
            return address == null
                    ? Optional.empty()
                    : Optional.of(HexFormat.ofDelimiter(":").formatHex(address));
        } catch (SocketException e) {
            return Optional.empty();
        }
    }
}
