"""TP-Link Smart Home (Kasa, port 9999): device attributes, control, Wi-Fi and cloud logins.

JSON behind an XOR that hides nothing. The cipher and the commands are described by softScheck ("Reverse Engineering the
TP-Link HS110", 2016) and in Wireshark's dissector of the same name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sensor.events import Access, Login, Span, Transfer
from sensor.model import Secret, Side, Transport
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats import json
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol, StreamParser

PORT = 9999
FIRST_KEY = 171
MESSAGE_LIMIT = 64 * 1024
"""Bytes of one message: a full schedule of a plug takes about ten thousand."""
COMMANDS_LIMIT = 16
"""Commands of one message, and those that may await an answer: applications send one or two at a time."""
OPENINGS = (b'{"', b"{}", b"{ ", b"{\n", b"{\r")

IDENTITY = {
    "alias": "alias", "dev_name": "description", "description": "description", "model": "model", "type": "type",
    "mic_type": "type", "sw_ver": "firmware", "hw_ver": "hardware", "mac": "mac", "mic_mac": "mac",
    "ethernet_mac": "mac", "deviceId": "device_id", "hwId": "hardware_id", "oemId": "oem_id",
}  # fmt: skip
"""Members of get_sysinfo's answer, and their names in ``tplink-smarthome.…``."""


def decode(data: bytes) -> bytes:
    """Each byte XOR the ciphered byte before it, the first XOR 171."""
    key = bytes([FIRST_KEY]) + data[:-1] if data else b""
    return (int.from_bytes(data, "big") ^ int.from_bytes(key, "big")).to_bytes(len(data), "big")


def recognise(opening: Opening) -> Match:
    """Bytes that decipher to the beginning of a JSON object; over TCP behind its length."""
    for data in (opening.client, opening.server):
        if data:
            if opening.transport is Transport.TCP:
                if data[:2] != b"\0\0":
                    return Match.MORE if data == b"\0" else Match.NO
                data = data[4:]
                if len(data) < 2:
                    return Match.MORE
            return Match.SURE if decode(data[:2]) in OPENINGS else Match.NO
    return Match.MORE


class _Conversation:
    """Both sides' messages in clear. A request has arguments, an answer to it an ``err_code``."""

    def __init__(self) -> None:
        self._pending: list[tuple[str, Access | Login]] = []

    def message(self, side: Side, clear: bytes, here: Span) -> Iterator[Parsed]:
        document = json.mapping(clear)
        if not document:
            raise Malformed("no JSON object behind the cipher")
        commands = list(_commands(document))
        secret = control = False
        for name, arguments in commands:
            if "err_code" in arguments:
                yield from self._answer(side, name, arguments, here)
                continue
            control = control or not name.partition(".")[2].startswith("get_")
            login = _login(name, arguments, side)
            secret = secret or login is not None
            access = Access(
                resource=name,
                action=name.partition(".")[2],
                granted=None,
                control=not name.partition(".")[2].startswith("get_"),
            )
            yield from self._await_reply(name, replace(login or access, spans=(here,)))
        if commands and not secret:
            # A message with a key gives a login; its text is not reported.
            yield Transfer(
                side=side,
                application="tplink-smarthome",
                name=commands[0][0],
                media_type="application/json",
                size=len(clear),
                data=clear,
                control=control,
            )

    def _await_reply(self, name: str, event: Access | Login) -> Iterator[Parsed]:
        if len(self._pending) >= COMMANDS_LIMIT:
            yield self._pending.pop(0)[1]
        self._pending.append((name, event))

    def _answer(self, side: Side, name: str, arguments: dict[str, Any], here: Span) -> Iterator[Parsed]:
        code = arguments["err_code"]
        # The same command twice: the first answer is the first's. Nobody answers himself.
        fits = (
            at
            for at, (command, event) in enumerate(self._pending)
            if command == name and event.spans[0].side is not side
        )
        at = next(fits, None)
        request = None if at is None else self._pending.pop(at)[1]
        if isinstance(request, Access):
            yield replace(request, granted=code == 0, spans=(*request.spans, here))
        elif isinstance(request, Login):
            known = isinstance(code, int) and request.mechanism == "password"
            # That a plug took a Wi-Fi key does not say that the network will.
            yield replace(
                request,
                accepted=code == 0 if known else None,
                basis=f"err_code {code} after {name}" if known else None,
                spans=(*request.spans, here),
            )
        if name == "system.get_sysinfo":
            for key, value in arguments.items():
                if key in IDENTITY and isinstance(value, str):
                    yield from attribute_events(f"tplink-smarthome.{IDENTITY[key]}", value, side)

    def unanswered(self) -> Iterator[Parsed]:
        yield from (event for _, event in self._pending)
        self._pending = []


def _commands(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """``("system.get_sysinfo", arguments)`` of each command."""
    count = 0
    for module, commands in document.items():
        if module == "context" or not isinstance(commands, dict):
            continue
        for command, arguments in commands.items():
            count += 1
            if count > COMMANDS_LIMIT:
                return
            # What is no object has no arguments (``null`` is sent for none).
            yield f"{module[:64]}.{command[:64]}", arguments if isinstance(arguments, dict) else {}


def _login(name: str, arguments: dict[str, Any], side: Side) -> Login | None:
    """The two commands with a secret: the Wi-Fi to join and the account to bind to."""
    secret = arguments.get("password")
    if not isinstance(secret, str):
        return None
    command = name.partition(".")[2]
    wifi, account = arguments.get("ssid"), arguments.get("username")
    if command == "set_stainfo" and isinstance(wifi, str):
        return Login(
            mechanism="key",
            username=wifi,
            secret=Secret(secret),
            scheme="wifi",
            name="password",
            resource=name,
            verifier=side.other,
        )
    if command == "bind" and isinstance(account, str):
        return Login(
            mechanism="password",
            username=account,
            secret=Secret(secret),
            scheme="cloud",
            resource=name,
            verifier=side.other,
        )
    return None


class TplinkSmarthome(DatagramParser):
    """Over UDP: one message a datagram, the search for devices among them."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._conversation = _Conversation()

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        yield from self._conversation.message(side, decode(cursor.rest()), self.here())

    def close(self) -> Iterator[Parsed]:
        """Commands without an answer."""
        yield from self._conversation.unanswered()


class TplinkSmarthomeStream(StreamParser):
    """Over TCP: messages behind a length of four bytes."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._conversation = _Conversation()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        length = cursor.u32()
        if not 2 <= length <= MESSAGE_LIMIT:
            raise Malformed("a length that no message has")
        clear = decode(cursor.take(length))
        yield from self._conversation.message(side, clear, self.here())

    def close(self) -> Iterator[Parsed]:
        """Commands without an answer."""
        yield from self._conversation.unanswered()


PROTOCOLS = (
    Protocol(
        name="tplink-smarthome",
        title="TP-Link's own protocol",
        offers="its switches and settings",
        parser=TplinkSmarthomeStream,
        transports=frozenset({Transport.TCP}),
        recognise=recognise,
        ports=frozenset({PORT}),
    ),
    Protocol(
        name="tplink-smarthome",
        parser=TplinkSmarthome,
        transports=frozenset({Transport.UDP}),
        recognise=recognise,
        opens=rb"\xd0",
        ports=frozenset({PORT}),
    ),
)
