"""802.11 into Ethernet frames: data, aggregates, what an access point and a station say of themselves.

IEEE 802.11-2020, 9.2.4 and 9.3. Encrypted frames are opened where `wlan_keys` has the keys; of the others the sender
is known and what protects them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from struct import unpack_from

from sensor.decode._inside import CUT, ETHERNET, NOT_READ, WLAN, Inside
from sensor.decode.wlan_keys import VENDOR_ELEMENT, Handshakes, NetworkKey, elements

STATEMENT, ENCRYPTED, WEP, TKIP = 0x05FE, 0x05FD, 0x05FC, 0x05FB
"""Ethertypes of ours for what no Ethernet frame holds: numbers that IEEE 802.3 (3.2.6) gives no meaning."""
ETHERTYPE_NAMES = {
    ENCRYPTED: "802.11 encrypted",
    WEP: "802.11 encrypted with WEP",
    TKIP: "802.11 encrypted with TKIP",
}

ASSOCIATION, REASSOCIATION, PROBE_RESPONSE, BEACON = 0, 2, 5, 8
FIXED = {ASSOCIATION: 4, REASSOCIATION: 10, PROBE_RESPONSE: 12, BEACON: 12}
"""Management frames that say who their sender is, and the bytes before their elements (9.3.3)."""
SSID_ELEMENT = 0
SPOKEN = {SSID_ELEMENT: b"", VENDOR_ELEMENT: b"\x00\x50\xf2\x04"}
"""Elements of such a frame that are read, and what they begin with: the name, Wi-Fi Protected Setup."""
MAX_SUBFRAMES = 64
"""Frames in one aggregate: its largest size (11,454 bytes) holds fewer of any use."""
EAPOL = b"\x88\x8e"
SNAP = (b"\xaa\xaa\x03\0\0\0", b"\xaa\xaa\x03\0\0\xf8")
"""RFC 1042, and 802.1H's bridge tunnel."""


class Radio:
    """The 802.11 frames of one capture. ``decrypted``: whether the frame read last was opened with a key."""

    def __init__(self, keys: Iterable[NetworkKey] = ()) -> None:
        self.handshakes = Handshakes(keys)
        self.decrypted = False

    def read(self, data: bytes) -> list[tuple[int, bytes | str]]:
        """The frames inside a plain 802.11 frame, as `sensor.decode._inside` has them."""
        self.decrypted = False
        try:
            if len(data) > 14 and zlib.crc32(data[:-4]) == int.from_bytes(data[-4:], "little"):
                data = data[:-4]  # the frame check sequence
            kind = data[0] & 0x0C
            if kind == 0x08:
                return list(self._data(data))
            statement = self._statement(data) if kind == 0 else None
            return [statement or (NOT_READ, "802.11 management or control")]
        except (struct.error, IndexError):
            return [(NOT_READ, CUT)]

    def _statement(self, data: bytes) -> tuple[int, bytes] | None:
        """What a management frame says of its sender: its subtype and the elements that are read."""
        subtype = data[0] >> 4
        if subtype not in FIXED or data[1] & 0x40:
            return None
        spoken = b""
        for kind, value in elements(data[24 + FIXED[subtype] :]):
            begin = SPOKEN.get(kind)
            if begin is not None and value.startswith(begin):
                spoken += bytes([kind, len(value)]) + value
                if kind == SSID_ELEMENT and subtype in (PROBE_RESPONSE, BEACON):
                    self.handshakes.name(data[10:16], value)
                elif kind == SSID_ELEMENT:
                    self.handshakes.name(data[4:10], value)
        return ETHERNET, data[4:16] + STATEMENT.to_bytes(2, "big") + bytes([subtype]) + spoken

    def _data(self, data: bytes) -> Iterator[tuple[int, bytes | str]]:
        """A data frame as Ethernet frames from source to destination."""
        control, flags = data[0], data[1]
        if control & 0x40:  # null data
            return
        to_ds, from_ds = flags & 1, flags & 2
        at = header_size(data)
        target = data[16:22] if to_ds else data[4:10]
        source = data[24:30] if to_ds and from_ds else data[16:22] if from_ds else data[10:16]
        is_fragment = flags & 0x04 or data[22] & 0x0F
        if flags & 0x40:
            body = None if is_fragment else self.handshakes.open(data, at)
            if body is None:
                yield ETHERNET, target + source + self._protection(data, at).to_bytes(2, "big") + data[at:]
                return
            self.decrypted = True
        elif is_fragment:
            yield NOT_READ, "802.11 fragments"
            return
        else:
            body = data[at:]
        is_aggregate = control & 0x80 and data[30 if to_ds and from_ds else 24] & 0x80
        for one in _subframes(body) if is_aggregate else [(target, source, body)]:
            payload = _ethernet(*one)
            if payload[12:14] == EAPOL and bool(to_ds) != bool(from_ds):
                ends = (data[4:10], data[10:16])
                self.handshakes.message(*(ends if to_ds else ends[::-1]), payload[14:])
            yield ETHERNET, payload

    def _protection(self, data: bytes, at: int) -> int:
        if not data[at + 3] & 0x20:  # 12.5.2: without an extended IV
            return WEP
        return TKIP if self.handshakes.is_tkip(data[4:10], data[10:16]) else ENCRYPTED


