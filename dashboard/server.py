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
from cheroot.ssl.builtin import BuiltinSSLAdapter

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


class SocketServer(wsgi.Server):
    """cheroot on a socket that is bound already; errors of single peers are not logged."""

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
            self._threads.append(threading.Thread(target=_serve, args=(server,), daemon=True))
            self._threads[-1].start()

    def wait(self) -> None:
        """Until the process is interrupted."""
        for thread in self._threads:
            thread.join()

    def stop(self) -> None:
        """End; requests under way get `ENDING` seconds."""
        for server in self._servers:
            server.stop()
        for thread in self._threads:
            thread.join(ENDING)


def _serve(server: Any) -> None:
    server.serve()
