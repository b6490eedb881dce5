"""SMB 1 (MS-CIFS, MS-SMB): logins of session setups with the server's status, files, host names.

``Login.secret`` of a response is as in ``ntlmssp`` (hashcat 5500 and 5600); a password that the client sent as it is
has the scheme ``plaintext``, that of a share ``share`` (its path is ``resource``). A server that answers in SMB 2 gets
``smb2``. The names of a NetBIOS session request are ``nbns.host`` attributes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from sensor.events import Access, Attribute, Login
from sensor.model import Secret, Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.protocols.smb import session
from sensor.protocols.smb.smb1_message import MAGIC, TEXT_LIMIT, Smb1Message, header, number, part, string

CLOSE, TRANSACTION, READ, WRITE, NEGOTIATE, SESSION_SETUP, TREE_CONNECT, CREATE = (
    0x04,
    0x25,
    0x2E,
    0x2F,
    0x72,
    0x73,
    0x75,
    0xA2,
)

EXTENDED_SECURITY = 0x80000000

NO_ANDX = 0xFF

CHAIN = 8
"""Commands in one message (MS-CIFS 2.2.3.4): each may be followed by a few others."""

DIALECTS = 64
"""Dialects of a negotiation; clients offer about ten."""

RESPONSE = 24
"""Bytes of an LM or NTLM response (MS-NLMP 3.3.1)."""

BLOB = b"\x01\x01\x00\x00"
"""The beginning of the client's part of an NTLMv2 response, behind a proof of 16 bytes (MS-NLMP 2.2.2.7)."""

TRANSACT_PIPE = 0x0026


