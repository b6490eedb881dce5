"""Dahua's DHIP and its older binary form (5000, 37777): logins of cameras with their answers.

Header, message numbers and result codes are those that the client DahuaConsole (mcw0, 2020) describes; the login
without a hash is the one of CVE-2013-6117. ``Login.secret``:

=====================  ==========================================================================================
``dahua-plain``        the password itself, as for ``dahua-3des``, whose key is the same in every device
``dahua-md5``          ``realm:random:hash``; hash = MD5(user ``:`` random ``:`` MD5(user ``:`` realm ``:`` password)),
                       both in capital hex
``sofia-md5``          eight characters made of the password's MD5 (hashcat mode 24900, John the Ripper's "dahua")
=====================  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sensor.events import Login, Skip
from sensor.lazy_pattern import expression
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats import json
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin
from sensor.parsing.sasl import readable

HEADER = 32
DHIP = b"\x20\0\0\0DHIP"
LOGIN, LOGIN_ANSWER, USERS_ANSWER, JSON = 0xA0, 0xB0, 0xB6, 0xF6
"""First byte of the binary form; JSON of the newer form travels in the last."""

COMMANDS = frozenset(range(0xA0, 0xC0)) | {0x58, 0x60, 0x68, JSON}
MARK = b"\xa1\xaa"
"""The last two bytes of the header of a login."""

BODY_LIMIT = json.SIZE_LIMIT
LENGTH_LIMIT = 16 * 1024 * 1024
"""Bytes that a body may announce: a whole key frame has less than one million."""

ACCEPTED = b"\0\x08"
REFUSED = {b"\1\0": "password wrong", b"\1\1": "user unknown", b"\1\4": "user locked"}
"""Result codes of the binary login; a second session (03 03) says nothing of the password."""

REFUSED_CODES = frozenset({268632085, 268632081})
"""Of DHIP's JSON: user or password not valid, user locked."""

REFUSED_MESSAGES = frozenset({"UserNotValidt", "PasswordNotValid", "InBlackList"})

_KEY = b"poiuytrewq".ljust(16, b"\0") + b"poiuytre"
_HASH, _SHORT = expression(r"[0-9A-F]{32}"), expression(r"[0-9A-Za-z]{8}")
_CHALLENGE = expression(rb"Realm:([^\r\n]{1,128})\r\nRandom:([^\r\n]{1,64})")
_TWO_HASHES = expression(rb"([^\0&]{1,64})&&([0-9A-F]{32})([0-9A-F]{32})?\0*")
_USER = expression(rb"(?:^|&&)\d{1,4}:([^:&]{1,32}):([0-9A-Za-z]{8}):")
_IDENTITY = {"SerialNo": "serial", "DeviceType": "type", "deviceType": "type", "Version": "firmware", "sn": "serial"}


