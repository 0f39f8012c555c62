package io.prestage.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.event.KeyValuePair;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes each line of the log as one JSON object: {@code time}, {@code level}, {@code node}, {@code event}, {@code what}, {@code
 * why}, {@code next}, and {@code blob} and {@code peer} where it is about one; {@code message} has it all as one sentence.
 */
final class JsonLines extends EncoderBase<ILoggingEvent> {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final String node;

    JsonLines(String node) {
        this.node = node;
    }

    @Override
    public byte[] headerBytes() {
        return new byte[0];
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("time", event.getInstant().toString());
        line.put("level", event.getLevel().toString());
        line.put("node", node);
        line.put("event", "log");
        line.put("what", event.getFormattedMessage());
        line.put("why", cause(event.getThrowableProxy()));
        line.put("next", "");
        List<KeyValuePair> parts = event.getKeyValuePairs();
        if (parts != null) {
            parts.forEach(part -> line.put(part.key, String.valueOf(part.value)));
        }
        line.put("message", event.getFormattedMessage());
        return (JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] footerBytes() {
        return new byte[0];
    }

    private static String cause(IThrowableProxy thrown) {
        return thrown == null ? "" : thrown.getClassName() + ": " + thrown.getMessage();
    }
}
