"""Turns a port into a small device's web site with every way of logging in over HTTP (a crafted server on Python's
http.server).
"""

import http.server
import json
import secrets
import sys
import urllib.parse

PAGE = b"<html><form method=post action=/login><input name=username><input name=password type=password></form></html>"


class Site(http.server.BaseHTTPRequestHandler):
    """Accepts what argv names as USER:PASSWORD, TOKEN and KEY; sessions live in memory."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "DeviceWeb/1.2", ""
    user, password = "", ""
    token, key = "", ""
    sessions: set[str] = set()  # noqa: RUF012

    def answer(self, code: int, content: bytes, kind: str = "text/html", **header: str) -> None:
        self.send_response(code)
        for name, value in header.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        place = urllib.parse.urlsplit(self.path)
        asked = dict(urllib.parse.parse_qsl(place.query))
        cookie = self.headers.get("Cookie", "").partition("sid=")[2].split(";")[0]
        if place.path in ("/", "/login"):
            self.answer(200, PAGE)
        elif place.path == "/cgi-bin/status.cgi":
            right = (asked.get("loginuse"), asked.get("loginpas")) == (self.user, self.password)
            self.answer(200 if right else 403, b"var status=1;" if right else b"var status=-1;", "text/plain")
        elif place.path == "/home":
            right = cookie in self.sessions
            self.answer(
                200 if right else 302,
                b"<html>Welcome</html>" if right else b"",
                **({} if right else {"Location": "/login"}),
            )
        elif place.path.startswith("/api/"):
            right = (
                self.headers.get("Authorization") == f"Bearer {self.token}" or self.headers.get("X-Api-Key") == self.key
            )
            self.answer(
                200 if right else 401, b'{"lights": 3}' if right else b'{"error": "unauthorized"}', "application/json"
            )
        else:
            self.answer(404, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.headers.get_content_type()
        if kind == "application/json":
            told = json.loads(body)
            right = (told.get("username"), told.get("password")) == (self.user, self.password)
            self.answer(200 if right else 401, b'{"ok": true}' if right else b'{"ok": false}', "application/json")
            return
        if kind == "multipart/form-data":
            right = b'name="password"\r\n\r\n' + self.password.encode() + b"\r\n" in body
        else:
            told = dict(urllib.parse.parse_qsl(body.decode()))
            right = (told.get("username"), told.get("password")) == (self.user, self.password)
        if right:
            session = secrets.token_hex(16) if len(sys.argv) < 6 else sys.argv[5]
            self.sessions.add(session)
            self.answer(302, b"", Location="/home", Set_Cookie=f"sid={session}; Path=/; HttpOnly")
        else:
            self.answer(200, PAGE.replace(b"<form", b"<b>Wrong user name or password</b><form"))


def main() -> None:
    """PORT USER:PASSWORD TOKEN KEY [SESSION]: serves until it is ended."""
    Site.user, _, Site.password = sys.argv[2].partition(":")
    Site.token, Site.key = sys.argv[3:5]
    http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Site).serve_forever()


main()
