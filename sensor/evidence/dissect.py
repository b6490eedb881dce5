"""Dissection of evidence by Wireshark (pyshark, tshark): a check independent of our parsers."""

from __future__ import annotations

import asyncio
import base64
import errno
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from sensor.evidence import pcapng
from sensor.evidence.packet import EvidencePacket
from sensor.lazy_pattern import expression
from sensor.personal_data.base64_runs import decode_alignments, encoded_at_offsets
from sensor.text import safe

MAX_LINES = 400
"""Lines shown of one packet: longer dissections are cut."""

MAX_LINE_CHARACTERS = 300
"""Characters shown of one line."""

MIN_SECRET_CHARACTERS = 3
"""Characters of a secret that is covered wherever it stands; shorter ones would cover half of the dissection."""

MIN_PART_CHARACTERS = 8
"""Characters of a part of a secret that is covered alone: a crackable hash joins challenge, answer and names."""

MIN_REVEALING_BYTES = 6
"""Bytes of a secret for which an encoded word is covered: dissectors cut long fields, so a secret may end anywhere."""

_PARTS = expression(r"[^$*:,;|\s\0=]+")
_WORD = expression(r"[A-Za-z0-9+/_-]{8,}={0,2}|[0-9A-Fa-f]{2}(?:[: ][0-9A-Fa-f]{2}){5,}")
_ISSUED_SECRET = expression(r"(?i)((?:set-)?cookie|location)(: )(.*)")
"""Fields of responses that issue secrets for the client's later use."""

ENDING = 5.0
"""Seconds in which tshark ends by itself behind its last packet."""

COVER = "*" * 8

Found = TypeVar("Found")


class NoDissector(Exception):  # noqa: N818 - a sentence for the user
    """pyshark or tshark is missing; the text says what to install."""


def shown_forms(secret: str) -> set[str]:
    """Forms in which a dissector may show a secret.

    These are the text, base64 at each offset, hex, colon-separated hex and URL encoding.
    """
    raw = secret.encode("utf-8", "backslashreplace")
    encoded = {secret, raw.hex(), raw.hex(":"), quote(secret, safe=""), base64.b64encode(raw).decode().rstrip("=")}
    encoded |= {run.decode() for _, run in encoded_at_offsets(raw)}
    return {form for form in encoded if len(form) >= MIN_SECRET_CHARACTERS}


class SecretCover:
    """Covers secrets in lines, in each of `shown_forms`."""

    def __init__(self, secrets: Iterable[str]) -> None:
        whole = {secret for secret in secrets if secret}
        parts = whole | {
            part for secret in whole for part in _PARTS.findall(secret) if len(part) >= MIN_PART_CHARACTERS
        }
        self._forms = sorted({form for part in parts for form in shown_forms(part)}, key=len, reverse=True)
        self._raw = {part.encode("utf-8", "backslashreplace") for part in parts if len(part) >= MIN_REVEALING_BYTES}
        # A part may be hex: its bytes crossed the wire.
        self._raw |= {
            bytes.fromhex(part) for part in parts if _HEX.fullmatch(part) and len(part) >= 2 * MIN_REVEALING_BYTES
        }

    def line(self, line: str) -> str:
        """``line`` with the secrets covered."""
        line = _ISSUED_SECRET.sub(rf"\1\2{COVER}", line)
        line = _WORD.sub(self._word, line)
        for form in self._forms:
            line = line.replace(form, COVER).replace(form.upper(), COVER)
        return line

    def _word(self, found: re.Match[str]) -> str:
        """Cover a word of hex or base64 that contains the beginning or the end of a secret."""
        decoded = list(_decoded(found[0]))
        hidden = any(
            raw[:MIN_REVEALING_BYTES] in data or raw[-MIN_REVEALING_BYTES:] in data
            for raw in self._raw
            for data in decoded
        )
        return COVER if hidden else found[0]


_HEX = expression(r"(?:[0-9A-Fa-f]{2})+")


