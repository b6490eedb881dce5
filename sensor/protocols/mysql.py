"""MySQL and MariaDB: logins, also of COM_CHANGE_USER, with the server's answer, and the change to TLS.

MySQL internals, "Connection phase" (protocol 10, and 9 with old passwords) and "COM_CHANGE_USER", MariaDB's
"Connecting". What crosses between logins is passed over.
``Login.secret``:

==========================  ==========================================================================
``mysql_native_password``   ``$mysqlna$`` salt ``*`` response, hex (hashcat mode 11200)
``mysql_old_password``      ``$mysqlold$`` salt ``*`` response, hex
``caching_sha2_password``   ``$mysqlsha2$`` salt ``*`` response, hex (SHA-256 scramble of MySQL 8)
``client_ed25519``          ``$mariadb$`` salt ``*`` signature, hex
``mysql_clear_password``    the password itself (``clear`` True), as for ``dialog`` (PAM)
==========================  ==========================================================================

An empty response is the empty password. ``sha256_password`` crosses encrypted with the server's public
key and is not reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Enough, Login, Skip, Span, Upgrade
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin

CONNECT_WITH_DB, COMPRESS, PROTOCOL_41, SSL, SECURE_CONNECTION, PLUGIN_AUTH, LENGTH_ENCODED = (
    0x8,
    0x20,
    0x200,
    0x800,
    0x8000,
    0x80000,
    0x200000,
)
"""Capability flags of the client."""

CHANGE_USER = 0x11

PREFIXES = {
    "mysql_native_password": ("$mysqlna$", 20),
    "mysql_old_password": ("$mysqlold$", 8),
    "caching_sha2_password": ("$mysqlsha2$", 32),
    "client_ed25519": ("$mariadb$", 64),
}
"""Prefix of the secret by plugin, and the response's length on the wire."""

CLEAR = frozenset({"mysql_clear_password", "dialog"})
"""Plugins whose response is the password, ended by a NUL."""

REFUSALS = {1045: "ER_ACCESS_DENIED_ERROR", 1698: "ER_ACCESS_DENIED_NO_PASSWORD_ERROR"}
"""Errors that concern the credentials; an unknown database (1049) or a full server (1040) does not."""

VERSION_LIMIT = 128
"""Bytes of a server's version; real ones stay under 64."""


