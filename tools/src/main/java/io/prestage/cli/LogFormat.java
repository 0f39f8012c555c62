package io.prestage.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import io.prestage.node.monitor.EventLog;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.Locale;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How a node writes what happens. */
enum LogFormat {
    /** Sentences for people; progress on standard output. */
    TEXT,
    /** One JSON object a line on standard error, every event with its parts; nothing else anywhere. */
    JSON;

    /** How to write it on the command line. */
    static final class Converter implements ITypeConverter<LogFormat> {
        @Override
        public LogFormat convert(String text) {
            try {
                return valueOf(text.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + text + "' is not one of text, json");
            }
        }
    }

    /**
     * Writes so from now on.
     *
     * @param node the server's name, which stands in every line
     */
    void use(String node) {
        if (this == TEXT) {
            return;
        }
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        JsonLines lines = new JsonLines(node);
        lines.setContext(context);
        lines.start();
        context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)
                .iteratorForAppenders()
                .forEachRemaining(appender -> encode(appender, lines));
        context.getLogger(EventLog.class).setLevel(Level.DEBUG);
    }

    /** Where progress for people goes. */
    PrintWriter progress(PrintWriter out) {
        return this == TEXT ? out : new PrintWriter(Writer.nullWriter());
    }

    private static void encode(Appender<ILoggingEvent> appender, JsonLines lines) {
        if (appender instanceof OutputStreamAppender<ILoggingEvent> stream) {
            stream.setEncoder(lines);
        }
    }
}
