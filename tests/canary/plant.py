"""Planted secrets (canaries), the forms in which they may appear, and captures that hold them."""

from __future__ import annotations

import base64
import secrets
import string
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from tests.conversation import C, S, Script
from tests.decode.wire import ACK, FIN, PSH, SYN, ethernet, ip4, tcp, udp

ALPHABET = string.ascii_letters + string.digits
WINDOW = 12
"""Characters of a longer secret that count as the secret: a cut is a leak too."""
CLIENT, SERVER = "192.168.77.10", "192.168.77.20"
CLIENT_MAC, SERVER_MAC = bytes.fromhex("020000007710"), bytes.fromhex("020000007720")
SEGMENT = 1400


class Canary:
    """Makes secrets and stores them."""

    def __init__(self, *planted: bytes) -> None:
        self._planted = list(planted)
        self._never_found: set[bytes] = set()

    def text(self, size: int = 22, *, expected: bool = True) -> str:
        """Letters and digits, a letter first. ``expected`` False: no finding has to name it, nothing may show it."""
        made = secrets.choice(string.ascii_letters) + "".join(secrets.choice(ALPHABET) for _ in range(size - 1))
        self._planted.append(made.encode())
        if not expected:
            self._never_found.add(made.encode())
        return made

    def word(self, size: int = 22) -> bytes:
        """The same as bytes."""
        return self.text(size).encode()

    def hex(self, size: int = 32) -> str:
        """Hex digits, as hashes are written."""
        made = secrets.token_hex(size // 2)
        self._planted.append(made.encode())
        return made

    def raw(self, size: int = 16) -> bytes:
        """Bytes that are no letters and end no string or line."""
        made = bytes(0x80 + secrets.randbelow(0x80) for _ in range(size))
        self._planted.append(made)
        return made

    def each(self) -> list[Canary]:
        """Every secret that is to be found, on its own."""
        return [Canary(planted) for planted in self._planted if planted not in self._never_found]

    def needles(self) -> tuple[set[str], set[str]]:
        """Texts that may stand nowhere: (in any case of letters, exactly)."""
        loose: set[str] = set()
        exact: set[str] = set()
        for planted in self._planted:
            for piece in {planted, planted[:WINDOW], planted[-WINDOW:]}:
                loose |= {form.lower() for form in _loose(piece)}
                exact |= set(_base64(piece))
        return loose, exact

    def shows_in(self, output: str) -> list[str]:
        """Names of the forms found (never what was found, for that would be a leak of its own)."""
        loose, exact = self.needles()
        lowered = output.lower()
        found = [f"a form of {len(form)} characters" for form in loose if form in lowered]
        return found + [f"base64 of {len(form)} characters" for form in exact if form in output]


def _loose(piece: bytes) -> Iterator[str]:
    yield piece.hex()
    yield "".join(f"\\x{byte:02x}" for byte in piece)
    yield "".join(f"%{byte:02x}" for byte in piece)
    yield ":".join(f"{byte:02x}" for byte in piece)
    yield " ".join(f"{byte:02x}" for byte in piece)
    if piece.isascii():
        text = piece.decode()
        yield from (text, text[::-1], quote(text), "\\u0000".join(text), "\\x00".join(text), "\0".join(text))
    else:
        yield piece.decode("latin-1")


def _base64(piece: bytes) -> Iterator[str]:
    """As it stands in base64 at each of three places, without the characters that its neighbours share."""
    for before in range(3):
        for altchars in (b"+/", b"-_"):
            encoded = base64.b64encode(bytes(before) + piece, altchars).decode()
            first = (0, 2, 3)[before]
            last = (before + len(piece)) // 3 * 4
            if last - first >= 8:
                yield encoded[first:last]


@dataclass(frozen=True)
class Case:
    """A conversation with a canary in it.

    ``carrier`` and ``number``: its transport and the server's port, ethertype or IP protocol. ``shown``: the protocol
    that its finding names.
    """

    protocol: str
    make: Callable[[Canary], Script]
    carrier: str = "tcp"
    number: int = 0
    shown: str = ""

    def __str__(self) -> str:
        return f"{self.protocol}-{self.make.__name__}"


CASES: list[Case] = []


def plants(
    protocol: str, carrier: str, number: int, *, shown: str = ""
) -> Callable[[Callable[[Canary], Script]], Callable[[Canary], Script]]:
    """Register a function as the maker of a case's conversation."""

    def register(make: Callable[[Canary], Script]) -> Callable[[Canary], Script]:
        CASES.append(Case(protocol, make, carrier, number, shown or protocol))
        return make

    return register


def packets(script: Script, carrier: str, number: int, client_port: int = 41234) -> Iterator[bytes]:
    """The frames of a conversation: TCP with its handshake and end, or one frame for each message."""
    if carrier == "tcp":
        yield from _stream(script, number, client_port)
        return
    for side, data in script:
        if carrier == "udp":
            ports = (client_port, number) if side is C else (number, client_port)
            yield _frame(side, _ip(side, udp(data, *ports), 17))
        elif carrier == "ip":
            yield _frame(side, _ip(side, data, number))
        elif number <= 1500:
            yield _frame(side, data, len(data))
        else:
            yield _frame(side, data, number)


def _ip(side: int, payload: bytes, protocol: int) -> bytes:
    ends = (CLIENT, SERVER) if side is C else (SERVER, CLIENT)
    return ip4(payload, protocol, *ends)


def _frame(side: int, payload: bytes, kind: int = 0x0800) -> bytes:
    ends = (CLIENT_MAC, SERVER_MAC) if side is C else (SERVER_MAC, CLIENT_MAC)
    return ethernet(payload, kind, *ends)


def _stream(script: Script, port: int, client_port: int) -> Iterator[bytes]:
    sent = [1000, 5000]

    def segment(side: int, data: bytes, flags: int) -> bytes:
        ports = (client_port, port) if side is C else (port, client_port)
        made = tcp(data, *ports, sent[side], flags, ack=sent[1 - side] if flags & ACK else 0)
        sent[side] += len(data) + bool(flags & (SYN | FIN))
        return _frame(side, _ip(side, made, 6))

    yield segment(C, b"", SYN)
    yield segment(S, b"", SYN | ACK)
    yield segment(C, b"", ACK)
    for side, data in script:
        for at in range(0, len(data), SEGMENT):
            yield segment(side, data[at : at + SEGMENT], ACK | PSH)
    yield segment(C, b"", FIN | ACK)
    yield segment(S, b"", FIN | ACK)


def pcap(frames: Iterable[bytes]) -> bytes:
    """Microseconds, little-endian, Ethernet; a millisecond between frames."""
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    return header + b"".join(
        struct.pack("<IIII", 1_700_000_000 + n // 1000, n % 1000 * 1000, len(frame), len(frame)) + frame
        for n, frame in enumerate(frames)
    )


def damaged(case: Case, script: Script) -> Iterator[bytes]:
    """Captures of a conversation damaged before or after the canary; each conversation from another port."""
    port = 42000
    for at, (side, data) in enumerate(script):
        for spoiled in (
            # nonsense by the same side after it, or by the other one
            [*script[: at + 1], (side, b"\xff" * 40)],
            [*script[: at + 1], (side.other, b"\x00\xff\n\r\n" * 8)],
            # it ends in the middle
            [*script[:at], (side, data[: len(data) * 2 // 3])],
            # all before was lost
            list(script[at:]),
        ):
            port += 1
            yield pcap(packets(spoiled, case.carrier, case.number, port))
        # a segment was lost on the way
        if case.carrier == "tcp" and len(script) > at + 1:
            frames = list(packets(script, case.carrier, case.number, port))
            yield pcap(frames[: 3 + at] + frames[4 + at :])
    if case.carrier in ("tcp", "udp"):
        yield pcap(packets(script, case.carrier, 47011))
