"""A finding's packets into what Wireshark's dissectors say of them (pyshark and tshark): a second opinion that owes nothing to our own parsers."""

from __future__ import annotations

import asyncio
import base64
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from sensor.evidence import pcapng
from sensor.evidence.packet import Packet
from sensor.text import safe

LINES = 400
"""Lines shown of one packet: a dissection that is longer helps nobody."""

LINE = 300
"""Characters shown of one line."""

SHORTEST = 3
"""Characters a secret must have to be covered wherever it stands; shorter ones would blot out the dissection."""

PART = 8
"""Characters of a part of a secret that are covered alone: what a cracking tool would take is challenge, answer and names in one text."""

TELLING = 6
"""Bytes of a secret that give a word away whose decoding holds them: dissectors cut long fields, so a secret may end anywhere."""

_PARTS = re.compile(r"[^$*:,;|\s\0=]+")
_WORD = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}|[0-9A-Fa-f]{2}(?:[: ][0-9A-Fa-f]{2}){5,}")
_GIVEN = re.compile(r"(?i)((?:set-)?cookie|location)(: )(.*)")
"""Fields of answers that hand secrets out which the client may only use later."""

COVER = "*" * 8


class NoDissector(Exception):  # noqa: N818 - a sentence for the user
    """pyshark or tshark is not at hand; the text says what to install."""


def forms(secret: str) -> set[str]:
    """How a dissector may show a secret: as it is, in base64, hex, colon-separated hex and URL encoding, whole or behind a user name."""
    raw = secret.encode("utf-8", "backslashreplace")
    encoded = {secret, raw.hex(), raw.hex(":"), quote(secret, safe=""), base64.b64encode(raw).decode().rstrip("=")}
    # Base64 of "user:secret" holds the secret at one of three offsets; the characters that are the same in all of them are covered.
    for offset in (1, 2):
        shifted = base64.b64encode(bytes(offset) + raw).decode().rstrip("=")
        encoded.add(shifted[4 if offset == 2 else 2 : -2])
    return {form for form in encoded if len(form) >= SHORTEST}


class Covers:
    """Covers secrets in lines, in every form that a dissector may give them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        whole = {secret for secret in secrets if secret}
        parts = whole | {part for secret in whole for part in _PARTS.findall(secret) if len(part) >= PART}
        self._forms = sorted({form for part in parts for form in forms(part)}, key=len, reverse=True)
        self._raw = {part.encode("utf-8", "backslashreplace") for part in parts if len(part) >= TELLING}
        # A part may be hex itself: what crossed were the bytes.
        self._raw |= {bytes.fromhex(part) for part in parts if _HEX.fullmatch(part) and len(part) >= 2 * TELLING}

    def line(self, line: str) -> str:
        """``line`` without any of the secrets."""
        line = _GIVEN.sub(rf"\1\2{COVER}", line)
        line = _WORD.sub(self._word, line)
        for form in self._forms:
            line = line.replace(form, COVER).replace(form.upper(), COVER)
        return line

    def _word(self, found: re.Match[str]) -> str:
        """A word of hex or base64 that holds the beginning of a secret, or as much of one as fits into it."""
        decoded = list(_decoded(found[0]))
        hidden = any(raw[:TELLING] in data or raw[-TELLING:] in data for raw in self._raw for data in decoded)
        return COVER if hidden else found[0]


_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


def _decoded(word: str) -> Iterator[bytes]:
    bare = re.sub(r"[: ]", "", word)
    if len(bare) > 2 * TELLING and re.fullmatch(r"[0-9A-Fa-f]+", bare):
        yield bytes.fromhex(bare[: len(bare) // 2 * 2])
    if bare != word:
        return
    text = word.rstrip("=").replace("-", "+").replace("_", "/")
    for start in range(4):
        piece = text[start : start + (len(text) - start) // 4 * 4]
        if len(piece) >= PART:
            yield base64.b64decode(piece)


def covered(line: str, secrets: Iterable[str]) -> str:
    """``line`` without any form of any of the secrets."""
    return Covers(secrets).line(line)


def dissect(path: str, frames: Iterable[int], secrets: Iterable[str]) -> Iterator[str]:
    """Lines of text for each frame of the capture at ``path``; ``secrets`` are covered. Raises NoDissector, OSError."""
    if shutil.which("tshark") is None:
        raise NoDissector("tshark is not installed (Debian: apt install tshark)")
    try:
        import pyshark
    except ImportError:
        raise NoDissector("pyshark is not installed (pip install 'lanwitness[explain]')") from None
    wanted = sorted(set(frames))
    covers = Covers(secrets)
    capture = pyshark.FileCapture(
        path, display_filter="frame.number in {" + ",".join(map(str, wanted)) + "}", keep_packets=False
    )
    try:
        for packet in capture:
            yield f"packet {packet.number}"
            for line in list(_lines(packet))[:LINES]:
                yield safe(covers.line(line), LINE)
    finally:
        capture.close()
        # pyshark binds asyncio's child watcher to its own loop and leaves it bound when that is closed.
        if sys.version_info < (3, 12):
            asyncio.set_child_watcher(None)  # type: ignore[arg-type]


def dissect_kept(packets: Sequence[Packet]) -> Iterator[str]:
    """The same for packets that were kept masked: what is secret in them is filler. Raises NoDissector, OSError."""
    with tempfile.TemporaryDirectory(prefix="lanwitness-") as folder:
        path = Path(folder, "evidence.pcapng")
        path.write_bytes(pcapng.write((replace(packet, findings=()) for packet in packets), "LANwitness"))
        for line in dissect(str(path), range(1, len(packets) + 1), ()):
            number = re.fullmatch(r"packet (\d+)", line)
            yield line if number is None else _headline(packets[int(number[1]) - 1])


def _headline(packet: Packet) -> str:
    covered = sum(end - start for start, end in packet.marked)
    return safe(f"packet {packet.frame}" + (f" ({covered} bytes of it are filler)" if covered else ""), LINE)


def _lines(packet: object) -> Iterator[str]:
    for layer in packet.layers:  # type: ignore[attr-defined]
        yield f"  {layer.layer_name}"
        for name in layer.field_names:
            field = layer.get_field(name)
            shown = getattr(field, "showname", None) or f"{name}: {field}"
            yield f"    {shown}"
