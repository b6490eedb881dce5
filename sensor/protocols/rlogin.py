"""rlogin (RFC 1282), rsh and rexec: logins by password, and use by the trust in a host alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Access, Content, Enough, Event, Login, Span
from sensor.lazy_pattern import expression
from sensor.model import Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.sasl import password, readable
from sensor.parsing.terminal import TerminalSession

NAME_LIMIT = 256
"""Bytes of a user's name; rlogind takes 31 (RMT_USERNAME_MAX), a few take more."""

COMMAND_LIMIT = 32 * 1024
"""Bytes of a remote command: rshd takes NCARGS, 128 KiB on some systems; its beginning is enough."""


class Rlogin(StreamParser):
    """RFC 1282: NUL, the client's user, the server's user, terminal and speed; the server's NUL; then a terminal.

    ``Login``: scheme ``prompt`` where the server prompts for a password. Where the shell opens by trust in the host
    alone: scheme ``rhosts`` without a secret, and ``Access``.
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._terminal = TerminalSession("rlogin", "prompt")
        self._begun = [False, False]
        self._header: Login | None = None

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """The connection's header, then keystrokes, output, and window sizes in band."""
        if self._begun[side]:
            yield from self._terminal_bytes(side, cursor)
            return
        if cursor.u8() != 0:
            raise Malformed("an rlogin connection begins with NUL")
        if side is Side.CLIENT:
            cursor.until(b"\0", NAME_LIMIT)
            remote = cursor.until(b"\0", NAME_LIMIT)
            cursor.until(b"\0", NAME_LIMIT)
            self._header = password("rhosts", readable(remote), None, self.here())
            self._terminal.user = (readable(remote), (self.here(),))
            yield from attribute_events("rlogin.user", remote, side)
        self._begun[side] = True

    def _terminal_bytes(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        start = self.here().start
        if side is Side.SERVER:
            yield from self._terminal.shown(cursor.rest(), start)
            return
        if b"\xff\xffss".startswith(cursor.peek(4)):
            cursor.take(12)  # RFC 1282, "Window Change": FF FF s s, rows, columns and pixels
            return
        text = cursor.peek(cursor.remaining)
        sizes = text.find(b"\xff", 1)
        yield from self._with_rhosts_login(self._terminal.typed(cursor.take(sizes if sizes > 0 else len(text)), start))

    def _with_rhosts_login(self, events: Iterator[Event]) -> Iterator[Event]:
        """Add the login of a shell that opened without a prompt: by trust (RFC 1282, "Connection Establishment")."""
        for event in events:
            if isinstance(event, Access) and self._header is not None:
                spans = (*self._header.spans, *event.spans)
                yield replace(self._header, accepted=True, basis="shell prompt without a password", spans=spans)
            yield event

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Inside the terminal a loss costs one line; in the header the parser gives up."""
        if not self._begun[side]:
            return super().gap(side, length)
        self._consume(side, len(self._buffers[side]))
        self._offsets[side] += length
        self._terminal.lost(side)
        return iter(())

    def close(self) -> Iterator[Parsed]:
        """The session is over."""
        yield from self._with_rhosts_login(self._terminal.close())


class Remote(StreamParser):
    """rsh and rexec: ``port NUL user NUL user-or-password NUL command NUL``, then the server's answer.

    The answer is NUL, or 1 and a reason (rshd(8), rexecd(8)). rexec: ``Login``, scheme ``rexec``. rsh has no secret:
    ``Login`` with scheme ``rhosts``, ``secret`` None and the user on the server, and ``Access``.
    """

    BY_PASSWORD = True

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._request: Login | None = None

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """The request, or the first byte of the answer."""
        if side is Side.SERVER:
            if self._request is None:
                return  # the answer belongs to a request that is not whole yet
            answer = cursor.u8()
            if answer > 1:
                raise Malformed("an answer is 0 or 1")
            words = "NUL after the request" if answer == 0 else "error after the request"
            yield from self._result(answer == 0, words, self.here())
            yield Enough()
            return
        if self._request is not None:
            cursor.rest()
            return
        if not (cursor.until(b"\0", 5) or b"0").isdigit():
            raise Malformed("a port number in digits comes first")
        first, second = cursor.until(b"\0", NAME_LIMIT), cursor.until(b"\0", NAME_LIMIT * 16)
        command = cursor.until(b"\0", COMMAND_LIMIT)
        if self.BY_PASSWORD:
            self._request = password("rexec", readable(first), second, self.here())
        else:
            self._request = password("rhosts", readable(second), None, self.here())
        yield Content(side=Side.CLIENT, name="command", data=command)

    def _result(self, granted: bool | None, basis: str | None, answer: Span | None) -> Iterator[Event]:
        login, self._request = self._request, None
        if login is None:
            return
        spans = (*login.spans, answer) if answer else login.spans
        yield replace(login, accepted=granted, basis=basis, spans=spans)
        if not self.BY_PASSWORD:
            yield Access(resource="shell", action="command", granted=granted, control=True, spans=spans)

    def close(self) -> Iterator[Parsed]:
        """A request that was not answered."""
        if self._request is not None:
            yield from self._result(None, None, None)


class Rsh(Remote):
    """A command by trust in the host."""

    BY_PASSWORD = False


_RLOGIN = expression(rb"\0[^\0]{1,32}\0[^\0]{1,32}\0[\w.+-]{1,40}/\d{2,6}\0")
_REQUEST = expression(rb"\d{0,5}\0[^\0\r\n]{1,64}\0[^\0\r\n]{0,256}\0[^\0]")


def recognise_rlogin(opening: Opening) -> Match:
    """Two names and ``terminal/speed`` between NULs."""
    client = opening.client
    if client[:1] != b"\0" or opening.server[:1] not in (b"", b"\0"):
        return Match.NO
    if _RLOGIN.match(client):
        return Match.SURE
    # The first NUL often comes alone.
    return (
        Match.MORE
        if client.count(b"\0") < 4 and len(client) < NAME_LIMIT and client.translate(None, _PRINTABLE) == b""
        else Match.NO
    )


def _recognise_request(opening: Opening, port: int) -> Match:
    """rsh and rexec look alike, and other protocols begin with a digit too: only the port decides."""
    if opening.server_port != port or opening.server[:1] not in (b"", b"\0", b"\1"):
        return Match.NO
    if _REQUEST.match(opening.client):
        return Match.SURE
    head = opening.client.partition(b"\0")[0]
    return Match.MORE if len(opening.client) < NAME_LIMIT and (not head or head.isdigit()) else Match.NO


def recognise_rsh(opening: Opening) -> Match:
    """On 514."""
    return _recognise_request(opening, 514)


def recognise_rexec(opening: Opening) -> Match:
    """On 512."""
    return _recognise_request(opening, 512)


_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\0"

PROTOCOLS = (
    Protocol(
        name="rlogin",
        title="rlogin",
        secure_form="SSH",
        commands="a command line",
        parser=Rlogin,
        recognise=recognise_rlogin,
        ports=frozenset({513}),
    ),
    Protocol(
        name="rsh", title="rsh", commands="a command line", parser=Rsh, recognise=recognise_rsh, ports=frozenset({514})
    ),
    Protocol(name="rexec", title="rexec", parser=Remote, recognise=recognise_rexec, ports=frozenset({512})),
)
