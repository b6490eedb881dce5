"""Addresses, ports, ids and payload fields into others of the same length: one home's traffic becomes another's.

What says the same thing in two packets still does so in the varied ones: every new value follows from the repeat's
number and the old value alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import blake2b

EPHEMERAL = 32_768
"""Ports from here up are taken for the client's own choice (IANA: 49152; Linux and lwIP begin lower)."""

VARIED_HEADERS = rb"etag|cookie|set-cookie|usn|nt|authorization|x-[\w-]{1,40}|if-none-match|sid|cseq|call-id"
_HEADER_DIGITS = re.compile(rb"(?im)^(?:" + VARIED_HEADERS + rb"):[^\r\n]*")
_QUERY = re.compile(rb"(?<=\?)[^ \r\n]+(?= HTTP/1)")
_SECONDS = re.compile(rb"(?<=:)[0-5]\d(?= GMT)")
_NUMBER = re.compile(rb"\d{3,}")
# A number in a body; not one that stands alone on its line, which may be the size of a chunk.
_BODY_NUMBER = re.compile(rb"(?<![\r\n0-9A-Fa-f])\d{3,}(?![0-9A-Fa-f]*\r\n)")
_TEXT = re.compile(rb"[\t\r\n\x20-\x7e]{16}")
_HEAD = re.compile(rb"[A-Z][A-Z-]{2,15} \S+ (?:HTTP|RTSP|SIP)/\d|(?:HTTP|RTSP|SIP)/\d\.\d \d{3}")


def is_private(address: bytes) -> bool:
    """RFC 1918."""
    first, second = address[0], address[1]
    return first == 10 or (first == 172 and 16 <= second < 32) or (first == 192 and second == 168)


def text4(address: bytes) -> bytes:
    return b"%d.%d.%d.%d" % tuple(address)


