"""Turns PORT [USER PASSWORD] into a device's set-up page and ONVIF service (a crafted server on Python's
http.server).
"""

import base64
import hashlib
import http.server
import re
import sys

INFORMATION = (
    b"<Envelope><Body><GetDeviceInformationResponse><Manufacturer>Weitblick Example</Manufacturer><Model>WB-2</Model>"
    b"<FirmwareVersion>1.4.2</FirmwareVersion><SerialNumber>WB2-00091</SerialNumber></GetDeviceInformationResponse></Body></Envelope>"
)
FAULT = b"<Envelope><Body><Fault><Code>Sender</Code><Subcode>NotAuthorized</Subcode></Fault></Body></Envelope>"


class Device(http.server.BaseHTTPRequestHandler):
    """Takes whatever Wi-Fi it is told; answers ONVIF only to its user."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "setupd/0.9", ""

    def answer(self, code: int, content: bytes, kind: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        found = b'[{"ssid": "Haus am Anger", "rssi": -41}, {"ssid": "Nachbarn", "rssi": -77}]'
        self.answer(
            200,
            found if self.path == "/scan" else b"<html>Saved, restarting</html>",
            "application/json" if self.path == "/scan" else "text/html",
        )

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/onvif"):
            right = known(body)
            self.answer(200 if right else 400, INFORMATION if right else FAULT, "application/soap+xml")
        else:
            self.answer(200, b'{"result": "saved"}', "application/json")


def known(envelope: bytes) -> bool:
    """Whether the UsernameToken is the user's (digest: Base64 of SHA-1 of nonce, created and password)."""
    part = dict(re.findall(rb"<(Username|Password|Nonce|Created)\b[^>]*>([^<]*)<", envelope))
    user, password = (text.encode() for text in sys.argv[2:4])
    if part.get(b"Username") != user:
        return False
    if b"PasswordDigest" in envelope:
        plain = base64.b64decode(part[b"Nonce"]) + part[b"Created"] + password
        return base64.b64encode(hashlib.sha1(plain).digest()) == part[b"Password"]
    return part.get(b"Password") == password


http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Device).serve_forever()
