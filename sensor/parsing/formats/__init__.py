"""Wire formats that several protocols share: BER, XML, DNS messages, HTTP headers, TLS hellos and others."""