class Smb(session.SessionStream):
    """A client and a file server."""

    MAGIC = MAGIC
    NEXT: ClassVar = {b"\xfeSMB": "smb2", b"\xfcSMB": "smb2", b"\xfdSMB": "smb3"}

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._dialects: list[str] = []
        self._challenge = b""

    def packet(self, side: Side, kind: int, body: bytes, *, whole: bool) -> Iterator[Parsed]:
        """One session service packet."""
        if kind == session.REQUEST:
            for name, end in zip(session.called_names(body), (Side.SERVER, Side.CLIENT), strict=False):
                if name and not name.startswith("*"):
                    yield Attribute(field="nbns.host", value=name, side=end)
        if kind != session.MESSAGE or not body:
            return
        command, message = header(side, body)
        try:
            yield from self._commands(command, message)
        except Malformed:
            # The end of a long message was not read, and errors come without their fields.
            if whole and not message.status:
                raise

    def _commands(self, command: int, message: Smb1Message) -> Iterator[Parsed]:
        """The message's command and those chained to it (AndX)."""
        begin = 32
        for _ in range(CHAIN):
            cursor = Cursor(message.body, begin)
            words = cursor.take(2 * cursor.u8())
            # Windows counts eight words too few in the long answer to NT_CREATE_ANDX: the count behind may be nonsense.
            size = cursor.u16("little") if cursor.remaining >= 2 else 0
            data = cursor.sub(min(size, cursor.remaining))
            yield from self._command(command, message, words, data)
            if command not in (SESSION_SETUP, TREE_CONNECT) or len(words) < 4 or words[0] == NO_ANDX:
                return
            command, offset = words[0], number(words, 2)
            if offset <= begin:
                return
            begin = offset

    def _command(self, command: int, message: Smb1Message, words: bytes, data: Cursor) -> Iterator[Parsed]:
        if command == NEGOTIATE:
            if message.answers:
                yield from self._chosen(message.side, words, data)
            else:
                offered = data.take(data.remaining).split(b"\x02")[1 : DIALECTS + 1]
                self._dialects = [name.rstrip(b"\0").decode("ascii", "backslashreplace") for name in offered]
        elif command == SESSION_SETUP:
            yield from (
                self._setup_answer(message, words, data) if message.answers else self._setup(message, words, data)
            )
        elif command == TREE_CONNECT and not message.answers:
            yield from self._tree(message, words, data)
        elif message.answers:
            if not message.status:
                yield from self._reply(command, message, words)
        else:
            yield from self._request(command, message, words, data)

    def _chosen(self, side: Side, words: bytes, data: Cursor) -> Iterator[Parsed]:
        """MS-CIFS 2.2.4.52.2: 17 words of NT LM 0.12, 13 of the LAN Manager dialects."""
        index = number(words, 0) if words else 0xFFFF
        if index < len(self._dialects):
            yield Attribute(field="smb.dialect", value=self._dialects[index][:TEXT_LIMIT], side=side)
        if len(words) == 34 and not number(words, 19, 4) & EXTENDED_SECURITY:
            self._challenge = data.take(words[33])
        elif len(words) == 26:
            self._challenge = data.take(number(words, 22))

    def _setup(self, message: Smb1Message, words: bytes, data: Cursor) -> Iterator[Parsed]:
        """MS-CIFS 2.2.4.53.1 (13 words, 10 of LAN Manager), MS-SMB 2.2.4.6.1 (12 words with a security blob)."""
        if len(words) == 24:
            blob = data.take(number(words, 14))
            yield from self.sessions.setup_request(message.number, message.session, blob, message.side)
            yield from self._native(message, data)
            return
        if len(words) not in (20, 26):
            return
        first = data.take(number(words, 14))
        second = data.take(number(words, 16)) if len(words) == 26 else b""
        user, domain = string(data, message.wide), string(data, message.wide)
        yield from self._native(message, data)
        yield from self.sessions.add_login(message.number, self._login(message, user, domain, first, second))

    def _login(self, message: Smb1Message, user: str, domain: str, lm: bytes, nt: bytes) -> Login | Access:
        """The login of the two password fields, whose form follows from their length and beginning."""
        here = self.here()
        if not user and len(lm) <= 1 and not nt:
            return Access(resource="smb", action="anonymous", granted=None, spans=(here,))
        name = f"{domain}\\{user}" if domain else user
        challenge = self._challenge.hex()
        if nt[16:20] == BLOB:
            scheme, secret = "ntlmv2", f"{user}::{domain}:{challenge}:{nt[:16].hex()}:{nt[16:].hex()}"
        elif RESPONSE in (len(lm), len(nt)):
            scheme, secret = (
                "ntlmv1" if len(nt) == RESPONSE else "lm",
                f"{user}::{domain}:{lm.hex()}:{nt.hex()}:{challenge}",
            )
        else:
            plain = nt.decode("utf-16-le", "backslashreplace").encode() if nt else lm
            return Login(
                mechanism="password",
                username=name,
                secret=Secret(plain.rstrip(b"\0")),
                scheme="plaintext",
                spans=(here,),
            )
        return Login(
            mechanism="password", username=name, secret=Secret(secret), scheme=scheme, clear=False, spans=(here,)
        )

    def _native(self, message: Smb1Message, data: Cursor) -> Iterator[Parsed]:
        """The operating system and LAN manager that an end names."""
        for field in ("smb.native_os", "smb.native_lm"):
            value = string(data, message.wide)
            if value:
                yield Attribute(field=field, value=value, side=message.side)

    def _setup_answer(self, message: Smb1Message, words: bytes, data: Cursor) -> Iterator[Parsed]:
        """MS-CIFS 2.2.4.53.2, MS-SMB 2.2.4.6.2."""
        guest = len(words) >= 6 and bool(number(words, 4) & 1)
        more = message.status == session.MORE_PROCESSING
        if len(words) == 8:
            blob = data.take(number(words, 6))
            yield from self.sessions.setup_challenge(message.number, message.session, blob, message.side)
        if len(words) in (6, 8):
            yield from self._native(message, data)
        if not more:
            accepted, basis = message.verdict(guest)
            yield from self.sessions.setup_reply(message.number, accepted, basis, self.here())

    def _tree(self, message: Smb1Message, words: bytes, data: Cursor) -> Iterator[Parsed]:
        """MS-CIFS 2.2.4.55.1: a share with a password of its own. One zero byte stands for none."""
        password = data.take(number(words, 6))
        path = string(data, message.wide)
        if not password.strip(b"\0"):
            return
        clear = len(password) != RESPONSE
        secret = Secret(password.rstrip(b"\0")) if clear else Secret(f"{password.hex()}:{self._challenge.hex()}")
        yield Login(mechanism="password", username=None, secret=secret, scheme="share", clear=clear, resource=path)

    def _request(self, command: int, message: Smb1Message, words: bytes, data: Cursor) -> Iterator[Parsed]:
        """Requests that open, read, write, call or close a file (MS-CIFS 2.2.4)."""
        if command == CREATE:
            self.files.open_request(message.number, string(data, message.wide))
        elif command == READ:
            self.files.read_request(message.number, words[4:6], number(words, 6, 4))
        elif command == WRITE:
            size = number(words, 20) | number(words, 18) << 16
            content = part(message, number(words, 22), size)
            yield from self.files.data(words[4:6], message.side, number(words, 6, 4), content, size)
        elif command == CLOSE:
            yield from self.files.close(words[0:2])
        elif command == TRANSACTION and len(words) >= 32 and number(words, 28) == TRANSACT_PIPE:
            handle, size = words[30:32], number(words, 22)
            self.files.read_request(message.number, handle, 0)
            content = part(message, number(words, 24), size)
            yield from self.files.data(handle, message.side, 0, content, size)

    def _reply(self, command: int, message: Smb1Message, words: bytes) -> Iterator[Parsed]:
        """Answers that give a handle or bring data."""
        if command == CREATE:
            yield from self.files.open_reply(message.number, words[5:7])
        elif command == READ:
            size = number(words, 10) | number(words, 14) << 16
            content = part(message, number(words, 12), size)
            yield from self.files.read_reply(message.number, message.side, content, size)
        elif command == TRANSACTION and len(words) >= 20:
            size = number(words, 12)
            yield from self.files.read_reply(message.number, message.side, part(message, number(words, 14), size), size)


def _recognise(opening: Opening) -> Match:
    """A message's magic behind its length, or a session request with two names; the server may answer in SMB 2."""
    client = opening.client
    if client[:1] == bytes((session.REQUEST,)):
        if len(client) < 6:
            return Match.MORE
        return (
            Match.SURE if client[1:4] == b"\0\0\x44" and client[4] == 0x20 and 0x41 <= client[5] <= 0x50 else Match.NO
        )
    return session.fits(opening, (MAGIC, b"\xfeSMB"))


PROTOCOL = Protocol(name="smb", title="SMB", parser=Smb, recognise=_recognise, ports=frozenset({139, 445}))