def _decoded(word: str) -> Iterator[bytes]:
    bare = re.sub(r"[: ]", "", word)
    if len(bare) >= 2 * MIN_REVEALING_BYTES and re.fullmatch(r"[0-9A-Fa-f]+", bare):
        for start in (0, 1):
            yield bytes.fromhex(bare[start : start + (len(bare) - start) // 2 * 2])
    if bare != word:
        return
    yield from decode_alignments(word.encode())


def covered(line: str, secrets: Iterable[str]) -> str:
    """``line`` with all forms of the secrets covered."""
    return SecretCover(secrets).line(line)


def dissect(path: str, frames: Iterable[int], secrets: Iterable[str]) -> Iterator[str]:
    """Lines of text for each frame of the capture at ``path``, with ``secrets`` covered.

    Raises NoDissector, OSError.
    """
    covers = SecretCover(secrets)

    def shown(packet: object) -> list[str]:
        lines = [safe(covers.line(line), MAX_LINE_CHARACTERS) for line in list(_lines(packet))[:MAX_LINES]]
        return [f"packet {packet.number}", *lines]  # type: ignore[attr-defined]

    for lines in read_packets(path, frames, shown):
        yield from lines


def require_dissector() -> None:
    """Raise NoDissector where pyshark or tshark is missing."""
    if shutil.which("tshark") is None:
        raise NoDissector("tshark is not installed (Debian: sudo apt install tshark)")
    if find_spec("pyshark") is None:
        raise NoDissector("pyshark is not installed (pip install 'lanwitness[explain]')")


def read_packets(path: str, frames: Iterable[int], read: Callable[[object], Found]) -> list[Found]:
    """What ``read`` makes of pyshark's packet for each of these frames of a capture, in their order.

    Raises NoDissector, OSError.
    """
    require_dissector()
    import pyshark
    from pyshark.capture.capture import TSharkCrashException
    from pyshark.tshark.tshark import TSharkNotFoundException

    wanted = sorted(set(frames))
    chosen = f"frame.number in {{{','.join(map(str, wanted))}}}"

    class Dissection(pyshark.FileCapture):  # type: ignore[misc]
        crash: Exception | None = None

        async def _cleanup_subprocess(self, process: asyncio.subprocess.Process) -> None:
            # pyshark kills tshark at the end of its output. Where it ends by itself in that instant, subprocess reaps
            # it, asyncio then knows no exit status, gives 255, and pyshark takes that for a crash.
            if self._eof_reached:
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(process.wait(), ENDING)
            try:
                await super()._cleanup_subprocess(process)
            except TSharkCrashException as error:
                self.crash = error

    def work() -> list[Found]:
        # Without a loop pyshark takes asyncio's own, and sets a watcher of child processes for the whole program, which
        # Python 3.14 has no more. A loop of its own in a thread of its own needs neither.
        loop = asyncio.new_event_loop()
        try:
            capture = Dissection(path, display_filter=chosen, keep_packets=False, eventloop=loop)
            try:
                found = [read(packet) for packet in capture]
            finally:
                capture.close()
        finally:
            loop.close()
        # A capture that is cut short fails behind its last packet, which costs those before it nothing.
        if capture.crash is not None and len(found) < len(wanted):
            raise OSError(errno.EIO, "tshark cannot read it")
        return found

    try:
        with ThreadPoolExecutor(1, "pyshark") as executor:
            return executor.submit(work).result()
    except TSharkNotFoundException:
        raise NoDissector("tshark cannot be started (tshark --version)") from None


def dissect_stored(packets: Sequence[EvidencePacket]) -> Iterator[str]:
    """The same for stored packets, whose secrets are filler already. Raises NoDissector, OSError."""
    with tempfile.TemporaryDirectory(prefix="lanwitness-") as folder:
        path = Path(folder, "evidence.pcapng")
        path.write_bytes(pcapng.write((replace(packet, findings=()) for packet in packets), "LANwitness"))
        for line in dissect(str(path), range(1, len(packets) + 1), ()):
            number = re.fullmatch(r"packet (\d+)", line)
            yield line if number is None else _headline(packets[int(number[1]) - 1])


def _headline(packet: EvidencePacket) -> str:
    covered = sum(end - start for start, end in packet.marked)
    return safe(
        f"packet {packet.frame}" + (f" ({covered} bytes of it are filler)" if covered else ""), MAX_LINE_CHARACTERS
    )


def _lines(packet: object) -> Iterator[str]:
    for layer in packet.layers:  # type: ignore[attr-defined]
        yield f"  {layer.layer_name}"
        for name in layer.field_names:
            field = layer.get_field(name)
            shown = getattr(field, "showname", None) or f"{name}: {field}"
            yield f"    {shown}"
