package io.prestage.siteconfig;

import io.prestage.disk.PartitionLabel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The program that loads images from the data partition on a server, once for each stage, and the systemd unit that runs it. */
public enum LoadingScript {
    /** Loads, in the live system of the discovery stage, what the installer itself needs. */
    DISCOVERY(
            "ai",
            "precache-images.service",
            "discovery",
            "agent.service",
            "multi-user.target default.target agent.service"),

    /** Loads, at the first boots of the installed system, what the cluster needs. */
    INSTALLATION(
            "ocp",
            "precache-ocp-images.service",
            "installation",
            "machine-config-daemon-pull.service nodeip-configuration.service",
            "multi-user.target");

    /** One text for both: it tells the stage by the name that it is called by. */
    private static final String RESOURCE = "extract.sh";

    /** 0755, in the decimal that Ignition wants. */
    private static final int EXECUTABLE = 493;

    private final String shortName;
    private final String unit;
    private final String stage;
    private final String before;
    private final String wantedBy;

    LoadingScript(String shortName, String unit, String stage, String before, String wantedBy) {
        this.shortName = shortName;
        this.unit = unit;
        this.stage = stage;
        this.before = before;
        this.wantedBy = wantedBy;
    }

    /** The one of such a short name: {@code ai} or {@code ocp}. */
    public static Optional<LoadingScript> named(String shortName) {
        return Arrays.stream(values())
                .filter(script -> script.shortName.equals(shortName))
                .findFirst();
    }

    /** The short names of all. */
    public static List<String> names() {
        return Arrays.stream(values()).map(script -> script.shortName).toList();
    }

    /** The script. */
    public static String text() {
        try (InputStream resource = LoadingScript.class.getResourceAsStream(RESOURCE)) {
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("the program lacks its own " + RESOURCE, e);
        }
    }

    /** The name of the unit that runs it. */
    String unit() {
        return unit;
    }

    /** Where it lies on the server. */
    String path() {
        return "/usr/local/bin/extract-" + shortName + ".sh";
    }

    /** The unit as Ignition wants it (specification 3.1, {@code systemd.units}). */
    ObjectNode unit(PartitionLabel label) {
        String contents = "[Unit]\n"
                + "Description=Load prestaged images in the " + stage + " stage\n"
                + "Before=" + before + "\n"
                + "\n"
                + "[Service]\n"
                + "Type=oneshot\n"
                + "ExecStart=" + path() + " --label " + label + "\n"
                + "\n"
                + "[Install]\n"
                + "WantedBy=" + wantedBy + "\n";
        return JsonNodeFactory.instance
                .objectNode()
                .put("name", unit)
                .put("enabled", true)
                .put("contents", contents);
    }

    /** The file as Ignition wants it (specification 3.1, {@code storage.files}). */
    ObjectNode file() {
        String encoded = Base64.getEncoder().encodeToString(text().getBytes(StandardCharsets.UTF_8));
        ObjectNode file = JsonNodeFactory.instance
                .objectNode()
                .put("path", path())
                .put("overwrite", true)
                .put("mode", EXECUTABLE);
        file.putObject("user").put("name", "root");
        file.putObject("contents").put("source", "data:text/plain;charset=utf-8;base64," + encoded);
        return file;
    }
}