class Dahua(StreamParser):
    """Messages of 32 bytes and a body, in both forms; a device's list of users shows their hashes (``served``)."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending = PendingLogin()
        self._realm, self._random = "", ""
        self._challenged = False

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One header and its body; JSON in either form is the same."""
        head = cursor.take(HEADER)
        if not _is_header(head):
            raise Malformed("no header of DHIP")
        dhip = head.startswith(DHIP)
        length = int.from_bytes(head[16:20] if dhip else head[4:8], "little")
        data = cursor.take(min(length, BODY_LIMIT))
        if length > len(data):
            yield Skip(side, length - len(data))
        elif dhip or head[0] == JSON:
            yield from self._json(side, json.mapping(data.rstrip(b"\0\r\n ")))
        elif side is Side.CLIENT and head[0] == LOGIN:
            yield from self._binary_login(head, data)
        elif side is Side.SERVER and head[0] == LOGIN_ANSWER:
            yield from self._binary_answer(head, data)
        elif side is Side.SERVER and head[0] == USERS_ANSWER:
            yield from _users(data)

    def _await(
        self, user: str, secret: str | bytes, scheme: str, *, clear: bool, key: object = None
    ) -> Iterator[Parsed]:
        login = Login(
            mechanism="password",
            username=user,
            secret=Secret(secret),
            scheme=scheme,
            clear=clear,
            spans=(self.here(),),
        )
        if self._challenged:
            yield from self._pending.unanswered()  # the device asked for this one in place of an answer
        self._challenged = False
        yield from self._pending.add(login, key)

    def _binary_login(self, head: bytes, data: bytes) -> Iterator[Parsed]:
        """Name and password in the header (eight bytes each), or ``user&&hash`` and an older hash in the body."""
        hashes = _TWO_HASHES.fullmatch(data)
        if hashes is not None:
            yield from self._await(readable(hashes[1]), self._proof(hashes[2].decode()), "dahua-md5", clear=False)
        elif any(head[8:24]):
            for scheme, pair in (("dahua-plain", head[8:24]), ("dahua-3des", _decrypted(head[8:24]))):
                user, secret = pair[:8].rstrip(b"\0"), pair[8:].rstrip(b"\0")
                if user and all(0x20 <= byte < 0x7F for byte in user + secret):
                    yield from self._await(readable(user), secret, scheme, clear=True)
                    return

    def _binary_answer(self, head: bytes, data: bytes) -> Iterator[Parsed]:
        challenge = _CHALLENGE.match(data)
        if challenge is not None:
            self._challenged = True
            self._realm, self._random = readable(challenge[1]), readable(challenge[2])
            return
        code = head[8:10]
        accepted = True if code == ACCEPTED else False if code in REFUSED else None
        basis = None if accepted is None else f"code {code.hex()} after the login"
        yield from self._pending.answer(accepted, basis, self.here())

    def _json(self, side: Side, document: dict[str, Any]) -> Iterator[Parsed]:
        given = document.get("params")
        given = given if isinstance(given, dict) else {}
        if side is Side.SERVER:
            yield from self._json_answer(document, given)
        elif document.get("method") == "global.login":
            user, secret = given.get("userName"), given.get("password")
            if not isinstance(user, str) or not isinstance(secret, str) or not secret:
                return  # an empty password asks for realm and random
            key = document.get("id")
            if _HASH.fullmatch(secret):
                yield from self._await(user, self._proof(secret), "dahua-md5", clear=False, key=key)
            elif given.get("authorityType") == "OldDigest" and _SHORT.fullmatch(secret):
                yield from self._await(user, secret, "sofia-md5", clear=False, key=key)
            else:
                yield from self._await(user, secret, "dahua-plain", clear=True, key=key)

    def _json_answer(self, document: dict[str, Any], given: dict[str, Any]) -> Iterator[Parsed]:
        realm, random = given.get("realm"), given.get("random")
        if isinstance(realm, str) and isinstance(random, str):
            self._challenged = True
            self._realm, self._random = realm[:128], random[:64]
            return
        info = given.get("deviceInfo")
        for key, value in {**given, **(info if isinstance(info, dict) else {})}.items():
            if key in _IDENTITY and isinstance(value, str) and value:
                yield from attribute_events(f"dahua.{_IDENTITY[key]}", value, Side.SERVER)
        if not self._pending or "result" not in document:
            return
        error = document.get("error")
        error = error if isinstance(error, dict) else {}
        code, message, key = error.get("code"), error.get("message"), document.get("id")
        if document["result"] is True:
            yield from self._pending.answer(True, "result true after global.login", self.here(), key=key)
        elif code in REFUSED_CODES or message in REFUSED_MESSAGES:
            yield from self._pending.answer(False, f"error {code} after global.login", self.here(), key=key)
        else:
            yield from self._pending.answer(None, None, self.here(), key=key)

    def _proof(self, digest: str) -> str:
        return f"{self._realm}:{self._random}:{digest}"

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Headers cannot be found again: a login that waits gets no answer."""
        yield from self._pending.unanswered()
        yield from super().gap(side, length)

    def close(self) -> Iterator[Parsed]:
        """A login without an answer."""
        return self._pending.unanswered()


def _decrypted(pair: bytes) -> bytes:
    """Two blocks of 3DES with two keys; the cipher counts as weak, which is why it is read here."""
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES  # takes 15 ms: few networks have these
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    decryptor = Cipher(TripleDES(_KEY), modes.ECB()).decryptor()  # noqa: S305 - what the devices use
    return decryptor.update(pair) + decryptor.finalize()


def _users(data: bytes) -> Iterator[Parsed]:
    """Names and hashes in the list of users, ``number:name:hash:…&&`` (CVE-2013-6117)."""
    for found in _USER.finditer(data):
        yield Login(
            mechanism="password",
            username=readable(found[1]),
            secret=Secret(found[2]),
            scheme="sofia-md5",
            clear=False,
            served=True,
        )


def _is_header(head: bytes) -> bool:
    if head.startswith(DHIP):
        return int.from_bytes(head[16:20], "little") <= LENGTH_LIMIT
    return head[0] in COMMANDS and int.from_bytes(head[4:8], "little") <= LENGTH_LIMIT


def recognise(opening: Opening) -> Match:
    """DHIP's magic, or the header of a binary login; its answer where the capture lacks the login."""
    client, server = opening.client[:HEADER], opening.server[:HEADER]
    first = client or server
    if first.startswith(DHIP):
        return Match.SURE
    if DHIP.startswith(first):
        return Match.MORE
    if client[:1] == b"\xa0":
        if len(client) < HEADER:
            return Match.MORE
        return Match.SURE if client.endswith(MARK) else Match.WEAK if opening.server_port in _PORTS else Match.NO
    if opening.server_port in _PORTS and len(client) >= HEADER and _is_header(client) and not any(client[1:4]):
        return Match.WEAK
    if not client and server[:1] == b"\xb0" and len(opening.server) >= HEADER:
        return Match.WEAK if _is_header(server) and not any(server[10:16]) else Match.NO
    return Match.NO


_PORTS = frozenset({37777, 5000})
PROTOCOL = Protocol(
    name="dahua",
    title="DHIP (Dahua)",
    commands="the camera",
    parser=Dahua,
    recognise=recognise,
    ports=_PORTS,
)
