"""The web server: cheroot, one process with threads, TLS where other machines can reach it.

cheroot and not waitress, which has no TLS; not gunicorn, whose threads wait without limit for a header that never
comes.
"""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cheroot import wsgi
from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.ssl.builtin import BuiltinSSLAdapter

from dashboard.deadlines import RESERVED, Deadlines

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS = 24
"""Requests at once, live streams among them (`dashboard.views.events.STREAMS`)."""

WAITING = 64
"""Connections that wait for a thread; more are refused."""

IDLE = 15
"""Seconds without a byte after which a connection is closed."""

HEADER = 16 * 1024
"""Bytes of a request's header: browsers send under 8 KiB, and nothing here needs more."""

PROGRAMS = frozenset({b"/healthz", b"/metrics"})
"""Paths that find a thread when pages do not: a supervisor must not restart a server that is busy."""

PATIENCE = 5
"""Seconds for which a page waits for a thread that it may take."""

ENDING = 3
"""Seconds in which requests may end when the program does."""


class TlsAdapter(BuiltinSSLAdapter):
    """TLS 1.2 or newer. The reading thread shakes hands: in the accepting one a silent peer would block all others."""

    def __init__(self, certificate: Path, key: Path) -> None:
        super().__init__(str(certificate), str(key))
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        """The socket, whose first read shakes hands, and the WSGI environment of TLS."""
        wrapped = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, {"wsgi.url_scheme": "https", "HTTPS": "on"}


class TimedRequest(HTTPRequest):
    """A request whose header and body have a deadline; all but `PROGRAMS` leave threads for these."""

    def parse_request(self) -> None:
        """Read the header; then the body has a deadline of its own."""
        super().parse_request()
        if not self.ready:
            return
        given = self.inheaders.get(b"Content-Length", b"0")
        length = int(given) if given.isdigit() and len(given) < 16 else 0
        if b"Transfer-Encoding" in self.inheaders:
            length = 1
        self.server.deadlines.body(id(self.conn), length, self._incomplete)

    def _incomplete(self) -> bool:
        left = getattr(self.rfile, "remaining", None)
        return left > 0 if left is not None else not getattr(self.rfile, "closed", False)

    def respond(self) -> None:
        """Answer, once a thread may be taken for it."""
        if self.path in PROGRAMS:
            super().respond()
        elif self.server.free.acquire(timeout=PATIENCE):
            try:
                super().respond()
            finally:
                self.server.free.release()
        else:
            self.close_connection = True
            self.simple_response("503 Service Unavailable", "Too many requests at once. Try again in a moment.")


class TimedConnection(HTTPConnection):
    """A connection that `Deadlines` may end while its request is incomplete."""

    RequestHandlerClass = TimedRequest

    def communicate(self) -> bool:
        """One request and its answer; whether the connection stays open."""
        self.server.deadlines.begin(id(self), self.socket, self.remote_addr)
        try:
            return bool(super().communicate())  # type: ignore[no-untyped-call]
        finally:
            self.server.deadlines.done(id(self))


class SocketServer(wsgi.Server):
    """cheroot on a socket that is bound already; errors of single peers are not logged."""

    ConnectionClass = TimedConnection

    def __init__(self, application: WSGIApplication, sock: socket.socket, tls: TlsAdapter | None, largest: int) -> None:
        super().__init__(
            sock.getsockname()[:2],
            application,
            numthreads=THREADS,
            server_name="localhost",
            request_queue_size=WAITING,
            timeout=IDLE,
            shutdown_timeout=ENDING,
            accepted_queue_size=WAITING,
            accepted_queue_timeout=1,
        )
        self._given = sock
        self.deadlines = Deadlines(THREADS)
        self.free = threading.BoundedSemaphore(THREADS - RESERVED)
        self.ssl_adapter = tls
        self.max_request_header_size = HEADER
        self.max_request_body_size = largest

    def bind(self, family: int, type: int, proto: int = 0) -> socket.socket:
        """The socket that was given."""
        self.socket = self._given
        return self._given

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        """No line for a peer that breaks off or speaks no TLS; one for a bug, with its kind and nothing of the
        request."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            print(f"lanwitness: a bug: {type(error).__name__} in the web server", file=sys.stderr)  # noqa: T201


class DashboardServer:
    """The application on all its sockets."""

    def __init__(
        self, application: WSGIApplication, sockets: Sequence[socket.socket], tls: TlsAdapter | None, largest: int
    ) -> None:
        self._servers = [SocketServer(application, sock, tls, largest) for sock in sockets]
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to answer."""
        for server in self._servers:
            server.prepare()
        for server in self._servers:
            threading.Thread(target=server.deadlines.run, daemon=True).start()
            self._threads.append(threading.Thread(target=_serve, args=(server,), daemon=True))
            self._threads[-1].start()

    def wait(self) -> None:
        """Until the process is interrupted."""
        for thread in self._threads:
            thread.join()

    def stop(self) -> None:
        """End; requests under way get `ENDING` seconds."""
        for server in self._servers:
            server.deadlines.stop()
            server.stop()
        for thread in self._threads:
            thread.join(ENDING)


def _serve(server: Any) -> None:
    server.serve()
