import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.*;
import javax.swing.JFrame;

class Calls {
    void run() throws Exception {
        new Socket("db", 5432);
        new ServerSocket(8080);
        Files.writeString(Path.of("x"), "y");
        new JFrame("x").setVisible(true);
        new ProcessBuilder("ls").start();
        new Thread(() -> {}).start();
        // new Socket("not.this", 1);
    }
}