def header_size(data: bytes) -> int:
    """Bytes of a data frame's header: four addresses between two, QoS control, HT control if the order bit is set."""
    size = 30 if data[1] & 3 == 3 else 24
    if data[0] & 0x88 == 0x88:
        size += 6 if data[1] & 0x80 else 2
    return size


def _ethernet(target: bytes, source: bytes, llc: bytes) -> bytes:
    if llc[:6] in SNAP:
        return target + source + llc[6:]
    if len(llc) < 3:
        raise IndexError
    return target + source + min(len(llc), 1500).to_bytes(2, "big") + llc


def _subframes(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """9.3.2.2.2: destination, source, length, then the frame; each but the last padded to 4 bytes."""
    at = 0
    for _ in range(MAX_SUBFRAMES):
        if at + 14 > len(data):
            return
        size = unpack_from("!H", data, at + 12)[0]
        body = data[at + 14 : at + 14 + size]
        if len(body) < 3:
            return
        yield data[at : at + 6], data[at + 6 : at + 12], body
        at += (14 + size + 3) // 4 * 4


def radiotap(data: bytes, macs: bytes) -> Inside:
    """www.radiotap.org: version 0, pad, length and presence words, little-endian; of the fields only Flags matters
    here: padding behind the header, a bad check sequence.
    """
    (length,) = unpack_from("<H", data, 2)
    (present,) = unpack_from("<I", data, 4)
    word, at = present, 8
    while word & 0x80000000 and at + 4 <= length:
        (word,) = unpack_from("<I", data, at)
        at += 4
    frame, flags = data[length:], 0
    if present & 2:
        if present & 1:  # TSFT, aligned to 8
            at = (at + 7) // 8 * 8 + 8
        flags = data[at]
    if flags & 0x40:
        return NOT_READ, "802.11 with a bad check sequence"
    if flags & 0x20 and frame[0] & 0x0C == 0x08:
        size = header_size(frame)
        frame = frame[:size] + frame[(size + 3) // 4 * 4 :]
    return WLAN, frame


def prism(data: bytes, macs: bytes) -> Inside:
    """A header that says its length, in either byte order."""
    little, big = unpack_from("<4xI", data)[0], unpack_from("!4xI", data)[0]
    return WLAN, data[min(little, big) :]


def avs(data: bytes, macs: bytes) -> Inside:
    """The same, big-endian."""
    return WLAN, data[unpack_from("!4xI", data)[0] :]
