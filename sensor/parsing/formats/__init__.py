"""Wire formats that several protocols share: BER, XML, DNS, HTTP headers, TLS hellos and others."""