class Variation:
    """One repeat's way of renaming."""

    def __init__(self, number: int) -> None:
        self.number = number
        key = number.to_bytes(4, "big")
        self.draw: Callable[[bytes, int], bytes] = cache(
            lambda token, size: blake2b(token, key=key, digest_size=size).digest()
        )
        self.shift = int.from_bytes(self.draw(b"sequence numbers", 4), "big")
        self.low = cache(self._low)
        self.address = cache(self._address)
        self.number_of = cache(self._number_of)
        self.raw: list[tuple[bytes, bytes]] = []
        self.written: list[tuple[bytes, bytes]] = []

    def know(self, ends: Iterable[bytes]) -> None:
        """These MACs and IPv4 addresses are renamed wherever they stand in payload, in bytes and in text."""
        self.raw, self.written = [], []
        for old in ends:
            new = self.low(old) if len(old) == 6 else self.address(old)
            self.raw.append((old, new))
            if len(old) == 4:
                self.written.append((text4(old), text4(new)))
            else:
                for a, b in ((old.hex(":"), new.hex(":")), (old.hex("-"), new.hex("-")), (old.hex(), new.hex())):
                    self.written += [(a.encode(), b.encode()), (a.upper().encode(), b.upper().encode())]
        # "192.0.2.1" stands in "192.0.2.17" too: the longer one first.
        self.written = sorted(
            (pair for pair in self.written if len(pair[0]) == len(pair[1])), key=lambda pair: -len(pair[0])
        )

    def _low(self, value: bytes) -> bytes:
        """Anything that ends in the three bytes that tell one station from another: MAC, EUI-64,
        solicited-node group.
        """
        return value[:-3] + self.draw(value[-3:], 3)

    def mac(self, mac: bytes) -> bytes:
        if (mac[0] & 1 and mac[:3] != b"\x33\x33\xff") or not any(mac):
            return mac
        return self.low(mac)

    def _address(self, address: bytes) -> bytes:
        """Private stays private and broadcast broadcast; the text keeps its length where that can be."""
        n, (a, b, c, d) = self.number, address
        if a == 192 and b == 168:
            third = c + 10 + n % 80 if c < 10 else 100 + (c + n) % 150 if c < 100 else c
            return bytes((10, 100 + n % 150, third, d))
        if a in (0, 127) or a >= 224:
            return address
        if is_private(address) or (a, b) == (169, 254):
            return bytes((a, b, (c + n) % 256, d))
        return bytes((a, b, (c + n) % 256, d))

    def address6(self, address: bytes) -> bytes:
        group = address[0] == 0xFF and address[11:13] != b"\1\xff"
        if group or not any(address[:15]):
            return address
        return self.low(address)

    def port(self, port: int) -> int:
        return EPHEMERAL + (port - EPHEMERAL + 977 * self.number) % (65_536 - EPHEMERAL) if port >= EPHEMERAL else port

    def _number_of(self, digits: bytes) -> bytes:
        drawn = int.from_bytes(self.draw(digits[:64], 16), "big") % 10 ** len(digits)
        made = b"%0*d" % (len(digits), drawn)
        return (b"1" if made[:1] == b"0" and digits[:1] != b"0" else made[:1]) + made[1:]

    def numbers(self, found: re.Match[bytes]) -> bytes:
        return _NUMBER.sub(lambda digits: self.number_of(digits[0]), found[0])

    def payload(self, data: bytes, ports: tuple[int, int], *, udp: bool) -> bytes:
        """What an application said, about other things of the same size."""
        if udp and (53 in ports or 5353 in ports or 5355 in ports or 137 in ports):
            return self._dns(self.renamed(data))
        if udp and 123 in ports and len(data) >= 48:
            return self._ntp(data)
        data = self.renamed(data)
        if udp and (67 in ports or 547 in ports) and len(data) > 8:
            at = 4 if 67 in ports else 1
            return data[:at] + self.draw(data[at : at + 3], 3) + data[at + 3 :]
        if data[:1] in (b"\x14", b"\x15", b"\x16", b"\x17") and data[1:2] == b"\3":
            return self._tls(data)
        if _HEAD.match(data):
            head, mark, body = data.partition(b"\r\n\r\n")
            head = _SECONDS.sub(lambda s: b"%02d" % (self.draw(s[0], 1)[0] % 60), head)
            head = _HEADER_DIGITS.sub(self.numbers, _QUERY.sub(self.numbers, head))
            return head + mark + self._body(body)
        return self._body(data)

    def renamed(self, data: bytes) -> bytes:
        for old, new in self.raw:
            if old in data:
                data = data.replace(old, new)
        if _TEXT.search(data):
            for old, new in self.written:
                if old in data:
                    data = data.replace(old, new)
        return data

    def _body(self, data: bytes) -> bytes:
        if _TEXT.match(data) and b"Content-" not in data and b"HTTP/1" not in data:
            return _BODY_NUMBER.sub(lambda digits: self.number_of(digits[0]), data)
        return data

    def _dns(self, data: bytes) -> bytes:
        """Another id, and another last syllable of the first name's first label."""
        if len(data) < 18:
            return data
        made = bytearray(data)
        if any(made[:2]):
            made[:2] = self.draw(data[:2], 2)
        size = made[12]
        label = bytes(made[13 : 13 + size])
        if 4 <= size < 64 and label.isascii() and not label.startswith(b"_") and not label.isdigit():
            made[11 + size : 13 + size] = bytes(97 + b % 26 for b in self.draw(label, 2))
        return bytes(made)

    def _ntp(self, data: bytes) -> bytes:
        made = bytearray(data)
        for at in (20, 28, 36, 44):  # RFC 5905: the fractions of the four timestamps
            if any(made[at : at + 4]):
                made[at + 1 : at + 4] = bytes(
                    a ^ b for a, b in zip(made[at + 1 : at + 4], self.draw(b"ntp", 3), strict=True)
                )
        return bytes(made)

    def _tls(self, data: bytes) -> bytes:
        """Randoms of both hellos (RFC 8446, 4.1.2); ciphertext after the first record's header."""
        made = bytearray(data)
        if data[0] == 0x16 and data[5:6] in (b"\1", b"\2") and len(data) > 43:
            made[11:43] = self.draw(data[11:43], 32)
        elif data[0] == 0x17 and len(data) > 37:
            made[5:37] = self.draw(data[5:37], 32)
        return bytes(made)
