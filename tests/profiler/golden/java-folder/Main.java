import shop.Stock;
import shop.Missing;
import org.jsoup.Jsoup;

public class Main {
    public static void main(String[] args) {}
}
