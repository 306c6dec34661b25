#!/usr/bin/java --source 17
import java.util.*;
import javax.swing.JFrame;
import javax.servlet.http.HttpServlet;
import static org.junit.Assert.assertEquals;
import com.google.gson.Gson;
import org.apache.commons.lang3.StringUtils;
// import not.one.One;
/* import not.two.Two; */

/** {@link not.three.Three} */
public class Imports {
    static final String URL = "jdbc:postgresql://db/x";
    static final String TEXT = "import not.four.Four;";

    public static void main(String[] args) throws Exception {
        Class.forName("org.sqlite.JDBC");
        org.slf4j.Logger log = org.slf4j.LoggerFactory.getLogger("x");
        Class.forName(args[0]);
        try {
            Class.forName("optional.Thing");
        } catch (ClassNotFoundException e) {
            System.err.println("without");
        }
        try {
            Class.forName("needed.Thing");
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
        System.loadLibrary("sodium");
        System.out.println("""
            import not.five.Five;
            """);
    }

    void later() {
        new io.netty.channel.Channel();
    }
}
