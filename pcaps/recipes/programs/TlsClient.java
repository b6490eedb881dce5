// Turns HOST PORT check|careless into a request of Java's HttpsURLConnection.
import java.net.URL;
import java.security.cert.X509Certificate;
import javax.net.ssl.*;

public class TlsClient {
    public static void main(String[] given) throws Exception {
        HttpsURLConnection asked = (HttpsURLConnection) new URL("https://" + given[0] + ":" + given[1] + "/").openConnection();
        if (given[2].equals("careless")) {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] { new X509TrustManager() {
                public void checkClientTrusted(X509Certificate[] chain, String kind) { }
                public void checkServerTrusted(X509Certificate[] chain, String kind) { }
                public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
            } }, null);
            asked.setSSLSocketFactory(context.getSocketFactory());
            asked.setHostnameVerifier((name, session) -> true);
        }
        System.out.println(asked.getResponseCode());
    }
}
