package io.prestage.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Does what must not be left half done: a signal to end is heeded after it. */
final class UntilDone {
    private static final long LONGEST_S = 600;

    /** For the sentence that tells of a failure. */
    private static final long LAST_WORDS_MS = 300;

    private UntilDone() {}

    /** What is to be done. */
    interface Work {
        void run() throws IOException;
    }

    static void run(String what, PrintWriter err, Work work) throws IOException {
        CountDownLatch ended = new CountDownLatch(1);
        Thread runner = Thread.currentThread();
        Thread onSignal = new Thread(() -> {
            if (ended.getCount() > 0) {
                err.println("prestage: " + what + "; that is brought to its end first");
            }
            try {
                if (ended.await(LONGEST_S, TimeUnit.SECONDS)) {
                    runner.join(LAST_WORDS_MS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(onSignal);
        try {
            work.run();
        } finally {
            ended.countDown();
            try {
                Runtime.getRuntime().removeShutdownHook(onSignal);
            } catch (IllegalStateException e) {
                err.flush(); // the signal has come, and the hook is at it
            }
        }
    }
}
