package io.prestage.lab;

import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;

/** Takes one connection and says how many bytes came over it in how many nanoseconds. */
final class Sink {
    private Sink() {}

    /**
     * Listens.
     *
     * @param args the port
     */
    public static void main(String[] args) throws Exception {
        try (ServerSocket server = new ServerSocket(Integer.parseInt(args[0]))) {
            System.out.println("ready");
            try (Socket socket = server.accept();
                    InputStream in = socket.getInputStream()) {
                byte[] buffer = new byte[1 << 16];
                long bytes = 0;
                long start = System.nanoTime();
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    bytes += read;
                }
                System.out.println(bytes + " " + (System.nanoTime() - start));
            }
        }
    }
}
