"""DVRIP (Sofia, XMeye; TCP 34567): logins of recorders and cameras with their answers, JSON, media.

The header and the message numbers are those of Xiongmai's "Digital Video Recorder Interface Protocol", as the MIT
licensed clients python-dvr and dvrip describe them.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sensor.events import Login, Skip, Transfer
from sensor.lazy_pattern import expression
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats import json
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser

HEADER = 20
"""Bytes before a body: FF, version, two of zero, session, sequence, channel, end, message number, length."""

BODY_LIMIT = json.SIZE_LIMIT
"""Bytes of a body that are read; longer ones are recordings and firmware."""

LENGTH_LIMIT = 16 * 1024 * 1024
"""Bytes that a body may announce: a whole key frame has less than one million."""

LOGINS_LIMIT = 8
"""Logins that may await their answers."""

LOGIN, LOGIN_ANSWERS = frozenset({999, 1000}), frozenset({1000, 1001})
ACCEPTED = 100
REFUSED = frozenset({106, 203, 205, 206, 207})
"""Name or password wrong, password wrong, user unknown, user locked, user barred; other answers say nothing of it."""

BLANK = "tlJwpbo6"
"""The hash of the empty password: the factory setting of many recorders."""

_HASH = expression(r"[0-9A-Za-z]{8}")
_IDENTITY = {
    "SerialNo": "serial", "SoftWareVersion": "firmware", "HardWare": "hardware", "DeviceType": "type",
    "DeviceType ": "type",
}  # fmt: skip
_SECRET = expression(rb"pass\s?word|passwd|\"pwd\"|\"keys?\"", re.IGNORECASE)


class Dvrip(StreamParser):
    """Requests and answers with JSON bodies, media between them.

    ``Login``: scheme ``sofia-md5`` (eight characters made of the password's MD5, hashcat mode 24900, John the Ripper's
    "dahua"; the hash of the empty password is given as the empty password itself, readable) or ``plain``. A message
    with a password in it is no `Transfer`.
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._logins: deque[Login] = deque()
        self._media = [False, False]

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One header and its body."""
        head = cursor.take(HEADER)
        if not _is_header(head):
            raise Malformed("no header of DVRIP")
        number, length = int.from_bytes(head[14:16], "little"), int.from_bytes(head[16:20], "little")
        data = cursor.take(min(length, BODY_LIMIT))
        if length > len(data):
            yield Skip(side, length - len(data))
        document = json.mapping(data.rstrip(b"\0\r\n ")) if length == len(data) else {}
        if side is Side.CLIENT and number in LOGIN and document:
            yield from self._login(document)
            return
        if side is Side.SERVER and number in LOGIN_ANSWERS and "Ret" in document:
            yield from self._answer(document["Ret"])
        if side is Side.SERVER:
            yield from _attributes(document)
        if document and not _SECRET.search(data):
            name = document.get("Name")
            yield Transfer(
                side=side,
                application="dvrip",
                name=name[:64] if isinstance(name, str) and name else None,
                media_type="application/json",
                size=length,
                data=data,
            )
        elif length and not document and not self._media[side] and not data.lstrip().startswith(b"{"):
            self._media[side] = True
            yield Transfer(side=side, application="dvrip", size=length, data=data, complete=length == len(data))

    def _login(self, document: dict[str, Any]) -> Iterator[Parsed]:
        user, secret = document.get("UserName"), document.get("PassWord")
        if not isinstance(user, str) or not isinstance(secret, str):
            return
        hashed = document.get("EncryptType", "MD5") == "MD5" and _HASH.fullmatch(secret) is not None
        blank = hashed and secret == BLANK
        if len(self._logins) >= LOGINS_LIMIT:
            yield self._logins.popleft()
        self._logins.append(
            Login(
                mechanism="password",
                username=user,
                secret=Secret("" if blank else secret),
                scheme="sofia-md5" if hashed else "plain",
                clear=blank or not hashed,
                spans=(self.here(),),
            )
        )

    def _answer(self, code: object) -> Iterator[Parsed]:
        if not self._logins:
            return
        login = self._logins.popleft()
        accepted = True if code == ACCEPTED else False if code in REFUSED else None
        basis = None if accepted is None else f"Ret {code} after the login"
        yield replace(login, accepted=accepted, basis=basis, spans=(*login.spans, self.here()))

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Headers cannot be found again: logins that wait get no answer."""
        yield from self.close()
        yield from super().gap(side, length)

    def close(self) -> Iterator[Parsed]:
        """Logins without an answer."""
        yield from self._logins
        self._logins.clear()


def _attributes(document: dict[str, Any]) -> Iterator[Parsed]:
    """What a recorder says of itself in the answer to a login and to SystemInfo."""
    inside = document.get("SystemInfo")
    for key, value in {**document, **(inside if isinstance(inside, dict) else {})}.items():
        if key in _IDENTITY and isinstance(value, str) and value:
            yield from attribute_events(f"dvrip.{_IDENTITY[key]}", value, Side.SERVER)


def _is_header(head: bytes) -> bool:
    """FF, a version of 0 or 1, two zeros; a message number from 999 to 3999 and a length that is no accident."""
    number, length = int.from_bytes(head[14:16], "little"), int.from_bytes(head[16:20], "little")
    return head[0] == 0xFF and head[1] < 2 and head[2:4] == b"\0\0" and 999 <= number < 4000 and length <= LENGTH_LIMIT


def recognise(opening: Opening) -> Match:
    """The header, and the beginning of a JSON object behind it."""
    weak = False
    for data in (opening.client, opening.server):
        if len(data) > HEADER:
            if not _is_header(data):
                return Match.NO
            if data[HEADER : HEADER + 1] == b"{":
                return Match.SURE
            weak = True
        elif data and not b"\xff\0\0\0".startswith(data[:4]) and not b"\xff\1\0\0".startswith(data[:4]):
            return Match.NO
    return Match.WEAK if weak else Match.MORE


PROTOCOL = Protocol(
    name="dvrip",
    title="DVRIP (XMeye)",
    commands="the recorder",
    parser=Dvrip,
    recognise=recognise,
    ports=frozenset({34567}),
)
