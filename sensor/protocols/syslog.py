"""Syslog (RFC 3164, 5424) over UDP and TCP (RFC 6587): messages, host names, logins in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

from sensor.events import Attribute, Login, Transfer
from sensor.lazy_pattern import expression
from sensor.model import Side, Transport
from sensor.parsing.attributes import attribute_events
from sensor.parsing.credentials import field_names as fields
from sensor.parsing.credentials import field_sets
from sensor.parsing.credentials.doubtful import is_placeholder
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.http_headers import decode_latin, unquote
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol, StreamParser

PORTS = frozenset({514, 601})
MESSAGE_LIMIT = 64 * 1024
"""Bytes of one message: RFC 5425 asks for 8 KiB at least, a datagram holds 64."""
REPORTED_LIMIT = 64
"""Names of one flow that are reported: a relay forwards for a few hosts."""
HIGHEST_PRIORITY = 191

PRIORITY = expression(rb"(?:\d{1,5} )?<(\d{1,3})>")
MODERN = expression(rb"<\d{1,3}>1 (?:-|\d{4}-\d\d-\d\dT\S{1,40}) (\S{1,255}) (\S{1,48}) ")
"""RFC 5424 6: version 1, time, host, program."""
CLASSIC = expression(
    rb"<\d{1,3}>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ([A-Za-z0-9_.:-]{1,255}) ([A-Za-z0-9_./-]{1,32})(?:\[\d{1,10}\])?:"
)
"""RFC 3164 4.1: time, host, program."""
GIVEN = expression(
    rb"(?:^|[\s,;&?({\[])([A-Za-z][\w.-]{1,47})=(\"[^\"]{1,128}\"|'[^']{1,128}'|[^\s,;&\"'(){}\[\]]{1,128})"
)
"""``name=value``, alone, quoted, or in the query of a URL."""
GIVEN_LIMIT = 64
"""Pairs of one line that are looked at."""
PATH = expression(r"/[\w.+-]*(?:/[\w.+-]*)*|[A-Za-z]:\\.*")
"""A directory: what shells and sudo call PWD."""
LEAST = 4
"""Characters of a password that is believed: shorter values are counts and states."""
NAMING = frozenset({fields.Kind.USER, fields.Kind.NETWORK})


def _priority(data: bytes) -> bool:
    found = PRIORITY.match(data)
    return found is not None and int(found[1]) <= HIGHEST_PRIORITY


def recognise(opening: Opening) -> Match:
    """A priority in angle brackets, sure with the header of RFC 5424 or 3164.

    On syslog's port printable text is enough (RFC 3164 4.3.3).
    """
    data = opening.client or opening.server
    if not data:
        return Match.MORE
    home = PORTS & {opening.client_port, opening.server_port}
    if _priority(data):
        body = data[data.find(b"<") :][:512]
        return Match.SURE if home or MODERN.match(body) or CLASSIC.match(body) else Match.WEAK
    if opening.transport is Transport.TCP and len(data) < 12 and re.fullmatch(rb"\d{0,5} ?(?:<\d{0,3})?", data):
        return Match.MORE
    printable = opening.transport is Transport.UDP and all(c >= 32 or c in b"\t\r\n" for c in data[:64])
    return Match.WEAK if home and printable else Match.NO


class _MessageReader:
    """Messages of one flow; reports each name once, since each message repeats them."""

    def __init__(self) -> None:
        self._reported: set[Attribute] = set()

    def read(self, side: Side, message: bytes) -> Iterator[Parsed]:
        found = MODERN.match(message) or CLASSIC.match(message)
        for field, value in zip(("syslog.host", "syslog.program"), found.groups(), strict=True) if found else ():
            for attribute in attribute_events(field, value if value != b"-" else b"", side):
                if attribute not in self._reported and len(self._reported) < REPORTED_LIMIT:
                    self._reported.add(attribute)
                    yield attribute
        yield from _logins(side, message)
        yield Transfer(side=side, application="syslog", media_type="text/plain", size=len(message), data=message)


def _logins(side: Side, message: bytes) -> Iterator[Login]:
    """Logins of a line that gives both a user (or a network) and a password as ``name=value``; nothing less counts."""
    pairs: dict[fields.Kind, list[tuple[str, str]]] = {}
    for given in islice(GIVEN.finditer(message), GIVEN_LIMIT):
        name, value = given[1].decode(), _bare(given[2])
        kind = fields.kind_of(name)
        if message[given.start() : given.start() + 1] in (b"?", b"&"):
            value = unquote(value, plus=True)
        if (
            kind is not None
            and not is_placeholder(value)
            and (kind in NAMING or (len(value) >= LEAST and not PATH.fullmatch(value)))
        ):
            pairs.setdefault(kind, []).append((name, value))
    if not pairs.keys() & NAMING:
        return
    for found in field_sets.credentials(chain.from_iterable(pairs.values()), "syslog", tokens=False):
        if found.username is not None:
            yield found.login(verifier=side)


def _bare(value: bytes) -> str:
    return decode_latin(value[1:-1] if value[:1] in (b'"', b"'") else value)


class Syslog(DatagramParser):
    """One datagram, one message."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._reader = _MessageReader()

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        message = cursor.rest().rstrip(b"\0\r\n")
        if message:
            yield from self._reader.read(side, message)


class SyslogStream(StreamParser):
    """RFC 6587 over TCP: messages with their length before them (3.4.1) or ended by a line feed (3.4.2)."""

    RESUME_AT_LINE = True

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._reader = _MessageReader()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        if cursor.peek(1).isdigit():
            length = int(cursor.until(b" ", 5)) if _counted(cursor) else 0
            if not 0 < length <= MESSAGE_LIMIT:
                raise Malformed("a length that no message has")
            message = cursor.take(length).rstrip(b"\0\r\n")
        else:
            message = cursor.line(MESSAGE_LIMIT).rstrip(b"\0")
        if message:
            yield from self._reader.read(side, message)


def _counted(cursor: Cursor) -> bool:
    return all(c in b"0123456789" for c in cursor.peek(6).partition(b" ")[0])


PROTOCOLS = (
    Protocol(
        name="syslog",
        title="syslog",
        secure_form="syslog with TLS (port 6514)",
        telemetry=True,
        publishes=True,
        parser=Syslog,
        transports=frozenset({Transport.UDP}),
        recognise=recognise,
        opens=rb"(?:\d{1,5} )?<\d",
        ports=PORTS,
    ),
    Protocol(
        name="syslog", parser=SyslogStream, transports=frozenset({Transport.TCP}), recognise=recognise, ports=PORTS
    ),
)
