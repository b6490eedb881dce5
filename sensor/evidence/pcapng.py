"""Evidence packets as a pcapng file (draft-ietf-opsawg-pcapng), and back.

Each packet's comment says why it is stored. An interface stands for a capture and its link type. Any program that reads
pcapng shows the comments; `read` accepts only what `write` made.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from sensor.evidence.packet import ByteRange, EvidencePacket
from sensor.lazy_pattern import expression
from sensor.text import printable

SECTION, INTERFACE, ENHANCED = 0x0A0D0D0A, 1, 6
COMMENT, NAME, APPLICATION, RESOLUTION = 1, 2, 4, 9
MAGIC = 0x1A2B3C4D
NANOSECONDS = b"\x09"
MAX_COMMENT_BYTES = 60_000
"""Bytes of one comment: an option's length has 16 bits."""

FIRST_LINE = expression(r"packet (\d+) of the capture; filler at (none|[\d, -]+)")


class Damaged(ValueError):  # noqa: N818 - a sentence for the user
    """A file that `write` did not make, or that was changed since; the text names the place."""


def write(packets: Iterable[EvidencePacket], application: str) -> bytes:
    """The file's bytes. ``application``: the program that writes it."""
    blocks = [_block(SECTION, struct.pack("<IHHq", MAGIC, 1, 0, -1) + _options({APPLICATION: application.encode()}))]
    interfaces: dict[tuple[str, int], int] = {}
    for packet in packets:
        key = (packet.capture, packet.link)
        if key not in interfaces:
            interfaces[key] = len(interfaces)
            name = packet.capture.encode("utf-8", "surrogateescape")[:MAX_COMMENT_BYTES]
            blocks.append(
                _block(
                    INTERFACE, struct.pack("<HHI", packet.link, 0, 0) + _options({NAME: name, RESOLUTION: NANOSECONDS})
                )
            )
        time = max(0, packet.time)
        head = struct.pack("<IIIII", interfaces[key], time >> 32, time & 0xFFFFFFFF, len(packet.data), packet.length)
        data = packet.data + bytes(-len(packet.data) % 4)
        blocks.append(_block(ENHANCED, head + data + _options({COMMENT: _comment(packet).encode("utf-8", "replace")})))
    return b"".join(blocks)


def _comment(packet: EvidencePacket) -> str:
    """First line: the packet's number and its filler; then one line for each finding."""
    filler = ", ".join(f"{start}-{end - 1}" for start, end in packet.marked) or "none"
    lines = [f"packet {packet.frame} of the capture; filler at {filler}"]
    size = len(lines[0])
    for name, why in packet.findings:
        line = f"{name} {printable(why, MAX_COMMENT_BYTES)}"
        size += 4 * len(line) + 1
        if size > MAX_COMMENT_BYTES:
            break
        lines.append(line)
    return "\n".join(lines)


def _options(values: dict[int, bytes]) -> bytes:
    out = b"".join(
        struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4) for code, value in values.items()
    )
    return out + struct.pack("<HH", 0, 0)


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def read(data: bytes) -> list[EvidencePacket]:
    """The packets of a file that `write` made. Raises Damaged."""
    found: list[EvidencePacket] = []
    interfaces: list[tuple[str, int]] = []
    at = 0
    try:
        while at < len(data):
            kind, length = struct.unpack_from("<II", data, at)
            if (
                length < 12
                or length % 4
                or at + length > len(data)
                or data[at + length - 4 : at + length] != data[at + 4 : at + 8]
            ):
                raise Damaged(f"the block at byte {at} is damaged")
            body = data[at + 8 : at + length - 4]
            if kind == INTERFACE:
                (link,) = struct.unpack_from("<H", body)
                interfaces.append((_read_options(body[8:])[NAME].decode("utf-8", "surrogateescape"), link))
            elif kind == ENHANCED:
                found.append(_read_packet(body, interfaces))
            at += length
    except (struct.error, KeyError, IndexError, ValueError) as error:
        raise error if isinstance(error, Damaged) else Damaged(f"the block at byte {at} is not ours") from None
    return found


def _read_packet(body: bytes, interfaces: list[tuple[str, int]]) -> EvidencePacket:
    interface, high, low, size, length = struct.unpack_from("<IIIII", body)
    end = 20 + size + -size % 4
    if end > len(body):
        raise Damaged("a packet is longer than its block")
    lines = _read_options(body[end:])[COMMENT].decode().split("\n")
    first = FIRST_LINE.fullmatch(lines[0])
    if first is None:
        raise Damaged("a packet without its comment")
    capture, link = interfaces[interface]
    findings = tuple((name, why) for name, _, why in (line.partition(" ") for line in lines[1:]))
    return EvidencePacket(
        capture, int(first[1]), high << 32 | low, link, body[20 : 20 + size], length, tuple(_ranges(first[2])), findings
    )


def _ranges(text: str) -> list[ByteRange]:
    if text == "none":
        return []
    return [(int(start), int(end) + 1) for start, _, end in (one.partition("-") for one in text.split(", "))]


def _read_options(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from("<HH", data, at)
        if code == 0:
            break
        found[code] = data[at + 4 : at + 4 + size]
        at += 4 + size + -size % 4
    return found