class Mysql(StreamParser):
    """A connection: its login, then changes of the user among its commands."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._salt = b""
        self._plugin = ""
        self._username: str | None = None
        self._pending = PendingLogin()
        self._flags = 0
        self._after = "handshake response"
        self._responded = False
        self._switched = False
        self._settled = False

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One packet: three bytes of length (little endian), a sequence number, the payload."""
        length = cursor.u24("little")
        number = cursor.u8()
        if self._settled:
            yield from self._command(side, number, length, cursor)
            return
        if length > self.LIMIT - 4:
            raise Malformed("a packet of the connection phase is never that long")
        fields = cursor.sub(length)
        if side is Side.CLIENT:
            yield from self._handshake_response(fields) if not self._responded else self._plugin_response(fields)
        elif not self._responded:
            yield from self._greeting(fields)
        else:
            yield from self._answer(fields)

    def _command(self, side: Side, number: int, length: int, cursor: Cursor) -> Iterator[Parsed]:
        """A packet after a login was accepted; a command has the number 0."""
        command = cursor.u8() if side is Side.CLIENT and number == 0 and 0 < length <= self.LIMIT - 4 else None
        if command == CHANGE_USER:
            self._change_user(cursor.sub(length - 1))
        else:
            yield Skip(side, length if command is None else length - 1)

    def _change_user(self, fields: Cursor) -> None:
        """Name, response, database, character set and the plugin that made the response."""
        name = fields.until(b"\0", self.LIMIT)
        response = fields.take(fields.u8()) if self._flags & SECURE_CONNECTION else fields.until(b"\0", self.LIMIT)
        if fields.remaining:
            fields.until(b"\0", self.LIMIT)
        if self._flags & PLUGIN_AUTH and fields.remaining > 2:
            fields.skip(2)
            self._plugin = fields.rest().split(b"\0")[0].decode("ascii", "backslashreplace")
        self._username = name.decode("utf-8", "backslashreplace")
        self._pending.login = self._attempt(response, self.here())
        self._after, self._settled = "COM_CHANGE_USER", False

    def _greeting(self, fields: Cursor) -> Iterator[Parsed]:
        version = fields.u8()
        if version not in (9, 10):
            # An error instead of a greeting (host blocked, server full), or no MySQL at all.
            self.stop()
            yield Enough()
            return
        yield from attribute_events("mysql.version", fields.until(b"\0", VERSION_LIMIT), Side.SERVER)
        fields.skip(4)
        if version == 9:
            self._salt, self._plugin = fields.until(b"\0", 32), "mysql_old_password"
            return
        self._salt, self._plugin = fields.take(8), "mysql_native_password"
        fields.skip(1)
        if fields.remaining < 18:
            self._plugin = "mysql_old_password"
            return
        fields.skip(5)
        upper = fields.u16("little")
        size = max(13, fields.u8() - 8)
        fields.skip(10)
        if fields.remaining:
            self._salt += fields.take(min(size, fields.remaining))[:12].rstrip(b"\0")
        if upper << 16 & PLUGIN_AUTH and fields.remaining:
            self._plugin = fields.rest().rstrip(b"\0").decode("ascii", "backslashreplace")

    def _handshake_response(self, fields: Cursor) -> Iterator[Parsed]:
        self._responded = True
        flags = fields.u16("little")
        if not flags & PROTOCOL_41:
            # Protocol 3.20: two bytes of flags, three of packet size, name, scramble.
            fields.skip(3)
            if flags & SSL and not fields.remaining:
                yield from self._tls()
                return
            name = fields.until(b"\0", self.LIMIT)
            response = fields.rest().split(b"\0")[0] if fields.remaining else b""
            self._plugin = "mysql_old_password"
        else:
            flags |= fields.u16("little") << 16
            self._flags = flags
            fields.skip(28)
            if flags & SSL and not fields.remaining:
                yield from self._tls()
                return
            name = fields.until(b"\0", self.LIMIT)
            if flags & LENGTH_ENCODED:
                response = fields.take(_length_encoded(fields))
            elif flags & SECURE_CONNECTION:
                response = fields.take(fields.u8())
            else:
                response = fields.until(b"\0", self.LIMIT)
            if flags & CONNECT_WITH_DB and fields.remaining:
                fields.until(b"\0", self.LIMIT)
            if flags & PLUGIN_AUTH and fields.remaining:
                self._plugin = fields.rest().split(b"\0")[0].decode("ascii", "backslashreplace")
        self._username = name.decode("utf-8", "backslashreplace")
        self._pending.login = self._attempt(response, self.here())

    def _tls(self) -> Iterator[Parsed]:
        """The client's next message is a ClientHello; the server does not answer the request."""
        self.stop()
        yield Upgrade("tls")

    def _attempt(self, response: bytes, span: Span) -> Login | None:
        """The login in a plugin's response; None where the response reveals nothing."""
        login = Login(
            mechanism="password", username=self._username, secret=None, scheme=self._plugin[:64], spans=(span,)
        )
        if self._plugin in CLEAR:
            return replace(login, secret=Secret(response.removesuffix(b"\0")))
        if not response.rstrip(b"\0"):
            return replace(login, secret=Secret(b""))
        if self._plugin == "mysql_old_password":
            response = response[:8]
        prefix, size = PREFIXES.get(self._plugin, ("", 0))
        if not prefix and len(response) == 20:
            prefix, size = PREFIXES["mysql_native_password"]
        if len(response) != size:
            return None
        return replace(login, secret=Secret(f"{prefix}{self._salt.hex()}*{response.hex()}"), clear=False)

    def _plugin_response(self, fields: Cursor) -> Iterator[Parsed]:
        """The client's answer to a change of plugin; later packets (key request, encrypted password) are skipped."""
        if self._switched:
            self._switched = False
            here = self.here()
            login = self._attempt(fields.rest(), here)
            if login is not None:
                before = self._pending.login.spans if self._pending.login is not None else ()
                self._pending.login = replace(login, spans=(*before, here))
        return iter(())

    def _answer(self, fields: Cursor) -> Iterator[Parsed]:
        """OK, an error, or a change of plugin; anything else is data for the plugin."""
        kind = fields.u8()
        if kind == 0xFE:
            self._switched = True
            if not fields.remaining:
                self._plugin = "mysql_old_password"
                self._salt = self._salt[:8]
            else:
                self._plugin = fields.until(b"\0", 256).decode("ascii", "backslashreplace")
                self._salt = fields.rest().rstrip(b"\0")
        elif kind == 0x00:
            yield from self._finish(True, f"OK after {self._after}")
        elif kind == 0xFF:
            code = fields.u16("little")
            basis = f"ERR {code} {REFUSALS.get(code, '')}".rstrip()
            yield from self._finish(False if code in REFUSALS else None, basis)

    def _finish(self, accepted: bool | None, basis: str | None) -> Iterator[Parsed]:
        yield from self._pending.answer(accepted, basis, self.here())
        if accepted and self._flags & PROTOCOL_41 and not self._flags & COMPRESS:
            self._settled = True
        else:
            self.stop()
            yield Enough()

    def close(self) -> Iterator[Parsed]:
        """Report a login without an answer."""
        yield from self._pending.unanswered()


def _length_encoded(fields: Cursor) -> int:
    """A length-encoded integer."""
    first = fields.u8()
    if first < 0xFB:
        return first
    if first == 0xFC:
        return fields.u16("little")
    if first == 0xFD:
        return fields.u24("little")
    if first == 0xFE:
        return fields.u64("little")
    raise Malformed("not a length")


def recognise(opening: Opening) -> Match:
    """A server's greeting (sequence number 0, protocol 10 or 9, a version) or a client's answer to it."""
    data = opening.server
    if data:
        if len(data) < 7:
            fits = (
                (data[2:3] or b"\0") == b"\0"
                and (data[3:4] or b"\0") == b"\0"
                and (data[4:5] or b"\n") in (b"\n", b"\t")
            )
            return Match.MORE if fits else Match.NO
        if data[1] > 2 or data[2:4] != b"\0\0" or data[4] not in (9, 10) or not 0x30 <= data[5] <= 0x39:
            return Match.NO
        end = data.find(b"\0", 5, 5 + VERSION_LIMIT)
        if end < 0:
            return Match.MORE if len(data) < 5 + VERSION_LIMIT else Match.NO
        if not data[5:end].isascii() or b"." not in data[5:end]:
            return Match.NO
        return Match.SURE if data[4] == 10 and len(data) - end > 12 else Match.WEAK
    data = opening.client
    # Sequence number 1, protocol 4.1, and at least 19 reserved zeros: the greeting was before the capture.
    if (
        len(data) >= 36
        and data[2:4] == b"\0\1"
        and data[5] & 2
        and not any(data[13:32])
        and int.from_bytes(data[:3], "little") + 4 == len(data)
    ):
        return Match.WEAK
    return Match.NO


PROTOCOL = Protocol(
    name="mysql", title="MySQL", commands="its database", parser=Mysql, recognise=recognise, ports=frozenset({3306})
)
