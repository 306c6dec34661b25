import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.reflect.TypeToken;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.commons.lang3.StringUtils;
import org.w3c.dom.Document;
// import com.fasterxml.jackson.databind.ObjectMapper;

/** Joins prices in XML with stock in JSON. See {@link org.apache.commons.csv.CSVParser}. */
public class PriceJoin {
    public static void main(String[] args) throws Exception {
        String stock = "[{\"no\":\"7\",\"left\":3},{\"no\":\"9\",\"left\":0},{\"no\":\"12\",\"left\":5}]";
        String prices = "<p><i no='7'>2.50</i><i no='9'>1.00</i><i no='12'>10.00</i></p>";
        List<JsonObject> items = new Gson().fromJson(stock, new TypeToken<List<JsonObject>>() {}.getType());
        Document doc = DocumentBuilderFactory.newInstance().newDocumentBuilder()
            .parse(new java.io.ByteArrayInputStream(prices.getBytes("UTF-8")));
        Map<String, Double> price = new TreeMap<>();
        var nodes = doc.getElementsByTagName("i");
        for (int k = 0; k < nodes.getLength(); k++) {
            var element = (org.w3c.dom.Element) nodes.item(k);
            price.put(element.getAttribute("no"), Double.parseDouble(element.getTextContent()));
        }
        double sum = 0;
        for (JsonObject item : items) {
            String no = item.get("no").getAsString();
            int left = item.get("left").getAsInt();
            sum += left * price.get(no);
            System.out.println(StringUtils.leftPad(no, 4, '.') + " " + left);
        }
        System.out.println("total " + sum);
        if (sum != 57.5) {
            System.exit(1);
        }
    }
}
