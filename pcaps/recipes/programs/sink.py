"""Turns PORT [CERTIFICATE KEY] into a collecting service that takes whatever is sent and says 204 (a crafted server on
Python's http.server).
"""

import http.server
import ssl
import sys


class Sink(http.server.BaseHTTPRequestHandler):
    """Reads a body, whole or in chunks, and forgets it."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "collect/2", ""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                self.rfile.read(size + 2)
            self.rfile.readline()
        self.send_response(204)
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()


server = http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Sink)
if sys.argv[2:]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*sys.argv[2:4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
